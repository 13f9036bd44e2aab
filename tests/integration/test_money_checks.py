"""Economics, ads and charges of the local Amazon agree with each other; what economics got wrong is found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from support.catalogue import simulation
from support.tables import Tables
from support.warehouse import NOW, Content, fill, load_content

from amazon_sandbox.data_kiosk import economics, economics_faults
from amazon_sandbox.data_kiosk.language import project, read
from sellerops.archive import Archive
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.ledger import Ledger
from sellerops.reconciliation.checks import load_check
from sellerops.reconciliation.running import run_check
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.common.placeholders import options_of

ACCOUNT = "northwind_na"
BY_DAY = (
    "economics_against_orders",
    "economics_fees_without_sales",
    "economics_fulfilment_fees",
    "economics_components",
    "economics_ads_against_campaigns",
)
BY_MONTH = (
    "storage_fees_against_settlements",
    "reimbursements_against_settlements",
    "ads_spend_against_settlements",
)


@pytest.fixture
def tables(ledger: Ledger, tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(ledger, Archive(str(tmp_path / "archive")))
    fill(opened, accounts=(ACCOUNT,), days=9, reports=("all_orders", "economics"))
    months = ("sp_campaigns", "sb_campaigns", "sd_campaigns", "storage_fees", "reimbursements", "settlements")
    fill(opened, accounts=(ACCOUNT,), days=50, reports=months, settlement_days=70)
    yield opened
    opened.close()


def test_all_agree_until_a_figure_is_wrong(tables: Tables, conninfo: str, reader: str) -> None:
    def off(name: str) -> list[date | None]:
        return [each.day for each in run_check(tables.ledger, load_check(name), reader).off]

    for name in (*BY_DAY, *BY_MONTH):
        found = run_check(tables.ledger, load_check(name), reader)
        assert found.off == [], (name, found.off[:3])
        assert found.counts["ok"] >= 1, (name, found.counts)

    day = date(2026, 11, 13)
    told_wrong = {
        economics_faults.NO_SALES: {"economics_against_orders", "economics_fees_without_sales"},
        economics_faults.ALL_ZERO: {"economics_against_orders", "economics_ads_against_campaigns"},
        economics_faults.BASE_IS_FUEL: {"economics_fulfilment_fees"},
    }
    for minutes, (fault, names) in enumerate(told_wrong.items(), start=1):
        load_economics(tables, day, [fault], minutes)
        found_by = {name for name in BY_DAY if day in off(name)}
        assert found_by == names, fault
    load_economics(tables, day, [], 10)
    assert not any(off(name) for name in BY_DAY)

    for name, table, column in (
        ("economics_components", "amazon_sp.economics_fee_components", "total_amount"),
        ("storage_fees_against_settlements", "amazon_sp.storage_fees", "estimated_monthly_storage_fee"),
        ("reimbursements_against_settlements", "amazon_sp.reimbursements", "amount_total"),
        ("ads_spend_against_settlements", "amazon_ads.sp_campaigns", "cost"),
    ):
        wrong = 20_000 if column == "cost" else 50
        with psycopg.connect(conninfo) as connection:
            connection.execute(f"UPDATE {table} SET {column} = {column} + {wrong}".encode())
        assert off(name), name


def load_economics(tables: Tables, day: date, faults: Sequence[str], minutes: int) -> None:
    """Load a day of economics as Amazon tells it so many minutes later, with something wrong."""
    spec = load_spec("economics")
    account = load_accounts()[ACCOUNT]
    (slice_,) = plan_slices(spec, account, run_at=NOW, now=NOW, from_day=day, to_day=day)
    load_content(tables, spec, slice_, told(slice_, faults, minutes))


def told(slice_: Slice, faults: Sequence[str], minutes: int) -> Content:
    parsed = read(options_of(load_spec("economics"), slice_)["query"])
    seller = simulation().seller(ACCOUNT)
    marketplaces = {one: simulation().storefront(seller, one) for one in parsed.marketplace_ids}
    found = economics.rows(parsed.name, marketplaces, parsed.arguments, int(NOW.timestamp()), faults)
    body = b"".join(json.dumps(project(parsed.fields, row)).encode() + b"\n" for row in found)
    return Content(body, "application/jsonl", NOW + timedelta(minutes=minutes))
