"""The starter views always exist, follow their tables, and block nobody."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.destinations.documents import Doc, as_json, day_slice, snapshot_slice, spec_with
from integration.destinations.stores import PostgresStore
from psycopg.rows import dict_row
from support.archived import archive_document, load_archived
from support.postgres import PostgresServer
from support.specs import shipped_specs

from sellerops.archive import Archive
from sellerops.base.errors import TableInUse
from sellerops.destinations.postgres import migration as postgres_migration
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.ledger.database import sync_configuration
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.marketplaces import all_marketplaces, marketplace
from sellerops.settings.specs import ColumnType, ReportSpec, load_spec
from sellerops.views import starter_views

SALES, STOCK = load_spec("sales_and_traffic"), load_spec("fba_inventory_summaries")
AT_HAND = load_spec("fba_manage_inventory")
US = marketplace("US").id


@pytest.fixture
def store(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def sales(day: str = "2026-11-20", units: int = 3, spec: ReportSpec = SALES, hours: float = 0) -> Doc:
    row = {
        "parentAsin": "P",
        "childAsin": "C",
        "salesByAsin": {
            "unitsOrdered": units,
            "totalOrderItems": 2,
            "orderedProductSales": {"amount": 59.97, "currencyCode": "USD"},
        },
        "trafficByAsin": {"sessions": 11, "pageViews": 17},
    }
    content = as_json(salesAndTrafficByAsin=[row], salesAndTrafficByDate=[])
    slice_ = day_slice(spec, day, timezone="America/Los_Angeles")
    return Doc(spec, slice_, content, hours, "application/json")


def stock(country: str, units: int, moment: datetime, spec: ReportSpec = STOCK) -> Doc:
    found = {
        "asin": "A",
        "fnSku": "F",
        "sellerSku": "S",
        "condition": "NewItem",
        "inventoryDetails": {"fulfillableQuantity": units, "inboundShippedQuantity": 4},
        "totalQuantity": units + 4,
    }
    line = (
        json.dumps({"request": {}, "answer": {"payload": {"inventorySummaries": [found]}}}).encode() + b"\n"
    )
    slice_ = replace(snapshot_slice(spec, moment, country), region="NA" if country == "US" else "EU")
    return Doc(spec, slice_, line, 0, "application/jsonl")


def rows(store: PostgresStore, view: str) -> list[dict[str, Any]]:
    return store.query(f"SELECT * FROM sellerops_views.{view} ORDER BY 1, 2, 3")


def with_type(spec: ReportSpec, table: str, column: str, kind: ColumnType) -> ReportSpec:
    columns = dict(spec.tables[table].columns)
    columns[column] = columns[column].model_copy(update={"type": kind})
    tables = {**spec.tables, table: spec.tables[table].model_copy(update={"columns": columns})}
    return spec.model_copy(update={"tables": tables})


def test_every_view_is_there_before_any_table_and_the_reader_may_read_it(reader: str) -> None:
    assert {view.name for view in starter_views()} == {
        "current_stock", "freshness", "inbound_status", "inventory_levels", "job_runs", "missing_days",
        "rejects", "sales_by_asin_day",
    }  # fmt: skip
    with psycopg.connect(reader) as connection:
        for view in starter_views():
            cursor = connection.execute(f"SELECT * FROM sellerops_views.{view.name}")
            assert [column.name for column in cursor.description or ()] == list(view.columns)
            assert cursor.fetchall() == []


def test_sales_by_asin_and_day_appear_with_the_first_load(store: PostgresStore, reader: str) -> None:
    sales().load_into(store.destination)
    (row,) = rows(store, "sales_by_asin_day")
    assert row["marketplace"] == "US" and row["day"] == date(2026, 11, 20) and row["asin"] == "C"
    assert (row["units_ordered"], row["sales_amount"], row["currency"]) == (3, Decimal("59.97"), "USD")
    assert (row["sessions"], row["page_views"]) == (11, 17)
    with psycopg.connect(reader) as connection:
        count = connection.execute("SELECT count(*) FROM sellerops_views.sales_by_asin_day").fetchone()
    assert count == (1,)


def test_current_stock_is_the_newest_snapshot_and_counts_a_pool_once(
    store: PostgresStore, ledger: Ledger
) -> None:
    now = ledger.clock().now().astimezone(UTC)
    for country, units, hours in (
        ("DE", 100, 4),
        ("FR", 98, 4),
        ("DE", 90, 1),
        ("FR", 91, 1),
        ("GB", 30, 8),
    ):
        stock(country, units, now - timedelta(hours=hours)).load_into(store.destination)
    stock("US", 5, now - timedelta(days=9)).load_into(store.destination)
    found = {row["stock_pool"]: row for row in rows(store, "current_stock")}
    assert {pool: row["fulfillable"] for pool, row in found.items()} == {"pan_eu": 91, "GB": 30}
    assert found["pan_eu"]["told_by"] == "FR" and found["GB"]["inbound"] == 4

    # The other report has a newer snapshot of GB.
    at_hand = b"sku\tafn-fulfillable-quantity\tafn-total-quantity\r\nS\t28\t28\r\n"
    slice_ = replace(snapshot_slice(AT_HAND, now, "GB"), region="EU")
    Doc(AT_HAND, slice_, at_hand).load_into(store.destination)
    found = {row["stock_pool"]: row for row in rows(store, "current_stock")}
    assert found["GB"]["fulfillable"] == 28 and found["GB"]["report"].endswith("fba_manage_inventory")


def test_a_migration_of_types_keeps_views_grants_and_views_over_them(
    store: PostgresStore, reader: str
) -> None:
    sales().load_into(store.destination)
    store.query("CREATE SCHEMA own")
    store.query("CREATE VIEW own.mine AS SELECT units_ordered FROM sellerops_views.sales_by_asin_day")
    store.query("GRANT SELECT ON sellerops_views.sales_by_asin_day TO public")
    spec = with_type(SALES, "sales_daily", "units_ordered", ColumnType.DECIMAL)
    done = store.destination.migrate(spec, "sales_daily")  # type: ignore[attr-defined]
    assert done.is_applied
    assert store.columns("amazon_sp.sales_daily")["units_ordered"] == "numeric"
    assert store.query("SELECT * FROM own.mine") == [{"units_ordered": 3}]
    asked = "SELECT has_table_privilege('public', 'sellerops_views.sales_by_asin_day', 'SELECT') AS may"
    assert store.query(asked) == [{"may": True}]
    with psycopg.connect(reader) as connection:
        found = connection.execute("SELECT units_ordered FROM sellerops_views.sales_by_asin_day").fetchall()
    assert found == [(3,)]


def test_a_migration_that_is_killed_leaves_the_view_as_it_was(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales().load_into(store.destination)
    spec = with_type(SALES, "sales_daily", "units_ordered", ColumnType.DECIMAL)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(postgres_migration, "record_definition", killed)
        with pytest.raises(KeyboardInterrupt):
            store.destination.migrate(spec, "sales_daily")  # type: ignore[attr-defined]
    assert [row["units_ordered"] for row in rows(store, "sales_by_asin_day")] == [3]
    assert store.destination.migrate(spec, "sales_daily").is_applied  # type: ignore[attr-defined]
    assert [row["units_ordered"] for row in rows(store, "sales_by_asin_day")] == [3]


@pytest.mark.parametrize("changed", [False, True])
def test_a_replay_puts_its_table_in_place_below_the_views(
    store: PostgresStore, ledger: Ledger, tmp_path: Path, changed: bool
) -> None:
    """Nobody who reads meanwhile finds the view empty, and a changed type does not stop the replay."""
    archive, doc = Archive(str(tmp_path)), sales()
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    meta = archive_document(archive, SALES, doc.slice_, at, doc.content, content_type="application/json")
    load_archived(ledger, archive, SALES, doc.slice_, meta)
    spec = with_type(SALES, "sales_daily", "units_ordered", ColumnType.TEXT) if changed else SALES
    (done,) = replay(ledger, archive, spec, Scope(tables=("sales_daily",)))
    assert done.is_in_place
    assert store.columns("amazon_sp.sales_daily")["units_ordered"] == ("text" if changed else "bigint")
    assert [row["units_ordered"] for row in rows(store, "sales_by_asin_day")] == [3]


def test_a_replay_with_another_type_keeps_the_view_of_shared_stock(
    store: PostgresStore, ledger: Ledger, tmp_path: Path
) -> None:
    archive, doc = Archive(str(tmp_path)), stock("US", 5, ledger.clock().now())
    meta = archive_document(
        archive, STOCK, doc.slice_, ledger.clock().now(), doc.content, content_type="application/jsonl"
    )
    load_archived(ledger, archive, STOCK, doc.slice_, meta)
    spec = with_type(STOCK, "fba_inventory_summaries", "fulfillable_quantity", ColumnType.DECIMAL)
    replay(ledger, archive, spec, Scope())
    (row,) = store.query("SELECT * FROM amazon_sp.fba_inventory_summaries__once")
    assert row["fulfillable_quantity"] == 5
    assert [each["fulfillable"] for each in rows(store, "current_stock")] == [5]


def test_a_table_that_is_made_anew_under_its_name_is_the_views(store: PostgresStore) -> None:
    """A renamed table takes the view along; the next load's table has it again."""
    sales(units=3).load_into(store.destination)
    store.query("ALTER TABLE amazon_sp.sales_daily RENAME TO sales_daily_old")
    store.query("ALTER INDEX amazon_sp.sales_daily_key RENAME TO sales_daily_old_key")
    sales(units=7, hours=1).load_into(store.destination)
    assert [row["units_ordered"] for row in rows(store, "sales_by_asin_day")] == [7]


def test_a_spec_of_ones_own_without_a_column_fails_no_load(
    store: PostgresStore, caplog: pytest.LogCaptureFixture
) -> None:
    columns = dict(SALES.tables["sales_daily"].columns)
    del columns["sessions"]
    spec = spec_with("sales_and_traffic", "sales_daily", columns=columns)
    row = {"parentAsin": "P", "childAsin": "C", "salesByAsin": {"unitsOrdered": 3}}
    doc = replace(sales(), spec=spec, content=as_json(salesAndTrafficByAsin=[row]))
    with caplog.at_level(logging.WARNING):
        (result,) = doc.load_into(store.destination)
    assert result.stored == 1 and rows(store, "sales_by_asin_day") == []
    assert "sales_by_asin_day stays without rows" in caplog.text and "sessions" in caplog.text
    # The spec has it again: the load that widens the table brings the view back.
    sales(hours=1).load_into(store.destination)
    assert [each["sessions"] for each in rows(store, "sales_by_asin_day")] == [11]


def test_a_reader_of_a_view_holds_up_the_making_of_its_table_for_moments_only(
    store: PostgresStore, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sellerops.base.table_locks.TRIES", 2)
    monkeypatch.setattr("sellerops.base.table_locks.FIRST_PAUSE", 0.01)
    with psycopg.connect(reader) as connection:
        connection.execute("SELECT * FROM sellerops_views.sales_by_asin_day")
        with pytest.raises(TableInUse, match="sales_by_asin_day"):
            sales().load_into(store.destination)
    assert sales().load_into(store.destination)[0].stored == 1


def test_a_table_is_widened_whatever_goes_on_in_another_table_of_its_view(
    store: PostgresStore, ledger: Ledger
) -> None:
    now = ledger.clock().now()
    at_hand = b"sku\tafn-fulfillable-quantity\tafn-total-quantity\r\nS\t28\t28\r\n"
    Doc(AT_HAND, snapshot_slice(AT_HAND, now), at_hand).load_into(store.destination)
    stock("US", 5, now).load_into(store.destination)
    more = stock("US", 5, now + timedelta(hours=1))
    widened = replace(more, content=more.content.replace(b'"asin"', b'"unheardOf": "x", "asin"'))
    with psycopg.connect(store.conninfo) as other:
        other.execute("UPDATE amazon_sp.fba_manage_inventory SET asin = 'A'")
        (result,) = widened.load_into(store.destination)
    assert result.new_columns


def test_missing_days_are_what_failed_and_what_lies_between(store: PostgresStore, ledger: Ledger) -> None:
    with ledger.connection() as connection:
        sync_configuration(connection)

    def settle(spec: ReportSpec, day: str, state: SliceState, error: Exception | None = None) -> None:
        run = RunRef(spec.dag_id, "manual__1", "marketplace.slice.fetch_report", 0, 1, spec.name)
        ledger.set_slice_state(day_slice(spec, day), state, run=run, error=error)

    settle(SALES, "2026-11-16", SliceState.LOADED)
    settle(SALES, "2026-11-18", SliceState.FAILED, TableInUse("it is in use", remedy="Wait."))
    settle(SALES, "2026-11-19", SliceState.CONFIRMED_EMPTY)
    # Snapshots owe no day.
    for day in ("2026-11-16", "2026-11-19"):
        settle(STOCK, day, SliceState.LOADED)
    found = {row["day"].isoformat(): row for row in rows(store, "missing_days")}
    states = {day: row["state"] for day, row in found.items()}
    assert states == {"2026-11-17": "MISSING", "2026-11-18": "FAILED"}
    failed = found["2026-11-18"]
    assert (failed["reason"], failed["remedy"], failed["run_id"]) == ("it is in use", "Wait.", "manual__1")
    assert failed["marketplace"] == "US"


def test_freshness_tells_the_last_day_and_what_came_after_it(store: PostgresStore, ledger: Ledger) -> None:
    today = ledger.clock().now().astimezone(marketplace("US").zone).date()

    def settle(days_ago: int, state: SliceState, marketplaces: tuple[str, ...] = ("US",)) -> None:
        ledger.set_slice_state(
            day_slice(SALES, str(today - timedelta(days=days_ago)), marketplaces=marketplaces), state
        )

    settle(3, SliceState.LOADED)
    settle(2, SliceState.CONFIRMED_EMPTY)
    settle(1, SliceState.LATE)
    settle(5, SliceState.FAILED, ("CA",))
    found = {row["marketplace"]: row for row in rows(store, "freshness")}
    assert found.keys() == {"US", "CA"}
    assert (found["US"]["last_day"], found["US"]["days_behind"]) == (today - timedelta(days=2), 2)
    assert (found["US"]["newest_day"], found["US"]["newest_state"]) == (today - timedelta(days=1), "LATE")
    assert found["CA"]["last_day"] is None and found["CA"]["newest_state"] == "FAILED"
    assert found["US"]["family"] == SALES.family


def test_job_runs_tell_every_load_and_every_reason(store: PostgresStore, ledger: Ledger) -> None:
    def run(number: int) -> RunRef:
        return RunRef(
            SALES.dag_id, f"scheduled__{number}", "marketplace.slice.load_postgres", 0, 1, SALES.name
        )

    def load(doc: Doc, number: int) -> None:
        from sellerops.destinations import load_document

        results = load_document(
            store.destination, doc.spec, doc.slice_, replace(doc.meta, run=run(number)), doc.stream
        )
        ledger.set_destination_state(
            doc.slice_, "postgres", SliceState.LOADED, destinations=("postgres",), run=run(number),
            request_id=None, load_id=results[-1].load_id,
        )  # fmt: skip

    load(sales("2026-11-18"), 1)
    # Two days later the same day is collected again: both runs are shown.
    load(sales("2026-11-18", units=4, hours=1), 2)
    error = TableInUse("it is in use", remedy="Wait.")
    quarantined = day_slice(SALES, "2026-11-19")
    ledger.set_destination_state(
        quarantined, "postgres", SliceState.QUARANTINED, destinations=("postgres",), run=run(2), error=error
    )
    two_days = day_slice(SALES, "2026-11-20", "2026-11-21")
    ledger.set_slice_state(two_days, SliceState.FAILED, run=run(2), error=error)
    ledger.set_slice_state(day_slice(SALES, "2026-11-22"), SliceState.PLANNED, run=run(3))
    found = store.query(
        "SELECT * FROM sellerops_views.job_runs "
        "WHERE coalesce(table_name, '') <> 'amazon_sp.sales_daily_totals' ORDER BY run_id, day"
    )
    states = [
        (row["run_id"][-1], str(row["day"])[-2:], str(row["last_day"])[-2:], row["state"], row["destination"])
        for row in found
    ]
    assert states == [
        ("1", "18", "18", "LOADED", "postgres"),
        ("2", "18", "18", "LOADED", "postgres"),
        ("2", "19", "19", "QUARANTINED", "postgres"),
        ("2", "20", "20", "FAILED", None),
        ("2", "21", "21", "FAILED", None),
        ("3", "22", "22", "PLANNED", None),
    ]
    loaded, _, quarantined, failed, _, planned = found
    assert (loaded["rows"], loaded["rejected"], loaded["marketplace"]) == (1, 0, "US")
    assert loaded["started"] <= loaded["ended"] and loaded["dag_id"] == SALES.dag_id
    assert quarantined["reason"] == failed["reason"] == "it is in use" and failed["remedy"] == "Wait."
    assert failed["ended"] is not None and planned["ended"] is None


def test_rejects_are_counted_without_their_content(store: PostgresStore, reader: str) -> None:
    row = {"parentAsin": "P", "childAsin": "C", "salesByAsin": {"unitsOrdered": "many <b>secrets</b>"}}
    others = [{"parentAsin": "P", "childAsin": f"C{n}", "salesByAsin": {"unitsOrdered": 1}} for n in range(3)]
    content = as_json(salesAndTrafficByAsin=[*others, row], salesAndTrafficByDate=[])
    replace(sales(), content=content).load_into(store.destination)
    with psycopg.connect(reader, row_factory=dict_row) as connection:
        (found,) = connection.execute("SELECT * FROM sellerops_views.rejects").fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM sellerops.rejected_row")
    assert (found["reason"], found["column_name"], found["rows"], found["first_line"]) == (
        "unreadable_value", "units_ordered", 1, 4,
    )  # fmt: skip
    assert "secrets" not in str(found)


def test_marketplaces_and_reports_follow_the_configuration(
    store: PostgresStore, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    (germany,) = store.query("SELECT * FROM sellerops.marketplace WHERE code = 'DE'")
    assert germany == {
        "id": "A1PA6795UKMFR9", "code": "DE", "country": "Germany", "currency": "EUR",
        "time_zone": "Europe/Berlin", "region": "EU", "sales_channel": "Amazon.de",
    }  # fmt: skip
    assert len(store.query("SELECT * FROM sellerops.marketplace")) == len(all_marketplaces())
    assert len(store.query("SELECT * FROM sellerops.report")) == len(shipped_specs())
    changed = {code: each for code, each in all_marketplaces().items() if code not in ("ZA", "BE")}
    changed["DE"] = replace(changed["DE"], currency="XXX")
    # A code that moves to another id is no conflict.
    changed["BE"] = replace(all_marketplaces()["BE"], id="NEW")
    monkeypatch.setattr("sellerops.ledger.reference.all_marketplaces", lambda: changed)
    with ledger.connection() as connection:
        sync_configuration(connection)
    found = {row["code"]: row for row in store.query("SELECT * FROM sellerops.marketplace")}
    assert found.keys() == changed.keys()
    assert found["DE"]["currency"] == "XXX" and found["BE"]["id"] == "NEW"


def test_migrations_set_views_aside_and_bring_them_back(postgres_server: PostgresServer) -> None:
    """From a ledger of before the views, and from one whose tables a later migration changes."""
    fresh = postgres_server.create_empty()
    try:
        from sellerops.ledger.database import migrate

        migrate(fresh, "0019")
        store = PostgresStore(fresh)
        assert store.query("SELECT to_regnamespace('sellerops_views')") == [{"to_regnamespace": None}]
        ledger = Ledger(fresh)
        ledger.migrate()
        sales().load_into(store.destination)
        ledger.set_slice_state(day_slice(SALES, "2026-11-20"), SliceState.FAILED)
        ledger.migrate()
        ledger.close()
        assert len(rows(store, "sales_by_asin_day")) == len(rows(store, "missing_days")) == 1
        migrate(fresh, "0031")
        assert len(rows(store, "sales_by_asin_day")) == len(rows(store, "missing_days")) == 1
        migrate(fresh)
        assert len(rows(store, "sales_by_asin_day")) == len(rows(store, "missing_days")) == 1
    finally:
        postgres_server.drop_database(fresh)


def test_a_load_into_tables_that_exist_asks_nothing_about_views_or_comments(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales(hours=0).load_into(store.destination)
    first = statements_of(sales(hours=1), store, monkeypatch)
    assert len(first) > 20  # the watch works
    assert not [each for each in first if "COMMENT" in each or "VIEW" in each or "starter_view" in each]
    # A description that changes is written once.
    columns = dict(SALES.tables["sales_daily"].columns)
    columns["sku"] = columns["sku"].model_copy(update={"description": "A seller's own number"})
    spec = spec_with("sales_and_traffic", "sales_daily", columns=columns)
    content = sales().content
    found = statements_of(replace(sales(hours=2), spec=spec, content=content), store, monkeypatch)
    assert sum("COMMENT" in each for each in found) == 2  # of the table, of its columns
    comment = (
        "SELECT col_description(attrelid, attnum) AS text FROM pg_attribute "
        "WHERE attrelid = 'amazon_sp.sales_daily'::regclass AND attname = 'sku'"
    )
    assert store.query(comment) == [{"text": "A seller's own number. Amazon: `sku`."}]
    again = statements_of(replace(sales(hours=3), spec=spec, content=content), store, monkeypatch)
    assert not [each for each in again if "COMMENT" in each]


def statements_of(doc: Doc, store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that a load sends."""
    sent: list[str] = []
    real = psycopg.Cursor.execute

    def execute(self: Any, query: Any, *values: Any, **options: Any) -> Any:
        sent.append(query if isinstance(query, str) else query.as_string(self))
        return real(self, query, *values, **options)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute)
        doc.load_into(store.destination)
    return sent
