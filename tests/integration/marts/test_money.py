"""Money marts of what the local Amazon reports of both accounts: they tie to Amazon's payout to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from support.built_marts import builder_of, needed_for

from sellerops.ledger import Ledger
from sellerops.marts.settlement_rules import SettlementRules
from sellerops.marts.unmapped import unmapped_lines
from sellerops.reference.config_files import config_rows

MARTS = ("settlement", "cash_day", "bridge_day", "profit_day", "payout_forecast", "owed")


class Built:
    """The marts of a warehouse, to be asked in SQL."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._connection = psycopg.connect(ledger.database.conninfo, row_factory=dict_row)
        self._connection.execute("SET search_path TO sellerops_marts")

    def rows(self, statement: str) -> list[dict[str, Any]]:
        return self._connection.execute(statement.encode()).fetchall()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def built(warehouse: Ledger) -> Iterator[Built]:
    builder_of(warehouse, needed_for(*MARTS)).build_all()
    found = Built(warehouse)
    yield found
    found.close()


def test_money_marts_tie_to_the_payout(built: Built) -> None:
    """In one test: the warehouse is copied, and its marts are built, once."""
    _lines_of_settlements_are_their_totals(built)
    _every_line_has_a_place(built)
    _rules_are_those_of_file_checks(built)
    _cash_is_what_settlements_pay(built)
    _settlements_and_transactions_agree(built)
    _bridges_have_no_error(built)
    _profit_contains_every_posted_amount_once(built)
    _payouts_were_foreseen(built)


def _lines_of_settlements_are_their_totals(built: Built) -> None:
    found = built.rows(
        "SELECT account_id, currency, difference, status, lines, "
        "total - (cm1 + cm2_only + overhead + tax + balance + unmapped) AS unplaced FROM settlement"
    )
    assert {row["account_id"] for row in found} == {"northwind_na", "northwind_eu"}
    assert {row["currency"] for row in found} >= {"USD", "CAD", "MXN", "EUR", "GBP"}
    assert all(row["lines"] > 10 for row in found)
    assert {(row["difference"], row["unplaced"], row["status"]) for row in found} == {(0, 0, "complete")}


def _every_line_has_a_place(built: Built) -> None:
    assert unmapped_lines(built.ledger) == []


def _rules_are_those_of_file_checks(built: Built) -> None:
    rules = SettlementRules(config_rows("settlement_rule"))
    names = built.rows(
        "SELECT DISTINCT transaction_type, amount_type, amount_description, sign(amount) AS sign, pl_line, "
        "level FROM settlement_line"
    )
    assert len(names) > 40
    for row in names:
        place = rules.place(
            row["transaction_type"], row["amount_type"], row["amount_description"], row["sign"]
        )
        assert (place.pl_line, place.level) == (row["pl_line"], row["level"]), row


def _cash_is_what_settlements_pay(built: Built) -> None:
    grouped = "FROM {} GROUP BY account_id, currency ORDER BY account_id, currency"
    paid = built.rows(f"SELECT account_id, currency, sum(total) AS total {grouped.format('settlement')}")
    cash = built.rows(
        f"SELECT account_id, currency, sum(total - unsettled) AS total {grouped.format('cash_day')}"
    )
    assert [row for row in cash if row["total"]] == paid
    assert built.rows(
        "SELECT day FROM cash_day WHERE cm2_without_cogs + overhead + tax + balance + unmapped <> total"
    ) == []  # fmt: skip


def _settlements_and_transactions_agree(built: Built) -> None:
    """By level, on days that both cover as a whole; only settlements have reserves and opening balances."""
    found = built.rows(
        """
        WITH span AS (
            SELECT s.account_id, s.currency, s.starts_at, s.ends_at, t.first
            FROM settlement AS s
            JOIN (SELECT account_id, min(posted_at) AS first FROM transaction_line GROUP BY 1) AS t
            USING (account_id)
        ),
        days AS (
            SELECT account_id, currency, day::date AS day FROM span,
            generate_series(greatest(starts_at, first)::date + 2, ends_at::date - 2, interval '1 day') AS day
        ),
        sums AS (
            SELECT account_id, currency, day, level, amount, 0 AS posted FROM settlement_line
            WHERE level <> 'BALANCE'
            UNION ALL
            SELECT account_id, currency, day, level, 0, amount FROM transaction_line
            WHERE transaction_status = 'RELEASED' AND level <> 'BALANCE'
        )
        SELECT account_id, currency, day, level, sum(amount) AS settled, sum(posted) AS posted
        FROM sums JOIN days USING (account_id, currency, day) GROUP BY 1, 2, 3, 4
        """
    )
    assert len(found) > 50
    assert [row for row in found if row["settled"] != row["posted"]] == []


def _bridges_have_no_error(built: Built) -> None:
    found = built.rows("SELECT * FROM bridge_day")
    assert len({row["marketplace_id"] for row in found}) == 6
    assert {row["bridge_error"] for row in found} == {0}
    assert sum(row["paid"] for row in found) > 0
    assert sum(row["deferred"] for row in found) < 0
    # A day that is complete has nothing left to wait for.
    whole = [row for row in found if row["status"] == "complete"]
    assert whole
    for row in whole:
        assert row["not_posted"] == row["not_shipped"] == row["deferred"] == row["pending"] == 0, row


def _profit_contains_every_posted_amount_once(built: Built) -> None:
    apart = "pl_line IN ('ads.cost', 'ads.refund', 'storage.monthly', 'storage.aged')"
    posted = built.rows(
        "SELECT account_id, currency, sum(amount) AS posted FROM transaction_line "
        f"WHERE is_counted AND NOT {apart} GROUP BY 1, 2 ORDER BY 1, 2"
    )
    profit = built.rows(
        "SELECT account_id, currency, sum(posted) AS posted FROM profit_day GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert profit == posted
    spent = built.rows(
        "SELECT account_id, currency, -sum(spend) AS ads FROM ads_day GROUP BY 1, 2 ORDER BY 1, 2"
    )
    shown = built.rows(
        "SELECT account_id, currency, sum(ads) AS ads FROM profit_day GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert [row for row in shown if row["ads"]] == [row for row in spent if row["ads"]]
    # No cost is given, so that profit is unknown, and says why; what does not need a cost is there.
    sold = built.rows("SELECT cogs, cm1, cm2, cm2_without_cogs, missing FROM profit_day WHERE units > 0")
    assert {(row["cogs"], row["cm1"], row["cm2"]) for row in sold} == {(None, None, None)}
    assert all("cost" in row["missing"].split(", ") for row in sold)
    assert any(row["cm2_without_cogs"] for row in sold)


def _payouts_were_foreseen(built: Built) -> None:
    """Two days before the period closes, the forecast is the payout but for a tenth."""
    found = built.rows(
        "SELECT currency, day, forecast, paid FROM payout_forecast WHERE paid IS NOT NULL "
        "AND day = closes_on - 2 AND day > (SELECT min(day) + 10 FROM transaction_line)"
    )
    for row in found:
        assert abs(row["paid"] - row["forecast"]) < abs(row["paid"]) * Decimal("0.1"), row
