"""Brand Analytics, promotions, coupons: their specs read what the local Amazon writes, and figures agree."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.catalogue import assert_documented, document_of, parse, simulation, slice_of, spec_of

from amazon_sandbox.simulation import FatalReport
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import Split

AS_OF = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
SUNDAY, SATURDAY = date(2026, 11, 8), date(2026, 11, 14)
WEEK, MONTH = (SUNDAY, SATURDAY), (date(2026, 10, 1), date(2026, 10, 31))
QUARTER = (date(2026, 7, 1), date(2026, 9, 30))
DAYS = (date(2026, 9, 22), date(2026, 11, 20))
ACCOUNTS = {"US": "northwind_na", "DE": "northwind_eu", "FR": "northwind_eu"}
SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "amazon" / "report_schemas"
SCHEMA_OF = {
    "search_query_performance_weekly": "sellingPartnerSearchQueryPerformanceReport",
    "search_query_performance_monthly": "sellingPartnerSearchQueryPerformanceReport",
    "search_query_performance_quarterly": "sellingPartnerSearchQueryPerformanceReport",
    "search_catalog_performance_weekly": "sellingPartnerSearchCatalogPerformanceReport",
    "search_catalog_performance_monthly": "sellingPartnerSearchCatalogPerformanceReport",
    "search_catalog_performance_quarterly": "sellingPartnerSearchCatalogPerformanceReport",
    "search_terms_weekly": "sellingPartnerSearchTermsReport",
    "search_terms_quarterly": "sellingPartnerSearchTermsReport",
    "market_basket_weekly": "sellingPartnerMarketBasketAnalysisReport",
    "market_basket_quarterly": "sellingPartnerMarketBasketAnalysisReport",
    "repeat_purchase_weekly": "sellingPartnerRepeatPurchaseReport",
    "repeat_purchase_quarterly": "sellingPartnerRepeatPurchaseReport",
    "promotions": "promotionReport",
    "coupons": "sellerCouponReport",
}
# What Amazon reports for vendors only, or not for all.
ABSENT = {
    "promotions": ["vendor_code", "amount_spent", "amount_spent_currency_code", "funding_agreement_id"],
    "promotion_products": ["product_amount_spent", "product_amount_spent_currency_code"],
}


@cache
def asins(country: str) -> tuple[str, ...]:
    """What the seller sells in a marketplace, by its sales."""
    parsed = parse("sales_and_traffic", ACCOUNTS[country], [country], SATURDAY, SATURDAY, AS_OF)
    return tuple(sorted({row["child_asin"] for row in parsed.rows}))


def days_of(report: str) -> tuple[date, date]:
    spans = {"weekly": WEEK, "monthly": MONTH, "quarterly": QUARTER}
    return spans.get(report.rpartition("_")[2], DAYS)


def options_of(report: str, country: str) -> dict[str, str]:
    split = spec_of(report).request.split
    return {split.option: " ".join(asins(country)[:18])} if split else {}


def rows_of(
    report: str, country: str, table: str | None = None, options: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    start, end = days_of(report)
    wanted = options_of(report, country) if options is None else options
    parsed = parse(report, ACCOUNTS[country], [country], start, end, AS_OF, table=table, options=wanted)
    assert_documented(parsed, ABSENT.get(table or report, ()))
    return parsed.rows


@cache
def all_queries(country: str) -> tuple[dict[str, Any], ...]:
    """The week's search query performance of every ASIN, part by part."""
    every = asins(country)
    return tuple(
        row
        for at in range(0, len(every), 18)
        for row in rows_of(
            "search_query_performance_weekly", country, options={"asin": " ".join(every[at : at + 18])}
        )
    )


@pytest.mark.parametrize("country", ["US", "DE", "FR"])
@pytest.mark.parametrize("report", SCHEMA_OF)
def test_the_spec_reads_every_table_and_the_document_is_as_amazon_describes_it(
    report: str, country: str
) -> None:
    for table, declared in spec_of(report).tables.items():
        rows = rows_of(report, country, table)
        keys = [tuple(row.get(name) for name in declared.primary_key if name in row) for row in rows]
        assert len(set(keys)) == len(rows), f"{table}: a key twice"
    if SCHEMAS.exists():
        start, end = days_of(report)
        slice_ = slice_of(report, ACCOUNTS[country], [country], start, end, AS_OF)
        document = document_of(slice_, AS_OF, options_of(report, country))
        assert document is not None
        _validate(json.loads(document.read()), SCHEMA_OF[report])


def _validate(document: Any, schema: str) -> None:
    import jsonschema

    described = json.loads((SCHEMAS / f"{schema}.json").read_text())
    checker = jsonschema.Draft7Validator(described, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in checker.iter_errors(document)] == []


@pytest.mark.parametrize("country", ["US", "DE"])
def test_search_never_sells_more_than_sales_and_traffic_tells(country: str) -> None:
    units: dict[str, int] = defaultdict(int)
    for n in range(7):
        day = SUNDAY + timedelta(days=n)
        for row in parse("sales_and_traffic", ACCOUNTS[country], [country], day, day, AS_OF).rows:
            units[row["child_asin"]] += row["units_ordered"]
    bought: dict[str, int] = defaultdict(int)
    totals: dict[str, tuple[int, ...]] = {}
    for row in all_queries(country):
        bought[row["asin"]] += row["asin_purchase_count"]
        ours = [row[f"asin_{step}_count"] for step in ("impression", "click", "cart_add", "purchase")]
        whole = [
            row["total_query_impression_count"],
            *(row[f"total_{step}_count"] for step in ("click", "cart_add", "purchase")),
        ]
        assert ours == sorted(ours, reverse=True)
        assert whole == sorted(whole, reverse=True)
        assert all(part <= all_ for part, all_ in zip(ours, whole, strict=True))
        assert all(0 <= row[name] <= 1 for name in row if name.endswith(("_share", "_rate")))
        assert totals.setdefault(row["search_query"], tuple(whole)) == tuple(whole), "one query, two totals"
    assert sum(bought.values()) > 50
    assert all(count <= units[asin] for asin, count in bought.items())


def test_the_catalogue_view_is_the_sum_of_the_queries() -> None:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    steps = ("impression", "click", "cart_add", "purchase")
    for row in all_queries("DE"):
        for place, step in enumerate(steps):
            sums[row["asin"]][place] += row[f"asin_{step}_count"]
    catalogue = rows_of("search_catalog_performance_weekly", "DE")
    assert {row["asin"]: [row[f"{step}_count"] for step in steps] for row in catalogue} == dict(sums)


def test_search_terms_tell_the_same_click_shares_and_whose_they_are() -> None:
    shares = {(row["search_query"], row["asin"]): row["asin_click_share"] for row in all_queries("DE")}
    terms = rows_of("search_terms_weekly", "DE")
    ours = {(row["search_term"], row["clicked_asin"]): row["click_share"] for row in terms}
    common = ours.keys() & shares.keys()
    assert len(common) > 30
    assert all(ours[key] == shares[key] for key in common)
    by_term: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in terms:
        by_term[row["search_term"]].append(row)
    for group in by_term.values():
        assert [row["click_share_rank"] for row in group] == [1, 2, 3]
        assert [row["click_share"] for row in group] == sorted(
            (row["click_share"] for row in group), reverse=True
        )
        assert sum(row["click_share"] for row in group) <= 1
    assert "start_date" not in terms[0], "the rows carry no date: the load takes the request's"
    assert spec_of("search_terms_weekly").tables["search_terms_weekly"].day_from_window == "start_date"


def test_queries_are_in_the_language_of_the_marketplace() -> None:
    for country in ("DE", "FR"):
        assert any(not row["search_query"].isascii() for row in all_queries(country))
    every = simulation("world")
    japan = marketplace("JP").id
    report = spec_of("search_catalog_performance_weekly").report_type
    options = {"reportPeriod": "WEEK"}
    seller = every.seller("northwind_jp")
    whole = every.document(report, seller, [japan], SUNDAY, SATURDAY, options, AS_OF)
    assert whole is not None
    mine = [row["asin"] for row in json.loads(whole.read())["dataByAsin"]][:18]
    report = spec_of("search_query_performance_weekly").report_type
    part = every.document(
        report, seller, [japan], SUNDAY, SATURDAY, {**options, "asin": " ".join(mine)}, AS_OF
    )
    assert part is not None
    rows = json.loads(part.read())["dataByAsin"]
    assert all(not row["searchQueryData"]["searchQuery"].isascii() for row in rows)


def test_repeat_purchases_and_baskets_are_of_the_orders() -> None:
    orders: dict[str, set[str]] = defaultdict(set)
    start = SUNDAY - timedelta(days=1)
    lines = parse("all_orders", "northwind_na", ["US"], start, AS_OF.date() - timedelta(days=1), AS_OF).rows
    zone = marketplace("US").zone
    for row in lines:
        bought = row["purchase_date"].astimezone(zone).date()
        if SUNDAY <= bought <= SATURDAY and row["item_status"] != "Cancelled":
            orders[row["amazon_order_id"]].add(row["asin"])
    counts: dict[str, int] = defaultdict(int)
    for order in orders.values():
        for asin in order:
            counts[asin] += 1
    repeat = rows_of("repeat_purchase_weekly", "US")
    assert {row["asin"]: row["orders"] for row in repeat} == dict(counts)
    assert all(0 < row["unique_customers"] <= row["orders"] for row in repeat)
    for row in rows_of("market_basket_weekly", "US"):
        pair = {row["asin"], row["purchased_with_asin"]}
        both = sum(pair <= order for order in orders.values())
        several = sum(row["asin"] in order and len(order) > 1 for order in orders.values())
        assert both > 0
        assert float(row["combination_pct"]) == pytest.approx(both / several, abs=1e-4)


def test_promotions_sold_the_discounted_lines_of_the_orders_and_grow_while_they_run() -> None:
    products = rows_of("promotions", "US", "promotion_products")
    promotions = {row["promotion_id"]: row for row in rows_of("promotions", "US")}
    settled = [
        row
        for row in promotions.values()
        if row["start_date_time"] > AS_OF - timedelta(days=30) and row["status"] == "APPROVED"
    ]
    assert settled
    first = min(row["start_date_time"] for row in settled)
    lines = parse(
        "all_orders", "northwind_na", ["US"], first.date(), AS_OF.date() - timedelta(days=1), AS_OF
    ).rows
    closed = datetime(2026, 11, 21, tzinfo=marketplace("US").zone)
    for promotion in settled:
        mine = {row["asin"]: row for row in products if row["promotion_id"] == promotion["promotion_id"]}
        sold: dict[str, int] = defaultdict(int)
        for row in lines:
            inside = (
                promotion["start_date_time"] <= row["purchase_date"] < min(promotion["end_date_time"], closed)
            )
            if inside and row["asin"] in mine and row["item_status"] != "Cancelled" and row["promotion_ids"]:
                sold[row["asin"]] += row["quantity"] if "PAWS" in row["promotion_ids"] else 0
        assert {asin: row["product_units_sold"] for asin, row in mine.items()} == {
            asin: sold[asin] for asin in mine
        }
        assert promotion["units_sold"] == sum(sold.values())
    assert sum(row["units_sold"] for row in promotions.values()) > 0
    then = AS_OF - timedelta(days=20)
    earlier = parse("promotions", "northwind_na", ["US"], DAYS[0], then.date(), then)
    before = {row["promotion_id"]: row["units_sold"] for row in earlier.rows}
    assert before.keys() < promotions.keys()
    assert sum(before.values()) < sum(promotions[one]["units_sold"] for one in before)


def test_coupons_stay_within_their_budget_and_name_their_asins() -> None:
    coupons = {row["coupon_id"]: row for row in rows_of("coupons", "US")}
    named = rows_of("coupons", "US", "coupon_asins")
    assert {row["coupon_id"] for row in named} == coupons.keys()
    assert {row["asin"] for row in named} <= set(asins("US"))
    assert sum(row["redemptions"] for row in coupons.values()) > 0
    for row in coupons.values():
        assert row["clips"] >= row["redemptions"]
        assert row["budget_spent"] + row["budget_remaining"] == row["budget"]
        assert row["total_discount"] <= row["budget_spent"]
        assert 0 <= row["budget_percentage_used"] <= 100


def write(report: str, options: Mapping[str, str], start: date, end: date, as_of: datetime = AS_OF) -> Any:
    seller = simulation().seller("northwind_na")
    type_ = spec_of(report).report_type
    return simulation().document(type_, seller, [marketplace("US").id], start, end, options, as_of)


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        ({}, SUNDAY, SATURDAY),
        ({"reportPeriod": "DAY"}, SUNDAY, SUNDAY),
        ({"reportPeriod": "WEEK"}, SUNDAY + timedelta(days=1), SATURDAY),
        ({"reportPeriod": "WEEK"}, SUNDAY, SATURDAY + timedelta(days=1)),
        ({"reportPeriod": "WEEK"}, SUNDAY - timedelta(days=7), SATURDAY),
        ({"reportPeriod": "MONTH"}, MONTH[0], MONTH[1] - timedelta(days=1)),
        ({"reportPeriod": "QUARTER"}, date(2026, 6, 1), date(2026, 8, 31)),
        ({"reportPeriod": "WEEK", "asin": "B0ZZZZZZZZ"}, SUNDAY, SATURDAY),
        ({"reportPeriod": "WEEK", "asin": ""}, SUNDAY, SATURDAY),
    ],
)
def test_what_amazon_aborts_is_fatal_and_not_taken_for_late(
    options: dict[str, str], start: date, end: date
) -> None:
    with pytest.raises(FatalReport) as fatal:
        write("search_query_performance_weekly", {"asin": asins("US")[0], **options}, start, end)
    words = spec_of("search_query_performance_weekly").request.late_when
    assert not any(word in fatal.value.detail for word in words)


def test_several_marketplaces_and_too_long_a_list_are_fatal() -> None:
    report = spec_of("search_query_performance_weekly").report_type
    options = {"reportPeriod": "WEEK", "asin": " ".join(asins("US")[:19])}
    with pytest.raises(FatalReport):
        write("search_query_performance_weekly", options, *WEEK)
    seller = simulation().seller("northwind_na")
    with pytest.raises(FatalReport):
        simulation().document(report, seller, seller.marketplace_ids, *WEEK, options, AS_OF)


@pytest.mark.parametrize("report", [name for name in SCHEMA_OF if days_of(name) != DAYS])
def test_a_period_not_published_yet_is_told_in_the_words_the_spec_knows(report: str) -> None:
    """Late, not failed: and never before the spec allows the request."""
    spec = spec_of(report)
    country = marketplace("US")
    start, end = days_of(report)
    closed = datetime(end.year, end.month, end.day, tzinfo=country.zone) + timedelta(days=1)
    options = {**spec.request.options, **options_of(report, "US")}
    with pytest.raises(FatalReport) as late:
        write(report, options, start, end, closed + timedelta(hours=30))
    assert any(word in late.value.detail for word in spec.request.late_when)
    assert write(report, options, start, end, closed + spec.period.available_after) is not None


def test_a_part_of_the_spec_holds_what_amazon_takes() -> None:
    for cadence in ("weekly", "monthly", "quarterly"):
        spec = spec_of(f"search_query_performance_{cadence}")
        assert spec.request.split == Split(option="asin", at_most=18, longest=200)


def test_search_terms_of_any_size_are_streamed() -> None:
    document = simulation().bulk_search_terms(30_001)
    chunks = [len(chunk) for chunk in document.chunks]
    assert max(chunks) < 250_000
    again = b"".join(simulation().bulk_search_terms(30_001).chunks)
    assert len(json.loads(again)["dataByDepartmentAndSearchTerm"]) == 30_001
