"""Report Central, Business Reports and Brand Analytics files: the figures of the API's documents."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from unit.amazon_sandbox.portal.reading import (
    ACCOUNTS,
    NOW,
    OCTOBER,
    WEEK,
    download,
    lines_of,
    number,
    rows_of,
    sheets_of,
)
from unit.amazon_sandbox.simulation.reading import GB, US, flat_file, sales_report

from amazon_sandbox.portal.files import KINDS, NoData, UnknownFile
from amazon_sandbox.portal.files.report_central import REPORTS
from amazon_sandbox.simulation import Simulation, marketplaces
from amazon_sandbox.simulation.search import query_figures

BRAND_VIEW = "brand_analytics.search_query_performance_brand"
SQP = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
DAYS = date(2026, 10, 19), date(2026, 10, 25)


@pytest.mark.parametrize("name", sorted(set(REPORTS) - {"AFNShipmentReport"}))
def test_report_central_files_are_the_apis_with_commas(world: Simulation, name: str) -> None:
    made = download(world, f"report_central.{name}", "US", OCTOBER)
    # The store's midnights, in Los Angeles in summer time; months are the same everywhere.
    zone_hours = 0 if "STORAGE_FEE" in name else 7
    start = NOW.replace(month=10, day=1, hour=zone_hours)
    end = NOW.replace(month=11, day=1, hour=zone_hours)
    document = world.document(REPORTS[name], world.seller("northwind_na"), [US], start, end, {}, NOW)
    assert document is not None
    first, *others = document.read().decode("cp1252").split("\r\n")
    header, *rows = lines_of(made)
    assert header == [cell.strip('"') for cell in first.split("\t")]
    assert len(rows) == len([line for line in others if line]) > 0
    assert made.name.removesuffix(".csv").isdigit()
    if not first.startswith('"'):
        assert ["\t".join(row) for row in rows] == [line for line in others if line]


def test_fulfilled_shipments_have_their_own_names(world: Simulation) -> None:
    kind = "report_central.AFNShipmentReport"
    english = lines_of(download(world, kind, "US", DAYS))
    chinese = lines_of(download(world, kind, "US", DAYS, "zh_CN"))
    assert {
        "Amazon Order Id",
        "Shipment Date",
        "Merchant SKU",
        "Shipped Quantity",
        "Item Promo Discount",
    } <= set(english[0])
    assert {"亚马逊订单编号", "卖家 SKU", "已发货数量"} <= set(chinese[0])
    assert english[1:] == chinese[1:] and len(english) > 10
    api = flat_file(
        world, REPORTS["AFNShipmentReport"], world.seller("northwind_na"), [US],
        NOW.replace(month=10, day=19, hour=7), NOW.replace(month=10, day=26, hour=7), NOW,
    )  # fmt: skip
    assert sum(int(row["quantity-shipped"]) for row in api.rows) == sum(
        int(row["Shipped Quantity"]) for row in rows_of(download(world, kind, "US", DAYS))
    )


def test_business_report_by_date_is_the_sales_and_traffic_report(world: Simulation) -> None:
    rows = rows_of(download(world, "business_report.by_date", "US", DAYS))
    report = sales_report(world, US, *DAYS, NOW)["salesAndTrafficByDate"]
    assert [row["Date"] for row in rows] == [f"10/{day}/26" for day in range(19, 26)]
    assert len(rows[0]) == 18
    for row, entry in zip(rows, report, strict=True):
        sales, traffic = entry["salesByDate"], entry["trafficByDate"]
        assert row["Ordered Product Sales"].startswith("$")
        assert number(row["Ordered Product Sales"]) == sales["orderedProductSales"]["amount"]
        assert number(row["Units Ordered - B2B"]) == sales["unitsOrderedB2B"]
        assert number(row["Sessions - Total"]) == traffic["sessions"]
        assert row["Order Item Session Percentage"] == f"{traffic['orderItemSessionPercentage']:.2f}%"


def test_business_report_by_child_is_the_sales_and_traffic_report(world: Simulation) -> None:
    made = download(world, "business_report.by_child", "US", OCTOBER)
    rows = rows_of(made)
    assert made.content.startswith(b"\xef\xbb\xbf")
    assert made.name == "BusinessReport-11-20-26.csv"
    report = {
        one["childAsin"]: one for one in sales_report(world, US, *OCTOBER, NOW)["salesAndTrafficByAsin"]
    }
    assert {row["(Child) ASIN"] for row in rows} == set(report)
    assert any("," in row["Sessions - Total"] for row in rows)
    for row in rows:
        entry = report[row["(Child) ASIN"]]
        assert number(row["Ordered Product Sales"]) == entry["salesByAsin"]["orderedProductSales"]["amount"]
        assert number(row["Page Views - Total"]) == entry["trafficByAsin"]["pageViews"]
        share = entry["trafficByAsin"]["buyBoxPercentage"]
        assert row["Featured Offer (Buy Box) Percentage"] == f"{share:.2f}%"


def test_business_report_columns_are_those_ticked(world: Simulation) -> None:
    def width(view: str, country: str = "US", language: str = "en_US", **options: str) -> int:
        return len(
            lines_of(download(world, f"business_report.{view}", country, DAYS, language, **options))[0]
        )

    assert [width(view) for view in ("by_sku", "by_child", "by_parent", "detail_page_by_date")] == [
        22,
        21,
        20,
        17,
    ]
    assert width("by_child", devices="yes") == 37
    assert width("by_child", b2b="no") == 12
    wide = lines_of(download(world, "business_report.by_child", "US", DAYS, devices="yes"))[0]
    assert {"Sessions - Mobile APP - B2B", "Page Views Percentage - Mobile App - B2B"} <= set(wide)


def test_german_business_reports_mix_two_ways_of_numbers(world: Simulation) -> None:
    rows = rows_of(download(world, "business_report.by_child", "DE", OCTOBER, "de_DE"))
    sales = [row["Durch bestellte Produkte erzielter Umsatz"] for row in rows]
    assert all(text.endswith(",99\u00a0€") or text[-4].isdigit() for text in sales)
    assert any("." in text and "," in text for text in sales)
    assert "Prozentsatz an\u00a0Einheiten pro Sitzung" in rows[0]
    report = sales_report(world, "A1PA6795UKMFR9", *OCTOBER, NOW)["salesAndTrafficByAsin"]
    assert sum(number(text, comma=True) for text in sales) == sum(
        entry["salesByAsin"]["orderedProductSales"]["amount"] for entry in report
    )
    assert sum(int(row["Sitzungen – Summe"].replace(",", "")) for row in rows) == sum(
        entry["trafficByAsin"]["sessions"] for entry in report
    )


def test_the_brand_view_sums_the_asins_of_the_api(world: Simulation) -> None:
    rows = rows_of(download(world, BRAND_VIEW, "US", WEEK), 2)
    assert len(rows[0]) == 34
    seller = world.seller("northwind_na")
    asins = sorted({one.asin for one in world.storefront(seller, US).listings})
    api: list[dict[str, Any]] = []
    for asin in asins:
        document = world.document(SQP, seller, [US], *WEEK, {"reportPeriod": "WEEK", "asin": asin}, NOW)
        api += json.loads(document.read())["dataByAsin"] if document else []
    clicks: Counter[str] = Counter()
    totals = {}
    for entry in api:
        query = entry["searchQueryData"]["searchQuery"]
        clicks[query] += entry["clickData"]["asinClickCount"]
        totals[query] = entry["clickData"]["totalClickCount"], entry["searchQueryData"]["searchQueryVolume"]
    assert len(rows) == len(totals) > 20
    for row in rows:
        query = row["Search Query"]
        assert int(row["Clicks: Brand Count"]) == clicks[query]
        assert (int(row["Clicks: Total Count"]), int(row["Search Query Volume"])) == totals[query]
        rate = 100 * Decimal(totals[query][0]) / totals[query][1]
        assert abs(Decimal(row["Clicks: Click Rate %"]) - rate) <= Decimal("0.006")
    assert {row["Reporting Date"] for row in rows} == {"2026-11-07"}


def test_row_one_says_brand_and_period_in_three_forms(world: Simulation) -> None:
    said = ['Brand=["Northwind"]', 'Reporting Range=["Weekly"]',
            'Select week=["Week 45 | 2026-11-01 - 2026-11-07 2026"]']  # fmt: skip
    raw = download(world, BRAND_VIEW, "US", WEEK)
    assert raw.content.decode().split("\n")[0] == ",".join(said)
    doubled = download(world, BRAND_VIEW, "US", WEEK, quoting="doubled")
    assert doubled.content.startswith(b'"Brand=[""Northwind""]","Reporting')
    assert lines_of(doubled)[0] == said
    padded = lines_of(download(world, BRAND_VIEW, "US", WEEK, quoting="padded"))
    assert padded[0] == said + [""] * 31
    assert padded[1:] == lines_of(doubled)[1:]
    (sheet,) = sheets_of(download(world, BRAND_VIEW, "US", WEEK, format="xlsx")).values()
    assert [cell for cell in sheet[0] if cell] == said
    assert sheet[1] == tuple(padded[1]) and len(sheet) == len(padded)
    german = download(world, BRAND_VIEW, "DE", WEEK, "de_DE").content.decode().split("\n")[0]
    assert german.startswith('Marke=["Northwind"],') and "Woche 45 | " in german
    monthly = download(world, BRAND_VIEW, "US", OCTOBER, period="MONTH").content.decode().split("\n")[0]
    assert 'Select month=["October | 2026-10-01 - 2026-10-31 2026"]' in monthly


@pytest.mark.parametrize(
    ("view", "begins", "width"),
    [
        ("search_query_performance_asin", "ASIN or Product=", 34),
        ("search_catalog_performance", "Reporting Range=", 24),
        ("top_search_terms", "Reporting Range=", 21),
        ("demographics", "Brand=", 7),
        ("item_comparison", "Brand=", 5),
        ("alternate_purchase", "Brand=", 3),
        ("customer_loyalty", "Brand=", 7),
    ],
)
def test_every_view_has_its_metadata_and_columns(
    world: Simulation, view: str, begins: str, width: int
) -> None:
    made = download(world, f"brand_analytics.{view}", "US", WEEK)
    assert made.content.decode().startswith(begins)
    rows = rows_of(made, 2)
    assert rows and len(rows[0]) == width
    assert all(any(row[name] for row in rows) for name in rows[0]), "no column is empty"


def test_views_agree_with_the_reports_of_the_api(world: Simulation) -> None:
    seller = world.seller("northwind_na")
    options = {"reportPeriod": "WEEK"}

    def api(name: str, key: str) -> list[dict[str, Any]]:
        document = world.document(f"GET_BRAND_ANALYTICS_{name}_REPORT", seller, [US], *WEEK, options, NOW)
        assert document is not None
        return list(json.loads(document.read())[key])

    catalogue = rows_of(download(world, "brand_analytics.search_catalog_performance", "US", WEEK), 2)
    sums = api("SEARCH_CATALOG_PERFORMANCE", "dataByAsin")
    assert {row["ASIN"]: int(row["Purchases: Purchases"]) for row in catalogue} == {
        one["asin"]: one["purchaseData"]["purchaseCount"] for one in sums
    }
    terms = rows_of(download(world, "brand_analytics.top_search_terms", "US", WEEK), 2)
    clicked = {
        (row["Search Term"], row[f"Top Clicked Product #{number}: ASIN"])
        for row in terms
        for number in (1, 2, 3)
    }
    assert clicked == {
        (one["searchTerm"], one["clickedAsin"])
        for one in api("SEARCH_TERMS", "dataByDepartmentAndSearchTerm")
    }
    loyalty = rows_of(download(world, "brand_analytics.customer_loyalty", "US", WEEK), 2)
    assert [row["Segment"] for row in loyalty] == ["Top Tier", "Promising", "At Risk", "Hibernating"]
    traffic = sales_report(world, US, *WEEK, NOW)["salesAndTrafficByAsin"]
    assert sum(number(row["Sales"]) for row in loyalty) == sum(
        one["salesByAsin"]["orderedProductSales"]["amount"] for one in traffic
    )


def test_british_queries_have_baskets(world: Simulation) -> None:
    british = lines_of(download(world, BRAND_VIEW, "GB", WEEK, "en_GB"))[1]
    assert "Basket Adds: Basket Add Rate %" in british and len(british) == 34
    storefront = world.storefront(world.seller(ACCOUNTS["GB"]), GB)
    known = query_figures(storefront, *(day.toordinal() for day in WEEK), int(NOW.timestamp()))
    assert len(rows_of(download(world, BRAND_VIEW, "GB", WEEK, "en_GB"), 2)) == len(known)


def test_what_a_page_does_not_offer_is_refused(world: Simulation) -> None:
    with pytest.raises(UnknownFile, match="no page hands out"):
        download(world, "report_central.NO_SUCH_NAME")
    with pytest.raises(ValueError, match="not yet available"):
        download(world, BRAND_VIEW, "US", (date(2026, 11, 15), date(2026, 11, 21)))
    with pytest.raises(ValueError, match="Sunday"):
        download(world, BRAND_VIEW, "US", DAYS)
    with pytest.raises(ValueError, match="brand Northwind"):
        download(world, BRAND_VIEW, "US", WEEK, brand="Other")
    with pytest.raises(NoData):
        download(world, "awd_fees.storage", "US", (date(2026, 11, 1), date(2026, 11, 30)))
    assert len(set(KINDS)) == len(KINDS) > 36
    assert marketplaces.by_country("US").marketplace_id == US
