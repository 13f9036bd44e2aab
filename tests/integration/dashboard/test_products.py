"""The Products page: the table equals the days of the marts, and one SKU's story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.hand_made_rows import make_landing_table
from support.hub import ACCOUNT, PROFIT_SUMS, US, Hub, HubServer

UK = "A1F83G8C2ARO7P"
PRODUCTS = "/hub/api/products"
STORY = f"{PRODUCTS}/{ACCOUNT}/story"
# A period over three months: part, whole, part.
START, END = date(2026, 9, 29), date(2026, 11, 2)
DAYS = [
    date(2025, 12, 9),
    date(2025, 12, 30),
    date(2026, 1, 5),
    date(2026, 9, 8),
    date(2026, 9, 28),
    START,
    date(2026, 9, 30),
    date(2026, 10, 15),
    date(2026, 11, 1),
    END,
    date(2026, 11, 3),
]
SCOPE = {"start": str(START), "end": str(END)}
OVER_NEW_YEAR = {"start": "2025-12-30", "end": "2026-10-20"}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        _fill(hub)
        yield hub


@pytest.mark.parametrize(
    "scope",
    [
        SCOPE,
        {"start": "2026-10-02", "end": "2026-10-20"},
        {**SCOPE, "marketplace": UK},
        OVER_NEW_YEAR,
        {**OVER_NEW_YEAR, "marketplace": UK},
        {"start": "2026-01-05", "end": "2026-10-16"},
        {"start": "2025-12-01", "end": "2026-11-02"},
    ],
)
def test_the_table_is_the_sum_of_the_days(hub: Hub, scope: dict[str, str]) -> None:
    found = _get(hub, PRODUCTS, **scope)
    for row in found["rows"]:
        (told,) = hub.rows(
            "SELECT coalesce(sum(units), 0) AS units,"
            " coalesce(sum(product_sales_reporting), 0) AS product_sales,"
            " coalesce(sum(cm2_reporting), 0) AS cm2_known, coalesce(sum(ads_reporting), 0) AS ads,"
            " count(*) FILTER (WHERE cm2_reporting IS NULL) AS unknown_days"
            " FROM sellerops_marts.profit_sku_day WHERE sku = %s AND day BETWEEN %s AND %s"
            " AND (%s::text IS NULL OR marketplace_id = %s)",
            row["sku"], scope["start"], scope["end"], scope.get("marketplace"), scope.get("marketplace"),
        )  # fmt: skip
        assert {name: Decimal(row[name]) for name in told} == told, row["sku"]
        # Part of the profit is no profit, and by all sales no margin.
        assert row["cm2"] == (None if row["unknown_days"] else row["cm2_known"]), row["sku"]
        assert (row["margin"] is None) == (row["unknown_days"] > 0 or Decimal(row["product_sales"]) == 0)
    assert (found["totals"]["cm2"], found["totals"]["margin"]) == (None, None)
    for name in ("units", "product_sales", "cm2_known", "ads", "available"):
        known = [Decimal(row[name]) for row in found["rows"] if row[name] is not None]
        assert Decimal(found["totals"][name]) == sum(known), name


def test_a_year_counts_though_the_january_after_it_has_no_figures(hub: Hub) -> None:
    gone = "DELETE FROM sellerops_marts.{} WHERE day BETWEEN '2026-01-01' AND '2026-01-31' RETURNING *"
    taken = {mart: hub.rows(gone.format(mart)) for mart in ("profit_sku_day", "profit_day")}
    hub.derive(*PROFIT_SUMS)
    rows = {row["sku"]: row for row in _get(hub, PRODUCTS, **OVER_NEW_YEAR)["rows"]}
    expected = hub.rows(
        "SELECT sku, sum(units) AS units, sum(product_sales_reporting) AS product_sales"
        " FROM sellerops_marts.profit_sku_day WHERE day BETWEEN %s AND %s GROUP BY 1",
        *OVER_NEW_YEAR.values(),
    )
    for mart, of_mart in taken.items():
        hub.add(mart, *of_mart)
    hub.derive(*PROFIT_SUMS)
    assert expected and all(taken.values())
    for each in expected:
        row = rows[each["sku"]]
        assert (row["units"], Decimal(row["product_sales"])) == (each["units"], each["product_sales"])
        assert "days" not in row["missing"]


def test_rows_say_what_is_missing_and_what_is_in_stock(hub: Hub) -> None:
    rows = {row["sku"]: row for row in _get(hub, PRODUCTS, **SCOPE)["rows"]}
    assert (rows["A"]["status"], rows["A"]["missing"], rows["A"]["unknown_days"]) == (
        "incomplete",
        ["fees"],
        1,
    )
    # Two marketplaces of one stock pool report the same 8 units; 2 and 3 others are sent to each.
    assert (rows["A"]["available"], rows["A"]["inbound_open"]) == (8, 5)
    assert (rows["B"]["status"], rows["B"]["available"]) == ("complete", None)
    # Listed, and never sold.
    assert (rows["C"]["units"], rows["C"]["currency"], rows["C"]["margin"]) == (0, "EUR", None)


def test_known_days_have_a_margin(hub: Hub) -> None:
    found = _get(hub, PRODUCTS, start="2026-11-01", end=str(END))
    for row in [*found["rows"], found["totals"]]:
        sales, cm2 = Decimal(row["product_sales"]), Decimal(row["cm2"])
        assert row["margin"] is None if sales == 0 else Decimal(row["margin"]) == round(cm2 / sales, 6)
    assert found["totals"]["margin"] is not None


def test_days_that_are_not_summed_yet_are_missing_and_nothing_turns_negative(hub: Hub) -> None:
    hub.rows("CREATE TABLE sellerops_marts.kept AS SELECT * FROM sellerops_marts.profit_product_day")
    hub.rows("DELETE FROM sellerops_marts.profit_product_day WHERE day = '2026-11-03'")
    found = _get(hub, PRODUCTS, start="2026-11-02", end="2026-11-03")
    hub.rows("TRUNCATE sellerops_marts.profit_product_day")
    hub.rows("INSERT INTO sellerops_marts.profit_product_day SELECT * FROM sellerops_marts.kept")
    rows = {row["sku"]: row for row in found["rows"]}
    # Of the two days the first is there, in two marketplaces; without it the day before would be taken off.
    assert (Decimal(rows["A"]["product_sales"]), rows["A"]["status"], rows["A"]["missing"]) == (
        50,
        "incomplete",
        ["days"],
    )
    assert (found["totals"]["status"], found["totals"]["missing"]) == ("incomplete", ["days"])


def test_search_and_sort(hub: Hub) -> None:
    found = _get(hub, PRODUCTS, **SCOPE, q="tent")
    assert [row["sku"] for row in found["rows"]] == ["A"]
    assert found["totals"]["units"] == found["rows"][0]["units"]
    rows = _get(hub, PRODUCTS, **SCOPE, sort="units", direction="asc")["rows"]
    assert [row["sku"] for row in rows] == ["C", "B", "A"]


def test_different_currencies_are_not_added(hub: Hub) -> None:
    found = _get(hub, PRODUCTS, **SCOPE, currency="marketplace")
    assert found["totals"] is None
    assert sorted((row["sku"], row["currency"]) for row in found["rows"]) == [
        ("A", "GBP"), ("A", "USD"), ("B", "USD"), ("C", "EUR"),
    ]  # fmt: skip


def test_a_story_adds_up_and_tells_what_changed(hub: Hub) -> None:
    story = _get(hub, STORY, sku="A", **SCOPE)
    (total,) = story["totals"]
    days = [day for day in story["days"] if day["product_sales"] is not None]
    assert Decimal(total["product_sales"]) == sum(Decimal(day["product_sales"]) for day in days)
    row = next(row for row in _get(hub, PRODUCTS, **SCOPE)["rows"] if row["sku"] == "A")
    assert total["units"] == row["units"]
    assert Decimal(total["product_sales"]) == Decimal(row["product_sales"])
    assert total["cm2"] is None, "a day is unknown"
    assert len(story["days"]) == (END - START).days + 1
    by_day = {day["day"]: day for day in story["days"]}
    assert (by_day[str(END)]["available"], by_day[str(END)]["is_stock_out"]) == (0, True)
    assert Decimal(by_day[str(END)]["buy_box_share"]) == Decimal("0.2")
    assert [fee["fee_type"] for fee in story["fees"]] == ["fee.fba_fulfilment"]
    (forecast,) = story["forecasts"]
    assert (forecast["p90"], forecast["order_quantity"]) == ("90", 40)
    assert [(each["day"], each["units"]) for each in story["demand"]] == [
        (str(END - timedelta(days=1)), 1),
        (str(END), 2),
    ]
    assert [each["shipment_id"] for each in story["shipments"]] == ["FBA1"]
    changes = {(each["kind"], each["day"]): each for each in story["changes"]}
    assert set(changes) == {
        ("price", "2026-10-10"), ("title", "2026-10-10"), ("stock_out", "2026-11-01"),
        ("buy_box", "2026-11-02"),
        ("fee", "2026-11-02"), ("size_tier", "2026-10-30"), ("cost", "2026-10-05"), ("alert", "2026-11-01"),
        ("alert", "2026-11-03"),
    }  # fmt: skip
    assert changes["stock_out", "2026-11-01"]["until"] == "2026-11-02"
    assert changes["alert", "2026-11-01"]["detail"] == "none left"
    assert changes["alert", "2026-11-03"]["detail"] == "", "nobody knows what it tells"
    price = changes["price", "2026-10-10"]
    assert (price["before"], price["after"], price["detail"]) == ("20", "18", "USD")


def test_a_story_compares_with_the_days_before(hub: Hub) -> None:
    (total,) = _get(hub, STORY, sku="A", start="2026-10-29", end="2026-11-04")["totals"]
    assert (total["units"], total["units_before"]) == (18, None)
    (total,) = _get(hub, STORY, sku="A", start="2026-10-18", end="2026-10-24", compare="none")["totals"] or [
        None
    ]
    assert total is None


def test_partners_see_neither_costs_nor_their_changes(hub: Hub) -> None:
    assert {row["cm2"] for row in hub.partner.get(PRODUCTS, params=SCOPE).json()["rows"]} == {None}
    assert hub.partner.get(PRODUCTS, params={**SCOPE, "sort": "cm2"}).status_code == 403
    story = hub.partner.get(STORY, params={"sku": "A", **SCOPE}).json()
    assert "cost" not in {each["kind"] for each in story["changes"]}
    assert {day["cm2"] for day in story["days"]} == {None}


def test_an_unknown_sku_is_not_found(hub: Hub) -> None:
    found = hub.owner.get(STORY, params={"sku": "nope", **SCOPE})
    assert (found.status_code, "nope" in found.text) == (404, True)


def _noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def _get(hub: Hub, path: str, **query: Any) -> Any:
    found = hub.owner.get(path, params=query)
    assert found.status_code == 200, found.text
    return found.json()


def _fill(hub: Hub) -> None:
    hub.rows("DELETE FROM sellerops_reference.account_setting; DELETE FROM sellerops_reference.cost")
    hub.add_to("sellerops_reference.account_setting", {"account_id": ACCOUNT, "reporting_currency": "EUR"})
    rows = [row for marketplace in (US, UK) for day in DAYS for row in _profit_rows(marketplace, day)]
    hub.add("profit_sku_day", *rows)
    hub.add(
        "profit_day",
        *({"marketplace_id": marketplace, "day": day} for marketplace in (US, UK) for day in DAYS),
    )
    hub.rows("DELETE FROM sellerops_reference.fx_rate")
    rates, source = {"USD": 2, "GBP": 3}, {"source": "test", "age_days": 0}
    hub.add_to(
        "sellerops_reference.fx_rate",
        *(
            {"day": day, "from_currency": name, "to_currency": "EUR", "rate": rate, **source}
            for day in DAYS
            for name, rate in rates.items()
        ),
    )
    hub.derive(*PROFIT_SUMS)
    known = {"status": "complete", "missing": ""}
    hub.add(
        "product",
        *({"sku": sku, "title": title, **known} for sku, title in (("A", "A tent"), ("B", "B"), ("C", "C"))),
    )
    level = {"sku": "A", "stock_pool": "pool", "available": 8, "inbound_open": 2}
    hub.add(
        "inventory_levels",
        {**level, "is_counted": True},
        {**level, "marketplace_id": UK, "is_counted": False, "inbound_open": 3},
    )
    _fill_story(hub)


def _profit_rows(marketplace: str, day: date) -> list[dict[str, Any]]:
    currency, rate = ("USD", 2) if marketplace == US else ("GBP", 3)
    shared = {"marketplace_id": marketplace, "day": day, "currency": currency, "reporting_currency": "EUR"}
    unknown = (marketplace, day) == (UK, date(2026, 10, 15))
    # Storage is what margins lack, so that they add up.
    money = {"product_sales": 10, "ads": -1, "refunds": -1}
    a = {**shared, **money, "sku": "A", "units": day.day % 7 + 1, "storage": -4,
         "cm2": None if unknown else 4,
         "status": "incomplete" if unknown else "complete", "missing": "fees" if unknown else ""}  # fmt: skip
    b = {**shared, **money, "sku": "B", "units": 1, "storage": -3, "cm2": 5,
         "status": "complete", "missing": ""}  # fmt: skip
    found = [a, b] if marketplace == US else [a]
    for row in found:
        for name in ("product_sales", "ads", "cm2"):
            row[f"{name}_reporting"] = None if row[name] is None else row[name] * rate
    return found


def _fill_story(hub: Hub) -> None:
    day = date(2026, 11, 1)
    hub.add("product_listing", {"sku": "A", "listing_status": "Active", "price": 18, "currency": "USD"})
    hub.add(
        "inventory_day", {"sku": "A", "day": END, "stock_pool": "pool", "sellable": 0, "is_counted": True}
    )
    hub.add(
        "demand_day",
        *(
            {"sku": "A", "day": each, "units": each.day, "is_masked": True, "mask_reason": "stock_out"}
            for each in (day, END)
        ),
    )
    hub.add("traffic_sku_day", {"sku": "A", "day": END, "asin": "B0", "page_views": 10, "buy_box_views": 2})
    hub.make("organic_day")
    fee = {
        "sku": "A",
        "fee_type": "fee.fba_fulfilment",
        "currency": "USD",
        "status": "complete",
        "missing": "",
    }
    hub.add(
        "fees_day",
        {**fee, "day": day, "rate_expected": -3},
        {**fee, "day": END, "rate_expected": -4, "amount_actual": -8},
    )
    forecast = {"sku": "A", "day": END, "stock_pool": "pool", "status": "complete", "missing": ""}
    hub.add("forecast", {**forecast, "p90": 90}, {**forecast, "day": date(2026, 9, 1), "p90": 1})
    hub.add("restock", {"sku": "A", "day": END, "order_quantity": 40})
    shipment = {"sku": "A", "status": "complete", "missing": ""}
    hub.add(
        "fba_shipments",
        {**shipment, "shipment_id": "FBA1", "units_open": 5},
        {**shipment, "shipment_id": "FBA0", "units_open": 0, "last_received_on": date(2026, 1, 1)},
    )
    tier = {
        "sku": "A",
        "month_first": date(2026, 9, 1),
        "size_tier": "small",
        "seen_at": _noon(2026, 9, 30),
    }
    later = {"month_first": date(2026, 10, 1), "size_tier": "large", "seen_at": _noon(2026, 10, 30)}
    hub.add("listing_month", tier, {**tier, **later})
    cost = {"account_id": ACCOUNT, "sku": "A", "currency": "USD"}
    hub.add_to(
        "sellerops_reference.cost",
        {**cost, "valid_from": date(2026, 1, 1), "manufacturing": 2},
        {**cost, "valid_from": date(2026, 10, 5), "manufacturing": 3},
    )
    hub.add_to(
        "sellerops.alert",
        {"name": "stock_out", "account_id": ACCOUNT, "marketplace_id": US, "subject": "A",
         "severity": "urgent", "summary": "none left", "currency": "", "opened_at": _noon(2026, 11, 1)},
        {"name": "my_former_alert", "account_id": ACCOUNT, "marketplace_id": US, "subject": "A",
         "severity": "urgent", "summary": "costs 3", "currency": "", "opened_at": _noon(2026, 11, 3)},
    )  # fmt: skip
    make_landing_table(hub.conninfo, "listings_all")
    listing = {"account_id": ACCOUNT, "marketplace_id": US, "seller_sku": "A", "status": "Active"}
    hub.add_to(
        "amazon_sp.listings_all",
        {**listing, "snapshot_at": _noon(2026, 9, 1), "price": 20, "item_name": "Tent"},
        {**listing, "snapshot_at": _noon(2026, 10, 10), "price": 18, "item_name": "A tent"},
        {**listing, "snapshot_at": _noon(2026, 10, 11), "price": 18, "item_name": "A tent"},
    )
