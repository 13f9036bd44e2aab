"""The Ads page over HTTP: its tiles, groups, days and search queries agree."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.hub import US, Hub, HubServer
from support.hub_money import CA, RATES, fill_money

API = "/hub/api/ads"
SCOPE = "start=2026-11-10&end=2026-11-19"


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        fill_money(hub)
        week = {"week_start": date(2026, 11, 8), "status": "estimated", "missing": "", "warning": ""}
        queries = [
            {
                "search_query": "garden hose",
                "asin": "",
                "impressions_total": 100,
                "impressions": 40,
                "clicks": 9,
                "purchases": 5,
                "paid_clicks": 4,
                "paid_orders": 2,
                "paid_spend": 3,
                "paid_sales": 12,
                "organic_clicks": 5,
                "organic_purchases": 3,
            },
            {
                "search_query": "garden hose",
                "asin": "B0HOSE0001",
                "impressions_total": 100,
                "impressions": 40,
            },
            {
                "search_query": "yoga mat",
                "asin": "",
                "impressions": 7,
                "clicks": 1,
                "purchases": 1,
                "missing": "ads",
                "status": "incomplete",
            },
        ]
        hub.add("search_query_week", *({**week, **each} for each in queries))
        hub.add("search_query_week", {**week, **queries[0], "week_start": date(2026, 11, 15)})
        hub.add("search_query_week", {**week, **queries[0], "week_start": date(2026, 11, 1)})
        yield hub


def get(hub: Hub, path: str, query: str = SCOPE) -> Any:
    answer = hub.owner.get(f"{API}/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def added(values: list[str]) -> Decimal:
    return sum((Decimal(value) for value in values), Decimal())


def test_each_tile_is_the_sum_of_its_rows_of_its_days_and_of_the_mart(hub: Hub) -> None:
    (summary,) = get(hub, "summary")
    figures = summary["figures"]
    (stored,) = hub.rows(
        "SELECT sum(a.spend * x.rate) AS spend, sum(a.sales * x.rate) AS sales, sum(a.clicks) AS clicks "
        "FROM sellerops_marts.ads_campaign_day AS a JOIN sellerops_reference.fx_rate AS x "
        "ON x.day = a.day AND x.from_currency = a.currency AND x.to_currency = 'EUR' "
        "WHERE a.day BETWEEN '2026-11-10' AND '2026-11-19'"
    )
    by_day = get(hub, "days")
    for by, rows in (("marketplace", 2), ("ad_product", 2), ("campaign", 8)):
        table = get(hub, "groups", f"{SCOPE}&by={by}")
        assert table["row_count"] == len(table["rows"]) == rows
        for name in ("spend", "sales"):
            assert Decimal(table["totals"][name]) == added([row[name] for row in table["rows"]]), (by, name)
            assert abs(Decimal(figures[name]) - Decimal(table["totals"][name])) < Decimal("0.0001")
        assert table["totals"]["clicks"] == figures["clicks"] == stored["clicks"]
        assert table["totals"]["acos"] == figures["acos"]
    for name in ("spend", "sales"):
        assert abs(Decimal(figures[name]) - stored[name]) < Decimal("0.0001")
        assert abs(Decimal(figures[name]) - added([day[name] for day in by_day])) < Decimal("0.0001")
    table = get(hub, "groups", f"{SCOPE}&by=marketplace")
    for name in ("tacos", "roas", "total_sales", "break_even_acos"):
        assert table["totals"][name] == figures[name], name


def test_ratios_divide_sums_and_break_even_is_the_margin_before_advertising(hub: Hub) -> None:
    rows = {row["marketplace_id"]: row for row in get(hub, "groups", f"{SCOPE}&currency=marketplace")["rows"]}
    stored = hub.rows(
        "SELECT marketplace_id, sum(product_sales) AS sales, sum(cm2 - ads) AS before_ads "
        "FROM sellerops_marts.profit_day WHERE day BETWEEN '2026-11-10' AND '2026-11-19' GROUP BY 1"
    )
    assert {each["marketplace_id"] for each in stored} == rows.keys() == {US, CA}
    for each in stored:
        row = rows[each["marketplace_id"]]
        spend, sales = Decimal(row["spend"]), Decimal(row["sales"])
        assert Decimal(row["acos"]) == round(spend / sales, 6)
        assert Decimal(row["roas"]) == round(sales / spend, 6)
        assert Decimal(row["tacos"]) == round(spend / each["sales"], 6)
        assert Decimal(row["break_even_acos"]) == round(each["before_ads"] / each["sales"], 6)
    partner = hub.partner.get(f"{API}/groups?{SCOPE}").json()
    assert partner["totals"]["break_even_acos"] is None and partner["totals"]["acos"] is not None


def test_days_that_are_not_final_say_when_they_will_be(hub: Hub) -> None:
    days = {
        (day["day"], day["ad_product"]): day for day in get(hub, "days", "start=2026-10-26&end=2026-11-19")
    }
    assert days["2026-11-03", "SP"]["status"] == "complete"
    assert (days["2026-11-04", "SP"]["status"], days["2026-11-04", "SP"]["final_on"]) == (
        "estimated",
        "2026-11-14",
    )
    assert days["2026-11-03", "SB"]["final_on"] == "2026-11-20"
    assert [row["open_days"] for row in get(hub, "groups", f"{SCOPE}&by=ad_product")["rows"]] == [10, 10]


def test_spend_without_a_sku_is_shown(hub: Hub) -> None:
    (summary,) = get(hub, "summary")
    (stored,) = hub.rows(
        "SELECT -sum(ads_reporting) AS spend FROM sellerops_marts.profit_sku_day "
        "WHERE sku = '' AND day BETWEEN '2026-11-10' AND '2026-11-19'"
    )
    assert Decimal(summary["figures"]["unallocated"]) == stored["spend"] > 0
    assert added([row["unallocated"] for row in get(hub, "unallocated")]) == stored["spend"]


def test_campaigns_are_found_by_name_and_written_as_csv(hub: Hub) -> None:
    plain = get(hub, "groups", f"{SCOPE}&by=campaign&sort=spend&direction=asc")
    assert {row["campaign_name"] for row in plain["rows"]} == {None}
    hub.rows("CREATE SCHEMA IF NOT EXISTS amazon_ads")
    hub.rows(
        "CREATE TABLE amazon_ads.sp_campaigns AS SELECT account_id, marketplace_id, day AS date, "
        "campaign_id, 'Summer | ' || campaign_id AS campaign_name "
        "FROM sellerops_marts.ads_campaign_day WHERE ad_product = 'SP'"
    )
    hub.rows("GRANT USAGE ON SCHEMA amazon_ads TO PUBLIC")
    hub.rows("GRANT SELECT ON amazon_ads.sp_campaigns TO PUBLIC")
    found = get(hub, "groups", f"{SCOPE}&by=campaign&q=summer")
    assert {row["campaign_name"] for row in found["rows"]} == {"Summer | sp-0", "Summer | sp-1"}
    text = hub.owner.get(f"{API}/groups?{SCOPE}&by=campaign&sort=spend&direction=asc&limit=1&format=csv")
    written = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert [Decimal(row["spend"]) for row in written] == [Decimal(row["spend"]) for row in plain["rows"]]


def test_break_even_of_a_campaign_is_that_of_its_skus_weighted_by_spend(hub: Hub) -> None:
    hub.rows(
        "CREATE TABLE amazon_ads.sp_advertised_products AS "
        "SELECT account_id, marketplace_id, date, campaign_id, sku AS advertised_sku, cost "
        "FROM amazon_ads.sp_campaigns, (VALUES ('A-1', 3), ('=B-2', 1)) AS k (sku, cost)"
    )
    hub.rows("GRANT SELECT ON amazon_ads.sp_advertised_products TO PUBLIC")
    margins = hub.rows(
        "SELECT sku, sum(cm2 - ads) / sum(product_sales) AS margin FROM sellerops_marts.profit_sku_day "
        "WHERE marketplace_id = %s AND sku <> '' AND day BETWEEN '2026-11-10' AND '2026-11-19' GROUP BY sku",
        US,
    )
    by_sku = {each["sku"]: each["margin"] for each in margins}
    query = f"{SCOPE}&by=campaign&marketplace={US}"
    rows = get(hub, "groups", query)["rows"]
    for row in rows:
        expected = (3 * by_sku["A-1"] + by_sku["=B-2"]) / 4 if row["ad_product"] == "SP" else None
        found = row["break_even_acos"] and Decimal(row["break_even_acos"])
        assert found == (expected and round(expected, 6))
    assert {row["ad_product"] for row in rows} == {"SP", "SB"}
    # A SKU whose margin nobody knows makes that of the campaign unknown.
    hub.rows(
        "UPDATE amazon_ads.sp_advertised_products SET advertised_sku = 'new' WHERE advertised_sku = 'A-1'"
    )
    assert {row["break_even_acos"] for row in get(hub, "groups", query)["rows"]} == {None}


def test_search_queries_of_overlapping_weeks_paid_and_organic(hub: Hub) -> None:
    table = get(hub, "queries")
    rows = {row["search_query"]: row for row in table["rows"]}
    hose = rows["garden hose"]
    # The weeks from 8 and 15 November overlap the days, that from 1 November does not.
    assert (hose["weeks"], hose["purchases"], hose["organic_purchases"], hose["paid_orders"]) == (2, 10, 6, 4)
    assert Decimal(hose["paid_spend"]) == round(6 * RATES["USD"], 6)
    assert (hose["impression_share"], hose["acos"]) == ("0.400000", "0.250000")
    # No ads are reported for a week of it: not 0.
    assert (rows["yoga mat"]["paid_clicks"], rows["yoga mat"]["missing"]) == (None, ["ads"])
    assert table["totals"]["purchases"] == 11 and table["totals"]["paid_clicks"] is None
    assert [row["asin"] for row in get(hub, "queries", f"{SCOPE}&by=asin")["rows"]] == ["B0HOSE0001"]
    assert [row["search_query"] for row in get(hub, "queries", f"{SCOPE}&q=YOGA")["rows"]] == ["yoga mat"]
