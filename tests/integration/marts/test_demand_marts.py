"""From sales, stock and visits to forecasts, orders and grades, in Postgres."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from support.built_marts import MartRows

from sellerops.base.clock import Clock
from sellerops.base.errors import ConfigurationError
from sellerops.cli import main
from sellerops.demand.overrides import set_override
from sellerops.demand.proposals import newest_proposal, newest_proposals, write_order
from sellerops.demand.restock import OrderStatus
from sellerops.demand.what_if import Change, outlook, read_sku_order, what_if
from sellerops.destinations.mart_store import MartStore, Span
from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import load_mart, load_marts
from sellerops.settings.marketplaces import marketplace

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
TODAY = NOW.date()
LAST = TODAY - timedelta(days=1)
ACCOUNT = "northwind_na"
US = marketplace("US").id
SPAN = Span(ACCOUNT)
DAYS = 200


@pytest.fixture
def builder(ledger: Ledger) -> Iterator[MartBuilder]:
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    store = open_mart_store("postgres", ledger.database.conninfo, ledger=ledger.database.conninfo)
    yield MartBuilder(ledger, store, load_marts(), declared_columns())
    ledger.set_clock(None)


@pytest.fixture
def store(ledger: Ledger) -> MartStore:
    return open_mart_store("postgres", ledger.database.conninfo, ledger=ledger.database.conninfo)


def fill(store: MartStore, mart: str, *rows: Mapping[str, Any]) -> None:
    """Replace an input; columns that a row does not name are null."""
    table = load_mart(mart).table
    store.ensure(table)
    place = {"account_id": ACCOUNT, "marketplace_id": US, "status": "complete", "missing": ""}
    blank = dict.fromkeys(table.columns)
    store.replace(table, SPAN, [{**blank, **place, **row} for row in rows])


def built(builder: MartBuilder, store: MartStore, mart: str) -> list[dict[str, Any]]:
    spec = load_mart(mart)
    builder.queue(spec, [SPAN], cause="test")
    builder.build(spec)
    return store.rows(f"SELECT * FROM sellerops_marts.{mart} ORDER BY day, sku")


def test_days_are_masked_for_their_reason(builder: MartBuilder, store: MartStore) -> None:
    def days(sku: str, *levels: int) -> list[dict[str, Any]]:
        return [
            {"day": LAST + timedelta(days=n), "sku": sku, "sellable": level, "stock_pool": US}
            for n, level in enumerate(levels, start=1 - len(levels))
        ]

    fill(
        store,
        "inventory_day",
        *days("full", 5, 5),
        *days("gone", 0, 0),
        *days("sold out", 3, 0),
        *days("lost", 9, 9),
    )
    sold = {"day": LAST, "units_ordered": 3, "sales_ordered": 90, "promotion_discounts": -9}
    fill(store, "sales_day", {**sold, "sku": "sold out"}, {**sold, "sku": "full", "status": "estimated"})
    visit = {"day": LAST, "page_views": 40, "asin": "B0"}
    fill(
        store,
        "traffic_sku_day",
        {**visit, "sku": "lost", "buy_box_views": 1},
        {**visit, "sku": "full", "buy_box_views": 39},
    )
    rows = {row["sku"]: row for row in built(builder, store, "demand_day") if row["day"] == LAST}
    found = {sku: (row["mask_reason"], row["units"], row["is_masked"]) for sku, row in rows.items()}
    assert found == {
        "full": ("", 3, False),
        "gone": ("stock_out", 0, True),
        "sold out": ("partial", 3, True),
        "lost": ("buy_box", 0, True),
    }
    assert (rows["full"]["events"], rows["full"]["status"]) == ("promotion", "estimated")
    assert rows["lost"]["buy_box_percentage"] == 2.5


def test_days_without_orders_are_unknown_not_zero(builder: MartBuilder, store: MartStore) -> None:
    fill(store, "inventory_day", {"day": LAST, "sku": "A", "sellable": 5, "stock_pool": US})
    (row,) = built(builder, store, "demand_day")
    assert (row["units"], row["status"], row["missing"]) == (None, "incomplete", "sales")


def test_a_day_on_which_a_marketplace_sold_nothing_is_known(
    ledger: Ledger, builder: MartBuilder, store: MartStore
) -> None:
    rows = MartRows(ledger)
    totals = {"date": LAST, "units_ordered": 0}
    rows.add("amazon_sp.sales_daily_totals", totals, {**totals, "date": TODAY, "units_ordered": 4})
    level = {"sku": "A", "sellable": 5, "stock_pool": US}
    fill(store, "inventory_day", {**level, "day": LAST}, {**level, "day": TODAY})
    known, unknown = built(builder, store, "demand_day")
    assert (known["units"], known["status"], known["missing"]) == (0, "complete", "")
    assert (unknown["units"], unknown["missing"]) == (None, "sales"), "of whom, is not known"


def _demand(
    sku: str, units: int, days: int = DAYS, *, lacking: frozenset[int] = frozenset()
) -> list[dict[str, Any]]:
    return [
        {
            "day": LAST - timedelta(days=back),
            "sku": sku,
            "asin": "B0",
            "units": None if back in lacking else units,
            "available": 10,
            "is_masked": False,
            "mask_reason": "",
            "events": "",
        }
        for back in range(days)
    ]


def _forecast(builder: MartBuilder, store: MartStore) -> dict[str, dict[str, Any]]:
    return {row["sku"]: row for row in built(builder, store, "forecast")}


def test_forecasts_name_what_is_missing_and_refuse(builder: MartBuilder, store: MartStore) -> None:
    fill(store, "demand_day", *_demand("A", 2), *_demand("no ASIN", 2), *_demand("new", 1, 5))
    fill(store, "product", *({"sku": sku, "asin": "B0", "known_since": LAST} for sku in ("A", "new")))
    rows = _forecast(builder, store)
    assert {row["day"] for row in rows.values()} == {LAST}
    known, refused, new = rows["A"], rows["no ASIN"], rows["new"]
    assert (known["status"], known["missing"], known["data_quality"]) == ("estimated", "history", 1)
    assert 0 < known["origins"] < 6
    assert known["p50"] == pytest.approx(2 * known["horizon_days"])
    assert known["horizon_days"] == 30 + 35 + 7 + 7  # the defaults of config/demand.yaml
    assert (refused["status"], refused["missing"]) == ("incomplete", "history, unmapped")
    assert (refused["model"], refused["p50"]) == ("none", None)
    assert (new["class"], new["model"], new["missing"], new["p50"]) == ("new", "none", "history", None)

    assert not _learns(builder, "demand_day", "product")  # of a day that it has learned from
    assert _learns(builder, "demand_day", "reference.supplier")
    fill(store, "demand_day", *_demand("A", 2, lacking=frozenset({4})))
    row = _forecast(builder, store)["A"]
    assert (row["status"], row["missing"], row["p50"]) == ("incomplete", "history, sales", None)
    assert float(row["data_quality"]) == pytest.approx(90 / 91, abs=1e-5)
    assert _learns(builder, "demand_day")  # the sales that it lacks may have come


def _learns(builder: MartBuilder, *causes: str) -> bool:
    spec = load_mart("forecast")
    for cause in causes:
        builder.queue(spec, [SPAN], cause=cause)
    spans = builder.build(spec).spans
    assert spec not in builder.waiting()
    return bool(spans)


def test_a_sku_that_the_newest_snapshot_lacks_is_marked(builder: MartBuilder, store: MartStore) -> None:
    """Its last figures are kept, and AWD's of yesterday although your own warehouse names today."""
    level = {"stock_pool": US, "is_counted": True, "available": 20}
    shared = {"marketplace_id": "", "stock_pool": "", "is_counted": True, "sku": "A"}
    fill(store, "demand_day", *_demand("A", 2), *_demand("gone", 2), *_demand("old", 2))
    fill(
        store,
        "inventory_day",
        {**level, "day": TODAY, "sku": "A"},
        {**level, "day": LAST, "sku": "gone"},
        {**level, "day": TODAY - timedelta(days=8), "sku": "old"},
        {**shared, "day": LAST, "awd_available": 9},
        {**shared, "day": TODAY, "own_warehouse": 3},
    )
    fill(store, "product", *({"sku": sku, "asin": "B0", "known_since": LAST} for sku in ("A", "gone", "old")))
    _forecast(builder, store)
    rows = {row["sku"]: row for row in built(builder, store, "restock")}
    found = {sku: (row["available"], row["status"], "stock" in row["missing"]) for sku, row in rows.items()}
    assert found == {
        "A": (20, "estimated", False),
        "gone": (20, "estimated", True),
        "old": (None, "incomplete", True),
    }
    assert rows["A"]["awd_available"] == 9


def _printed(capsys: pytest.CaptureFixture[str], command: str) -> str:
    """What a command prints; it must succeed."""
    assert main(["restock", *shlex.split(command)]) == 0
    return capsys.readouterr().out


def test_a_what_if_without_a_change_is_the_marts_row(
    builder: MartBuilder, store: MartStore, ledger: Ledger
) -> None:
    fill(store, "demand_day", *_demand("A", 6), *_demand("B", 1), *_demand("unstocked", 1))
    skus = ("A", "B", "unstocked")
    fill(store, "product", *({"sku": sku, "asin": "B0", "known_since": LAST} for sku in skus))
    level = {"day": TODAY, "stock_pool": US, "is_counted": True, "inbound_shipped": 90, "inbound_working": 12}
    fill(
        store,
        "inventory_day",
        {**level, "sku": "A", "available": 200, "fc_transfer": 5},
        {**level, "sku": "B", "available": 900},
    )
    shipment = {"sku": "A", "stage": "shipped", "units_open": 50, "expected_on": date(2026, 12, 1)}
    fill(store, "fba_shipments", {**shipment, "shipment_id": "FBA1"})
    fill(
        store,
        "profit_sku_day",
        {"day": LAST, "sku": "A", "currency": "USD", "cm1": 40, "units": 5, "reporting_currency": "USD"},
    )
    with ledger.connection() as connection:
        connection.execute(
            f"""
            INSERT INTO sellerops_reference.supplier
                (account_id, supplier, sku, route, priority, production_days, transit_days, transit_sd_days,
                 review_days, minimum_order_quantity, case_pack, freight_per_unit, currency, deposit_percent,
                 balance_days)
            VALUES ('{ACCOUNT}', 'Mill', 'A', 'sea', 1, 20, 12, 3, 14, 30, 8, 0.5, 'EUR', 30, 40);
            INSERT INTO sellerops_reference.price_break
                (account_id, supplier, sku, minimum_quantity, unit_price, currency)
            VALUES ('{ACCOUNT}', 'Mill', 'A', 1, 4, 'EUR'), ('{ACCOUNT}', 'Mill', 'A', 480, 1.5, 'EUR');
            INSERT INTO sellerops_reference.cost
                (account_id, marketplace_id, sku, valid_from, manufacturing, duty, currency)
            VALUES ('{ACCOUNT}', '', 'A', '2026-01-01', 3, 0.4, 'USD');
            INSERT INTO sellerops_reference.stock_elsewhere
                (account_id, sku, kind, reference, valid_from, quantity, expected_date)
            VALUES ('{ACCOUNT}', 'A', 'purchase_order', 'PO-1', '2026-11-01', 60, '2026-12-20'),
                   ('{ACCOUNT}', 'A', 'warehouse', 'Dallas', '2026-11-01', 25, NULL);
            INSERT INTO sellerops_reference.fx_rate (day, from_currency, to_currency, rate, source, age_days)
            VALUES ('{TODAY}', 'EUR', 'USD', 1.1, 'given', 0);
            """
        )
    _forecast(builder, store)
    built(builder, store, "restock")
    with ledger.connection() as connection:
        for sku in ("A", "B"):
            row = newest_proposal(connection, ACCOUNT, US, sku)
            assert row is not None
            order = read_sku_order(connection, row)
            columns = order.columns(order.under(Change()))
            changed = {
                name: (value, row[name])
                for name, value in columns.items()
                if value != row[name] and float(value) != pytest.approx(float(row[name]), abs=1e-5)
            }
            assert not changed, sku
            assert {"order_quantity", "order_by", "cash_balance_on", "lost_margin"} <= set(columns)
            if sku == "A":
                assert (row["open_orders"], row["own_warehouse"]) == (60, 25)
                assert "price_break" in row["order_quantity_reason"]
                assert row["order_quantity"] % 8 == 0
                later = order.columns(order.under(Change(lead_time=80, service_level=0.99)))
                assert later["reorder_point"] > columns["reorder_point"]
                assert later["order_quantity"] > columns["order_quantity"]
                ahead = outlook(order.under(Change()), 30)
                assert len(ahead) == 30
                assert ahead[0].supply == 205
                assert ahead[29].supply > 205, "what arrives by then"
                assert ahead[29].p10 <= ahead[29].p50 <= ahead[29].p90
        assert newest_proposal(connection, ACCOUNT, US, "none such") is None


def test_a_quantity_that_a_person_set_needs_no_forecast(
    builder: MartBuilder, store: MartStore, ledger: Ledger
) -> None:
    fill(store, "demand_day", *_demand("A", 6))
    fill(store, "product", {"sku": "A", "asin": "B0", "known_since": LAST})
    _forecast(builder, store)
    with ledger.connection() as connection:
        set_override(
            connection,
            account_id=ACCOUNT,
            marketplace_id=US,
            sku="A",
            quantity=40,
            first_day=TODAY,
            last_day=TODAY,
            reason="trade fair",
            author="Kim",
        )
    (row,) = built(builder, store, "restock")
    assert (row["position"], row["status"]) == (None, "incomplete")
    assert (row["order_quantity"], row["order_quantity_reason"]) == (40, "override")


def test_orders_overrides_and_grades(
    builder: MartBuilder,
    store: MartStore,
    ledger: Ledger,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    fill(store, "demand_day", *_demand("A", 2), *_demand("B", 1))
    fill(store, "product", *({"sku": sku, "asin": "B0", "known_since": LAST} for sku in ("A", "B")))
    level = {"day": TODAY, "stock_pool": US, "is_counted": True, "fc_transfer": 5, "inbound_shipped": 30}
    fill(store, "inventory_day", {**level, "sku": "A", "available": 20, "reserved_customer_orders": 7})
    fill(
        store,
        "fba_shipments",
        {
            "sku": "A",
            "shipment_id": "FBA1",
            "stage": "shipped",
            "units_open": 30,
            "expected_on": date(2026, 12, 1),
        },
    )
    _forecast(builder, store)
    rows = {row["sku"]: row for row in built(builder, store, "restock")}
    row = rows["A"]
    assert (row["position"], row["later_units"], row["customer_orders"]) == (55, 0, 7)
    assert row["position"] + row["later_units"] == 20 + 5 + 30
    assert row["order_status"] == "order_now"
    assert row["order_by"] == TODAY - timedelta(days=79)  # 165 days of demand are lacking; at most a horizon
    assert row["order_quantity"] == pytest.approx(float(row["target"]) - 55, abs=1)
    assert row["stock_out_on"] == TODAY + timedelta(days=12)  # 25 units at 2 a day; more on 8 December
    assert row["next_arrival_on"] == date(2026, 12, 8)
    assert row["missing"] == "cost, margin, supplier"
    assert (rows["B"]["order_status"], rows["B"]["missing"]) == ("unknown", "cost, margin, stock, supplier")
    assert (rows["B"]["position"], rows["B"]["order_quantity"]) == (None, None)

    with ledger.connection() as connection:
        found = newest_proposals(connection, account_id=ACCOUNT)
        assert [one["sku"] for one in found] == ["A", "B"]
        more = what_if(connection, found[0], Change(demand_factor=2))
        assert more.quantity.units > what_if(connection, found[0], Change()).quantity.units
        enough = what_if(connection, found[0], Change(extra_units=10_000))
        assert (enough.status, enough.quantity.units) == (OrderStatus.OVERSTOCK, 0)
        with pytest.raises(ConfigurationError, match="margin, stock, supplier missing"):
            what_if(connection, found[1], Change())
    file = StringIO()
    assert write_order(found, {US: "US"}, file) == 1
    (line,) = csv.DictReader(StringIO(file.getvalue()))
    assert (line["sku"], line["marketplace"], int(line["quantity"])) == ("A", "US", row["order_quantity"])

    place: dict[str, Any] = {"account_id": ACCOUNT, "marketplace_id": US, "sku": "A", "author": "Kim"}
    until: dict[str, Any] = {"first_day": TODAY, "last_day": TODAY + timedelta(days=3)}
    with ledger.connection() as connection, pytest.raises(ConfigurationError, match="needs a quantity"):
        set_override(connection, **place, **until, quantity=5, reason=" ")
    sku = f"--account {ACCOUNT} --marketplace US --sku A"
    _printed(capsys, f"override {sku} --quantity 5 --until 2026-11-23 --reason 'fair next week' --author Kim")
    assert "fair next week" in _printed(capsys, f"overrides --account {ACCOUNT}")
    builder.build(load_mart("restock"))  # queued by the override
    (row,) = store.rows("SELECT * FROM sellerops_marts.restock WHERE sku = 'A'")
    assert (row["order_quantity"], row["order_quantity_reason"]) == (5, "override")
    assert (row["override_reason"], row["override_by"]) == ("fair next week", "Kim")
    assert "fair next week" in _printed(capsys, f"list --account {ACCOUNT}")
    assert "2026-12-02" in _printed(capsys, f"what-if {sku} --lead-time 20 --service-level 0.9")
    assert _printed(capsys, f"order --account {ACCOUNT}").splitlines()[1].split(",")[5] == "5"
    assert main(["restock", "what-if", *shlex.split(sku.replace("sku A", "sku Z"))]) == 1
    assert "SKU 'Z' has no recommendation" in capsys.readouterr().err
    assert "Ended" in _printed(capsys, f"override {sku} --end")
    builder.build(load_mart("restock"))
    (row,) = store.rows("SELECT order_quantity FROM sellerops_marts.restock WHERE sku = 'A'")
    assert row["order_quantity"] > 5

    later = NOW + timedelta(days=20)
    ledger.set_clock(Clock(later, later, 0.0))
    coming = [{**each, "day": each["day"] + timedelta(days=20), "units": 3} for each in _demand("A", 3, 20)]
    fill(store, "demand_day", *_demand("A", 2), *coming)
    grade, unseen = built(builder, store, "forecast_grade")
    assert (unseen["sku"], unseen["demand"], unseen["missing"]) == ("B", None, "demand")
    assert (grade["day"], grade["observed_days"], grade["demand"]) == (LAST, 20, 60)
    assert (grade["forecast"], grade["error"], grade["is_final"]) == (40, -20, False)
    assert float(grade["wape_14"]) == pytest.approx(1 / 3, abs=1e-5)
    (grade,) = built(builder, store, "restock_grade")
    assert (grade["demand"], grade["position"], grade["short_units"]) == (57, 55, 0)
    assert grade["status"] == "estimated"
