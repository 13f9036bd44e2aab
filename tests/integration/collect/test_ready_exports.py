"""The exports that are ready to switch on: each reaches a sheet whole, from what the local Amazon serves."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import psycopg
import pytest
import yaml
from integration.collect.parts import Bench, collect
from integration.exports.conftest import SHEET, hook, server
from support.hand_made_rows import add_rows, make_marts
from support.sheets import SheetsServer, Tab

from sellerops.collect import splitting
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.destinations.postgres.row_source import PostgresRowSource
from sellerops.exports import ExportSpec, load_exports
from sellerops.exports.export_run import run_export
from sellerops.ledger import Ledger
from sellerops.settings.config_files import config_dir
from sellerops.settings.specs import load_spec
from sellerops_airflow.hooks.sheets import GoogleSheets

__all__ = ["hook", "server"]

# The day of the tests' clock, in place of the database's own.
TODAY = "date '2026-11-21'"
LAST_DAY = date(2026, 11, 18)


class Ready(NamedTuple):
    """Which report fills the tables of an export, for which day, and what the sheet must contain."""

    report: str
    day: date | None
    rows: str
    title: str = ""
    total: str = ""


READY = {
    "sqp_by_week": Ready(
        "search_query_performance_weekly", date(2026, 11, 14),
        "SELECT count(*) FROM amazon_sp.search_query_performance_weekly",
        "ASIN purchases", "SELECT sum(asin_purchase_count) FROM amazon_sp.search_query_performance_weekly",
    ),
    "sqp_by_month": Ready(
        "search_query_performance_monthly", date(2026, 10, 31),
        "SELECT count(*) FROM amazon_sp.search_query_performance_monthly",
        "Volume", "SELECT sum(search_query_volume) FROM amazon_sp.search_query_performance_monthly",
    ),
    "sqp_by_quarter": Ready(
        "search_query_performance_quarterly", date(2026, 9, 30),
        "SELECT count(*) FROM amazon_sp.search_query_performance_quarterly",
        "Clicks", "SELECT sum(total_click_count) FROM amazon_sp.search_query_performance_quarterly",
    ),
    "search_catalog_by_week": Ready(
        "search_catalog_performance_weekly", date(2026, 11, 14),
        "SELECT count(*) FROM amazon_sp.search_catalog_performance_weekly",
        "Purchases", "SELECT sum(purchase_count) FROM amazon_sp.search_catalog_performance_weekly",
    ),
    "search_catalog_by_month": Ready(
        "search_catalog_performance_monthly", date(2026, 10, 31),
        "SELECT count(*) FROM amazon_sp.search_catalog_performance_monthly",
        "Impressions", "SELECT sum(impression_count) FROM amazon_sp.search_catalog_performance_monthly",
    ),
    "sales_by_marketplace_and_day": Ready(
        "sales_and_traffic", LAST_DAY, "SELECT count(*) FROM amazon_sp.sales_daily_totals",
        "Units", "SELECT sum(units_ordered) FROM amazon_sp.sales_daily_totals",
    ),
    "sales_by_asin_and_day": Ready(
        "sales_and_traffic", LAST_DAY, "SELECT count(*) FROM amazon_sp.sales_daily",
        "Units", "SELECT sum(units_ordered) FROM amazon_sp.sales_daily",
    ),
    "inventory_levels": Ready(
        "fba_inventory_summaries", None, "SELECT count(*) FROM amazon_sp.fba_inventory_summaries",
        "Total", "SELECT sum(total_quantity) FROM amazon_sp.fba_inventory_summaries",
    ),
    "inbound_shipments": Ready(
        "inbound_shipments", LAST_DAY, "SELECT count(*) FROM amazon_sp.inbound_shipment_items",
        "Received", "SELECT sum(quantity_received) FROM amazon_sp.inbound_shipment_items",
    ),
    "profit_by_sku": Ready(
        "economics", LAST_DAY, "SELECT count(*) FROM amazon_sp.economics",
        "Fees", "SELECT sum(total_amount) FROM amazon_sp.economics_fees",
    ),
}  # fmt: skip

# Exports of marts: a row of the mart that is shown, one that is not, and a cell of the sheet.
OF_MARTS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str, Any]] = {
    "profit_by_marketplace_and_day": (
        "profit_day", {"day": LAST_DAY, "cogs": -4, "cogs_returned": 1}, {"day": date(2026, 8, 22)},
        "Cost of goods", -3,
    ),
    "profit_by_sku_and_month": (
        "profit_sku_month",
        {"month_first": date(2025, 11, 1), "sku": "A", "cm2": 5, "unknown_margin": 0, "incomplete": 1},
        {"month_first": date(2025, 10, 1), "sku": "A"}, "Status", "incomplete",
    ),
    "restock_orders": (
        "restock", {"day": LAST_DAY, "sku": "A", "order_quantity": 10, "override_quantity": 12},
        {"day": LAST_DAY, "sku": "B", "order_quantity": 0}, "Quantity", 12,
    ),
    "owed_by_amazon": (
        "owed", {"day": LAST_DAY, "sku": "A", "value": 7, "is_claimable": True},
        {"day": LAST_DAY, "sku": "B", "value": 8, "is_claimable": False}, "Value", 7,
    ),
}  # fmt: skip


def shipped(name: str) -> ExportSpec:
    """The export as it is once its line ``enabled: false`` has given way to a spreadsheet."""
    text = (config_dir() / "exports" / f"{name}.yaml").read_text()
    text = text.replace('\nspreadsheet_id: ""\n', "\n").replace("current_date", TODAY)
    switched = text.replace("\nenabled: false\n", f"\nspreadsheet_id: {SHEET}\n")
    return ExportSpec.model_validate({**yaml.safe_load(switched), "name": name, "path": f"{name}.yaml"})


def land(bench: Bench, report: str, day: date | None) -> None:
    """Collect a slice of the US, or of the account's region, that holds the day, and load it."""
    spec = load_spec(report)
    for operation in ("createReport", "getReportDocument", "getReports", "createQuery", "getDocument"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    bench.sandbox.control("POST", "/jobs", json={"queue_seconds": 1, "progress_seconds": 1})
    days = {"from_day": day, "to_day": day} if day else {}
    slice_ = next(one for one in bench.slices(spec, **days) if "US" in one.marketplaces)
    destination = open_destination("postgres", bench.ledger.database.conninfo)
    for request_id in collect(bench.collector(spec), slice_).request_ids:
        request = bench.ledger.get_request(request_id)
        uri = request.archive_uri or ""
        meta = RequestMeta.of(request)
        load_document(destination, spec, slice_, meta, lambda uri=uri: bench.archive.open(uri))
    destination.close()


@pytest.fixture(autouse=True)
def asins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few ASINs of the brand, as the listings would name them."""
    from amazon_sandbox.simulation import Simulation
    from amazon_sandbox.simulation.marketplaces import by_country
    from amazon_sandbox.simulation.storefront import Storefronts

    listings = (
        Storefronts(Simulation(seed=7, scenario="demo").seed).of("northwind_na", by_country("US")).listings
    )
    monkeypatch.setitem(splitting._VALUES, "asins", lambda *_: sorted({each.asin for each in listings})[:6])


@pytest.fixture
def api(hook: GoogleSheets, server: SheetsServer) -> GoogleSheets:
    server.calls.clear()
    return hook


def test_every_shipped_export_is_looked_at_here_and_is_off() -> None:
    specs, failures = load_exports()
    assert failures == []
    assert {spec.name for spec in specs} == set(READY) | set(OF_MARTS)
    assert not any(spec.enabled or spec.spreadsheet_id for spec in specs)


@pytest.mark.parametrize("name", READY)
def test_one_line_switches_an_export_on(name: str) -> None:
    spec = shipped(name)
    assert spec.enabled
    assert spec.spreadsheet_id == SHEET
    tables = {f"{each.source}.{table}" for each in [load_spec(READY[name].report)] for table in each.tables}
    assert set(spec.after) <= tables
    assert spec.after


@pytest.mark.parametrize("name", READY)
def test_an_export_brings_what_has_landed(
    name: str, bench: Bench, api: GoogleSheets, server: SheetsServer
) -> None:
    ready, spec = READY[name], shipped(name)
    land(bench, ready.report, ready.day)
    tab = server.add(SHEET, **{spec.anchor.tab: Tab(0)})
    with psycopg.connect(bench.ledger.database.conninfo) as connection:
        (rows,) = connection.execute(ready.rows).fetchone() or (0,)
        (total,) = connection.execute(ready.total).fetchone() or (0,)
    source = PostgresRowSource(bench.ledger.database.conninfo)
    done = run_export(bench.ledger, spec, source, api)
    header, *body = tab.grid()
    assert header == list(spec.columns.values())
    assert len(body) == done.rows_written == rows > 0
    place = header.index(ready.title)
    found = sum(float(line[place] or 0) for line in body if len(line) > place)
    assert found == pytest.approx(float(total))
    assert run_export(bench.ledger, spec, source, api).rows_written == rows, "again: the same rows"
    assert tab.grid() == [header, *body]


@pytest.mark.parametrize("name", OF_MARTS)
def test_an_export_of_a_mart_brings_the_rows_it_is_about(
    name: str, ledger: Ledger, api: GoogleSheets, server: SheetsServer
) -> None:
    mart, shown, hidden, title, cell = OF_MARTS[name]
    conninfo, spec = ledger.database.conninfo, shipped(name)
    make_marts(conninfo, [mart])
    ours = {"account_id": "northwind_na", "marketplace_id": "ATVPDKIKX0DER", "currency": "USD"}
    add_rows(conninfo, f"sellerops_marts.{mart}", [{**ours, **shown}, {**ours, **hidden}])
    tab = server.add(SHEET, **{spec.anchor.tab: Tab(0)})
    done = run_export(ledger, spec, PostgresRowSource(conninfo), api)
    header, line = tab.grid()
    assert done.rows_written == 1
    assert header == list(spec.columns.values())
    assert line[header.index(title)] == cell
    assert spec.after == (f"sellerops_marts.{mart}",)
