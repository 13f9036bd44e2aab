"""The reports of one seller agree with each other."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.amazon_sandbox.simulation.reading import (
    DE,
    GB,
    JP,
    ORDERS,
    RETURNS,
    STOREFRONTS,
    US,
    day_close,
    flat_file,
    orders_of_day,
    read_flat_file,
    reported_by_asin,
    sales_report,
    sold_by_asin,
)

from amazon_sandbox.simulation import Simulation

marketplace_ids = st.sampled_from(sorted(STOREFRONTS))
days = st.dates(date(2024, 12, 1), date(2027, 6, 30))
quiet = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@quiet
@given(marketplace_id=marketplace_ids, day=days, hours=st.integers(0, 24 * 9))
def test_sales_of_a_day_are_its_orders(
    simulation: Simulation, marketplace_id: str, day: date, hours: int
) -> None:
    """Per child ASIN and local day, at any time after the day closed: units, items, sales of the orders."""
    as_of = day_close(marketplace_id, day) + timedelta(hours=hours)
    sold = sold_by_asin(orders_of_day(simulation, marketplace_id, day, as_of))
    assert sold, "a day without any order proves nothing"
    report = sales_report(simulation, marketplace_id, day, day, as_of)
    assert reported_by_asin(report) == sold
    (entry,) = report["salesAndTrafficByDate"]
    assert entry["date"] == day.isoformat()
    assert entry["salesByDate"]["unitsOrdered"] == sum(units for units, _, _ in sold.values())


@quiet
@given(marketplace_id=marketplace_ids, day=days, hours=st.integers(-20, 24 * 9))
def test_expected_figures_match_the_orders(
    simulation: Simulation, marketplace_id: str, day: date, hours: int
) -> None:
    as_of = day_close(marketplace_id, day) + timedelta(hours=hours)
    sold = sold_by_asin(orders_of_day(simulation, marketplace_id, day, as_of)).values()
    expected_figures = simulation.expected_figures(
        simulation.seller(STOREFRONTS[marketplace_id][0]), marketplace_id, day, as_of
    )
    assert expected_figures["units_ordered"] == sum(units for units, _, _ in sold)
    assert expected_figures["order_items"] == sum(items for _, items, _ in sold)
    assert Decimal(str(expected_figures["ordered_product_sales"])) == sum(
        (sales for _, _, sales in sold), Decimal(0)
    )
    assert expected_figures["is_closed"] == (hours >= 0)


@quiet
@given(
    marketplace_id=marketplace_ids,
    start=days,
    length=st.integers(1, 20),
    asin=st.sampled_from(["PARENT", "CHILD", "SKU"]),
    granularity=st.sampled_from(["DAY", "WEEK", "MONTH"]),
)
def test_by_date_is_the_sum_of_by_asin(
    simulation: Simulation, marketplace_id: str, start: date, length: int, asin: str, granularity: str
) -> None:
    end = start + timedelta(days=length - 1)
    as_of = day_close(marketplace_id, end) + timedelta(hours=3)
    report = sales_report(simulation, marketplace_id, start, end, as_of, asin, granularity)
    by_date, by_asin = report["salesAndTrafficByDate"], report["salesAndTrafficByAsin"]
    assert by_date
    assert by_asin
    for name in by_asin[0]["salesByAsin"]:
        assert sum(_value(e["salesByDate"][name]) for e in by_date) == sum(
            _value(e["salesByAsin"][name]) for e in by_asin
        ), name
    counts = [name for name in by_asin[0]["trafficByAsin"] if "Percentage" not in name]
    assert "sessions" in counts
    for name in counts:
        assert sum(e["trafficByDate"][name] for e in by_date) == sum(
            e["trafficByAsin"][name] for e in by_asin
        ), name


def _value(field: object) -> Decimal:
    return Decimal(field["amount"]) if isinstance(field, dict) else Decimal(str(field))


def test_a_range_is_the_sum_of_its_days(simulation: Simulation) -> None:
    """byAsin aggregates the whole range and carries no date."""
    first, last = date(2026, 3, 1), date(2026, 3, 14)
    as_of = datetime(2026, 5, 1, tzinfo=UTC)
    whole = reported_by_asin(sales_report(simulation, DE, first, last, as_of))
    summed: Counter[str] = Counter()
    for offset in range(14):
        day = first + timedelta(days=offset)
        for asin, (units, _, _) in reported_by_asin(sales_report(simulation, DE, day, day, as_of)).items():
            summed[asin] += units
    assert {asin: units for asin, (units, _, _) in whole.items()} == dict(summed)


def test_child_and_parent_are_sums_of_skus(simulation: Simulation) -> None:
    """Some child ASINs have two SKUs, some parents several children."""
    start, end, as_of = date(2026, 9, 1), date(2026, 9, 30), datetime(2026, 11, 1, tzinfo=UTC)
    by_sku = sales_report(simulation, US, start, end, as_of, "SKU")["salesAndTrafficByAsin"]
    for level, key in (("CHILD", "childAsin"), ("PARENT", "parentAsin")):
        entries = sales_report(simulation, US, start, end, as_of, level)["salesAndTrafficByAsin"]
        assert len(entries) < len(by_sku)
        assert all(("sku" not in entry) for entry in entries)
        for entry in entries:
            parts = [sku["salesByAsin"]["unitsOrdered"] for sku in by_sku if sku[key] == entry[key]]
            assert entry["salesByAsin"]["unitsOrdered"] == sum(parts)


def test_returns_and_refunds_refer_to_orders(simulation: Simulation) -> None:
    """Each FBA return is of an Amazon-fulfilled order line of that SKU, bought and shipped before."""
    as_of = datetime(2026, 11, 10, tzinfo=UTC)
    seller = simulation.seller("northwind_eu")
    ids = [GB, DE]
    returns = flat_file(simulation, RETURNS, seller, ids, as_of - timedelta(days=20), as_of, as_of).rows
    orders = flat_file(simulation, ORDERS, seller, ids, as_of - timedelta(days=90), as_of, as_of).rows
    shipped = {(o["amazon-order-id"], o["sku"]): o for o in orders if o["order-status"] == "Shipped"}
    assert len(returns) > 30
    units: Counter[tuple[str, str]] = Counter()
    for row in returns:
        order = shipped[row["order-id"], row["sku"]]
        assert order["fulfillment-channel"] == "Amazon"
        assert row["return-date"] > order["last-updated-date"]
        assert row["product-name"] == order["product-name"]
        units[row["order-id"], row["sku"]] += int(row["quantity"])
    bought: Counter[tuple[str, str]] = Counter()
    for o in orders:
        bought[o["amazon-order-id"], o["sku"]] += int(o["quantity"])
    assert all(count <= bought[key] for key, count in units.items())


def test_returns_have_the_oddities_of_real_files(simulation: Simulation) -> None:
    as_of = datetime(2026, 11, 10, tzinfo=UTC)
    table = flat_file(
        simulation, RETURNS, simulation.seller("northwind_na"), [], as_of - timedelta(days=60), as_of, as_of
    )
    assert any('"' in row["customer-comments"] for row in table.rows)
    assert any('"' in row["product-name"] for row in table.rows)
    plates = [row["license-plate-number"] for row in table.rows]
    assert 0 < plates.count("") < len(plates)
    assert max(Counter(table.raw).values()) > 1, "fully identical lines are part of the file"


def test_refunded_units_of_a_day_appear_by_date(simulation: Simulation) -> None:
    """unitsRefunded of S&T and the refund lines of settlements count the same units."""
    as_of = datetime(2026, 10, 20, tzinfo=UTC)
    seller = simulation.seller("northwind_jp")
    ref = simulation.settlements(seller, as_of)[-1]
    report = sales_report(simulation, JP, ref.start.date(), ref.end.date() + timedelta(days=2), as_of)
    refunded = sum(entry["salesByDate"]["unitsRefunded"] for entry in report["salesAndTrafficByDate"])
    rows = read_flat_file(simulation.settlement_document(seller, ref.settlement_id)).rows
    in_settlement = sum(
        int(row["quantity-purchased"] or 0) for row in rows if row["adjustment-id"] and row["sku"]
    )
    assert 0 < in_settlement <= refunded
