"""The local Amazon's reports agree with each other, our tables say so, and a broken number is found."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support import catalogue
from support.postgres import PostgresServer

from amazon_sandbox.simulation import Document, Simulation
from amazon_sandbox.simulation.created_shipments import CreatedItem, CreatedShipment
from sellerops.base.clock import Clock
from sellerops.base.errors import ConfigurationError
from sellerops.base.reader_role import grant_table
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.cli import main
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger
from sellerops.reconciliation.checks import CheckSpec, check_failures, load_check, load_checks
from sellerops.reconciliation.results import Verdict, results
from sellerops.reconciliation.running import judge, run_check
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ReportSpec, load_spec

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
DAYS = 30
ACCOUNTS = ("northwind_na", "northwind_eu")
US = marketplace("US").id
LOADED = {
    f"amazon_sp.{name}" for name in ("sales_daily", "all_orders", "settlements", "inventory_ledger_summary")
}


def slices(spec: ReportSpec, account_id: str) -> list[Slice]:
    first, last = (NOW - timedelta(days=DAYS)).date(), NOW.date() - timedelta(days=1)
    account = load_accounts()[account_id]
    if spec.period.kind == "listing":
        return plan_slices(spec, account, run_at=NOW, now=NOW)
    planned = plan_slices(spec, account, run_at=NOW, now=NOW, from_day=first, to_day=last)
    if spec.name != "all_orders":
        return planned
    # Orders are in the window of their last update: today's is needed for those of earlier days.
    (slice_,) = planned
    end = NOW.date() + timedelta(days=1)
    return [replace(slice_, last_day=NOW.date().isoformat(), window_end=f"{end}T00:00:00+00:00")]


def documents(
    simulation: Simulation, spec: ReportSpec, account_id: str
) -> Iterator[tuple[Slice, Document, datetime]]:
    seller = simulation.seller(account_id)
    for slice_ in slices(spec, account_id):
        if spec.name == "settlements":
            for ref in simulation.settlements(seller, NOW):
                if ref.created_at > NOW - timedelta(days=40):
                    yield slice_, simulation.settlement_document(seller, ref.settlement_id), ref.created_at
            continue
        by_day = spec.format.kind == "json"
        ends = (slice_.days[0], slice_.days[-1]) if by_day else (slice_.start, slice_.end)
        document = simulation.document(
            spec.report_type, seller, slice_.marketplace_ids, *ends, dict(spec.request.options), NOW
        )
        if document is not None:
            yield slice_, document, NOW


def sent_in(simulation: Simulation, account_id: str, country: str) -> CreatedShipment:
    """A shipment that a client created: 40 units received twelve days ago, 38 of another SKU lost."""
    storefront = simulation.storefront(simulation.seller(account_id), marketplace(country).id)
    first, second = [one.sku for one in storefront.listings if not one.is_merchant][:2]
    created = int((NOW - timedelta(days=24)).timestamp())
    left, receiving, received, closed = (created + days * 86_400 for days in (2, 8, 12, 20))
    return CreatedShipment(
        account_id, country, f"wf{country}", "Autumn", f"pl{country}", f"sh{country}", f"FBA15TEST{country}",
        "PHX7", (CreatedItem(first, 40, 40), CreatedItem(second, 40, 2)), created, left, receiving, received,
        closed, None, 1_200, 5_400, created + 86_400,
    )  # fmt: skip


@pytest.fixture
def loaded(conninfo: str, ledger: Ledger) -> Ledger:
    """Thirty days of both accounts, in which each sent a shipment in."""
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    generated, destination = catalogue.simulation(), open_destination("postgres", conninfo)
    created = [sent_in(generated, *each) for each in zip(ACCOUNTS, ("US", "DE"), strict=True)]
    simulation = generated.with_created(created)
    for name in ("sales_and_traffic", "all_orders", "settlements", "inventory_ledger_summary"):
        spec = load_spec(name)
        for account_id in ACCOUNTS:
            for slice_, document, made in documents(simulation, spec, account_id):
                content = document.read()
                meta = RequestMeta(made, None, document.content_type, slice_.marketplace_ids)
                tables = [table for table in spec.tables if table != "sales_daily_totals"]
                load_document(destination, spec, slice_, meta, lambda c=content: io.BytesIO(c), tables=tables)
    return ledger


def execute(conninfo: str, statement: str) -> None:
    with psycopg.connect(conninfo) as connection:
        assert connection.execute(statement).rowcount == 1, statement


def test_all_agree_until_a_number_is_broken(
    loaded: Ledger,
    conninfo: str,
    reader: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Those with tables of web pages: test_page_checks.py; with economics and charges: test_money_checks.py.
    checks = [each for each in load_checks() if set(each.inputs) <= LOADED]
    runs = {check.name: run_check(loaded, check, reader) for check in checks}
    assert len(runs) == 4
    for name, run in runs.items():
        found = Counter(each.verdict for each in run.results)
        assert run.off == [], (name, run.off[:3])
        assert found[Verdict.OK] >= 4, (name, found)
        # In one world seen at one moment there is nothing to tolerate.
        assert all(each.difference == 0 for each in run.results if each.verdict is Verdict.OK), name
    sales = [each for each in runs["sales_against_orders"].results if each.verdict is Verdict.OK]
    assert {each.account_id for each in sales} == set(ACCOUNTS)
    assert len({each.day for each in sales}) >= DAYS - 2
    settled = runs["orders_against_settlements"].results
    assert sum(each.left or 0 for each in settled) > 10_000
    with psycopg.connect(conninfo) as connection:
        charged = "SELECT order_id, amount FROM amazon_sp.settlements WHERE order_id LIKE 'FBA15TEST%'"
        assert sorted(connection.execute(charged)) == [
            ("FBA15TESTDE", Decimal("-54.00")),
            ("FBA15TESTUS", Decimal("-54.00")),
        ]

    day = min(each.day for each in sales if each.marketplace_id == US and each.day)
    breaks = {
        "sales_against_orders": f"""
            UPDATE amazon_sp.sales_daily SET units_ordered = units_ordered + 500 WHERE ctid = (
                SELECT min(ctid) FROM amazon_sp.sales_daily
                WHERE date = '{day}' AND marketplace_id = '{US}')""",
        "orders_against_settlements": """
            UPDATE amazon_sp.settlements SET amount = amount + 0.01 WHERE ctid = (
                SELECT min(ctid) FROM amazon_sp.settlements
                WHERE transaction_type = 'Order' AND amount_type = 'ItemPrice'
                  AND amount_description = 'Principal'
                  AND order_id IN (SELECT amazon_order_id FROM amazon_sp.all_orders
                                   WHERE order_status = 'Shipped' AND purchase_date >= '2026-11-01'))""",
        "inventory_ledger_balance": """
            UPDATE amazon_sp.inventory_ledger_summary SET lost = coalesce(lost, 0) - 1
            WHERE ctid = (SELECT min(ctid) FROM amazon_sp.inventory_ledger_summary)""",
        "settlements_to_the_cent": """
            UPDATE amazon_sp.settlements SET total_amount = total_amount - 0.01 WHERE ctid = (
                SELECT min(ctid) FROM amazon_sp.settlements WHERE total_amount IS NOT NULL)""",
    }
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    monkeypatch.setenv("SELLEROPS_READER", reader)
    assert main(["checks", "run"]) == 0
    for name, statement in breaks.items():
        execute(conninfo, statement)
        run = run_check(loaded, load_check(name), reader)
        assert run.off, name
        assert all(each.day and each.evidence for each in run.off)
        assert len(run.off) <= 2  # a settlement whose line was changed before is off, too
    capsys.readouterr()
    assert main(["checks", "run", "sales_against_orders"]) == 1
    told = capsys.readouterr().out
    assert str(day) in told
    assert "US" in told
    assert main(["checks", "show", "--verdict", "off"]) == 0
    assert capsys.readouterr().out.count("\n") >= 5
    # The figure's row takes the new verdict; there is one row for each figure.
    with loaded.connection() as connection:
        rows = results(connection, check="sales_against_orders", limit=1000)
    assert len(rows) == len(runs["sales_against_orders"].results)
    assert [row.day for row in rows if row.verdict is Verdict.OFF] == [day]


def test_tables_that_are_not_there_yet(
    ledger: Ledger, conninfo: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for check in load_checks():
        (found,) = run_check(ledger, check, reader).results
        assert found.verdict is Verdict.NOT_YET
        assert found.evidence == {"no_table_yet": list(check.inputs)}
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    monkeypatch.setenv("SELLEROPS_READER", reader)
    assert main(["checks", "run"]) == 0


def written(directory: Path, text: str, name: str = "odd") -> Path:
    (directory / f"{name}.sql").write_text(text)
    return directory


HEADER = """\
-- description: d
-- inputs: [pg_catalog.pg_class]
-- holds_after: 2d
-- tolerance: {absolute: 1, relative: 0.1}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1", "the header is missing"),
        ("-- description: [\nSELECT 1", "not valid YAML"),
        ("-- description: d\n-- inputs: [sales]\nSELECT 1", "key `inputs`"),
        (HEADER + "-- tolerence: 1\nSELECT 1", "key `tolerence`"),
    ],
)
def test_an_invalid_header_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    folder = written(tmp_path, text)
    assert load_checks(folder) == []
    (failure,) = check_failures(folder)
    assert words in str(failure.error)
    assert "odd.sql" in str(failure.error)


@pytest.mark.parametrize(("sql", "words"), [("SELECT nothing", "nothing"), ("SELECT 1 AS day", "account_id")])
def test_invalid_sql_is_an_error(ledger: Ledger, reader: str, tmp_path: Path, sql: str, words: str) -> None:
    check = load_check("odd", written(tmp_path, HEADER + sql))
    with pytest.raises(ConfigurationError) as caught:
        run_check(ledger, check, reader)
    assert words in str(caught.value)
    assert "odd.sql" in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DROP TABLE amazon_sp.orders",
        "SELECT 1) AS a; DROP TABLE amazon_sp.orders; SELECT * FROM (SELECT 1",
        "DROP TABLE amazon_sp.orders",
        "WITH gone AS (DELETE FROM amazon_sp.orders RETURNING 1) SELECT * FROM gone",
        "SELECT amazon_sp.change_it()",
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT set_config('transaction_read_only', 'off', true), amazon_sp.change_it()",
        "SELECT * FROM amazon_sp.orders__personal",
        "SELECT * FROM sellerops.rejected_row",
    ],
)
def test_a_check_can_only_read(ledger: Ledger, reader: str, tmp_path: Path, sql: str) -> None:
    with ledger.connection() as connection:
        connection.execute(
            """
            CREATE SCHEMA amazon_sp;
            CREATE TABLE amazon_sp.orders AS SELECT 1 AS n;
            CREATE TABLE amazon_sp.orders__personal AS SELECT 1 AS n;
            CREATE FUNCTION amazon_sp.change_it() RETURNS int LANGUAGE sql SECURITY DEFINER
                AS 'DELETE FROM amazon_sp.orders RETURNING n'
            """
        )
        grant_table(connection, "amazon_sp", "orders")
    with pytest.raises(ConfigurationError, match=r"odd\.sql"):
        run_check(ledger, load_check("odd", written(tmp_path, HEADER + sql)), reader)
    with ledger.connection() as connection:
        assert connection.execute("SELECT n FROM amazon_sp.orders").fetchall() == [{"n": 1}]


def test_no_superuser_runs_a_check(ledger: Ledger, postgres_server: PostgresServer, tmp_path: Path) -> None:
    admin = postgres_server.admin(str(conninfo_to_dict(ledger.database.conninfo)["dbname"]))
    with pytest.raises(ConfigurationError, match="superuser") as caught:
        run_check(ledger, load_check("odd", written(tmp_path, HEADER + "SELECT 1 AS day")), admin)
    assert "sellerops_reader" in caught.value.remedy


def test_an_unknown_check_has_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match="settlements_to_the_cent"):
        load_check("settlement_to_the_cent")


@pytest.mark.parametrize(
    ("left", "right", "day", "verdict"),
    [
        (100, 110, date(2026, 11, 1), Verdict.OK),
        (100, 112, date(2026, 11, 1), Verdict.OFF),
        (1, 2, date(2026, 11, 1), Verdict.OK),
        (1, 3, date(2026, 11, 1), Verdict.OFF),
        (100, 500, date(2026, 11, 18), Verdict.TOO_YOUNG),
        (100, 500, date(2026, 11, 17), Verdict.OFF),
        (None, 5, date(2026, 11, 1), Verdict.NOT_YET),
        (5, None, date(2026, 11, 19), Verdict.NOT_YET),
    ],
)
def test_verdicts(tmp_path: Path, left: int | None, right: int | None, day: date, verdict: Verdict) -> None:
    check: CheckSpec = load_check("odd", written(tmp_path, HEADER + "SELECT 1"))
    sides: dict[str, Any] = {
        "left_value": None if left is None else Decimal(left),
        "right_value": None if right is None else Decimal(right),
    }
    row = {"account_id": "a", "marketplace_id": US, "day": day, **sides}
    assert judge(check, row, NOW).verdict is verdict
