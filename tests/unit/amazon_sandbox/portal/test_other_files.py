"""AWD, shipment queue, cases, ads and the third-party tool: the figures of the APIs."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from unit.amazon_sandbox.portal.reading import (
    NOW,
    OCTOBER,
    download,
    instant,
    lines_of,
    request,
    rows_of,
    sheets_of,
)
from unit.amazon_sandbox.portal.test_payments_files import KIND as PAYMENTS
from unit.amazon_sandbox.simulation.created import closed_shipment, fba_skus
from unit.amazon_sandbox.simulation.reading import US

from amazon_sandbox.ads.rows import ReportQuery, report_rows
from amazon_sandbox.awd.data import inventory_summary, shipment_details
from amazon_sandbox.inbound import v0
from amazon_sandbox.portal.files import page_count
from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.awd import shipments_seen, stock_at
from amazon_sandbox.simulation.inbound import plans_seen
from amazon_sandbox.simulation.search import query_figures
from amazon_sandbox.simulation.support import cases_seen

WEEK = date(2026, 11, 8), date(2026, 11, 14)
SECONDS = int(NOW.timestamp())


def fee_rows(world: Simulation, fee: str, country: str = "US") -> list[dict[str, Any]]:
    """The rows of all sheets that have any, below the header."""
    found = []
    for rows in sheets_of(download(world, f"awd_fees.{fee}", country, OCTOBER)).values():
        header = next((number for number, row in enumerate(rows) if row[0] == "month_of_charge"), None)
        if header is None:
            assert not any(any(row) for row in rows)
            continue
        found += [dict(zip(rows[header], row, strict=True)) for row in rows[header + 1 :]]
    return found


@pytest.mark.parametrize("country", ["US", "GB"])
def test_awd_bills_are_the_payments_of_their_month(world: Simulation, country: str) -> None:
    """To the cent: processing and transportation in the month, storage on the 6th of the next."""
    billed = {fee: fee_rows(world, fee, country) for fee in ("storage", "processing", "transportation")}
    sums = {
        f"AWD {fee.title()} Fees": sum(Decimal(str(row["total_charged_amount"])) for row in rows)
        for fee, rows in billed.items()
    }
    for fee, days in (
        ("storage", (date(2026, 11, 6),) * 2),
        ("processing", OCTOBER),
        ("transportation", OCTOBER),
    ):
        name = f"AWD {fee.title()} Fees"
        # Bills are in UTC; the store's days begin up to eight hours later.
        around = days[0] - timedelta(days=1), days[1] + timedelta(days=1)
        paid = [
            row
            for row in rows_of(download(world, PAYMENTS, country, around, "en_GB"), 8)
            if row["description"] == name and days[0] <= instant(row["date/time"]).date() <= days[1]
        ]
        assert {row["type"] for row in paid} == {"Service Fee"}
        assert -sum(Decimal(row["total"].replace(",", "")) for row in paid) == sums[name] > 0
    for row in billed["storage"]:
        amount = Decimal(str(row["volume"])) * Decimal(str(row["storage_rate"]))
        assert amount.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(str(row["total_charged_amount"]))
        assert row["month_of_charge"] == datetime(2026, 10, 1)


def test_awd_workbooks_have_titles_several_sheets_and_empty_ones(world: Simulation) -> None:
    storage = load_workbook(io.BytesIO(download(world, "awd_fees.storage", "US", OCTOBER).content))
    assert storage.sheetnames == ["Base storage", "Smart storage", "Amazon managed storage"]
    titled = storage["Base storage"]
    assert titled["A1"].value == "AWD Monthly Storage Fee Report October 2026"
    assert [str(each) for each in titled.merged_cells.ranges] == ["A1:K1"]
    assert titled["A3"].is_date and titled["K3"].data_type == "n"
    moved = load_workbook(io.BytesIO(download(world, "awd_fees.transportation", "US", OCTOBER).content))
    assert moved.sheetnames[0] == "Sheet1" and moved["Sheet1"]["A1"].value is None


def test_awd_inventory_and_inbound_are_the_apis(world: Simulation) -> None:
    storefront = world.storefront(world.seller("northwind_na"), US)
    inventory = {row["SKU"]: row for row in rows_of(download(world, "awd_inventory"), 4)}
    for stock in stock_at(storefront, SECONDS):
        summary = inventory_summary(stock, details=True)
        row, details = inventory.pop(summary["sku"]), summary["inventoryDetails"]
        assert int(row["Inbound to AWD (units)"]) == summary["totalInboundQuantity"]
        assert int(row["Available in AWD (units)"]) == details["availableDistributableQuantity"]
        assert int(row["Reserved in AWD (units)"]) == details["reservedDistributableQuantity"]
        assert int(row["Outbound to FBA (units)"]) == details["replenishmentQuantity"]
    assert inventory == {}
    by_country = lines_of(download(world, "awd_inventory", layout="by_country"))
    assert {"Available Units in AWD (US)", "Available Units in AWD (CN)"} <= set(by_country[2])
    received: Counter[str] = Counter()
    for row in rows_of(download(world, "awd_inbound_shipments", days=(None, None))):
        received[row["Shipment ID"]] += int(row["Units received"])
    assert len(received) > 20
    for shipment in shipments_seen(storefront, SECONDS):
        details = shipment_details(storefront, shipment, SECONDS, with_skus=False)
        units = details.get("receivedQuantity", [{"quantity": 0}])[0]["quantity"]
        assert received[shipment.shipment_id] == units


def test_the_shipment_queue_is_exported_by_25(world: Simulation) -> None:
    days = date(2026, 10, 1), date(2026, 11, 20)
    pages = page_count("shipment_queue", request(world, days=days))
    assert pages > 1
    parts = [
        rows_of(download(world, "shipment_queue", days=days, page=str(number)))
        for number in range(1, pages + 1)
    ]
    assert all(len(part) == 25 for part in parts[:-1]) and 0 < len(parts[-1]) <= 25
    rows = {row["Shipment ID"]: row for part in parts for row in part}
    assert len(rows) == sum(map(len, parts))
    since = int(datetime(2026, 10, 1, 7, tzinfo=NOW.tzinfo).timestamp())
    storefront = world.storefront(world.seller("northwind_na"), US)
    listed = {
        one.confirmation_id: one
        for plan in plans_seen(storefront, since, SECONDS)
        for one in plan.shipments
        if one.updated_at(SECONDS) >= since
    }
    assert set(rows) == set(listed)
    for name, one in listed.items():
        item = v0.item(one, SECONDS)
        assert int(rows[name]["Units expected"]) == item["QuantityShipped"]
        assert int(rows[name]["Units located"]) == item["QuantityReceived"]
        assert rows[name]["Status"].upper() == one.status(SECONDS)
    with pytest.raises(ValueError, match="no page"):
        download(world, "shipment_queue", days=days, page=str(pages + 1))


def test_the_shipment_queue_has_what_clients_sent(world: Simulation) -> None:
    sent = closed_shipment(fba_skus(US)[0])
    now = datetime.fromtimestamp((sent.closed_at or 0) + 60, NOW.tzinfo)
    overlaid = world.with_created([sent])
    days = now.date() - timedelta(days=1), now.date() + timedelta(days=1)
    (row,) = (
        row
        for page in range(1, 1 + page_count("shipment_queue", request(overlaid, days=days, now=now)))
        for row in rows_of(download(overlaid, "shipment_queue", days=days, now=now, page=str(page)))
        if row["Shipment ID"] == sent.confirmation_id
    )
    assert row["Status"] == "Closed"
    assert int(row["Units located"]) == sum(item.received for item in sent.items)


def test_cases_are_exported_by_ten(world: Simulation) -> None:
    pages = page_count("support_cases", request(world))
    cases = cases_seen(world.storefront(world.seller("northwind_na"), US), SECONDS)
    assert pages == -(-len(cases) // 10) > 5
    rows = [
        row
        for page in range(1, pages + 1)
        for row in sheets_of(download(world, "support_cases", page=str(page)))["Cases"][1:]
    ]
    assert {row[0] for row in rows} == {case.case_id for case in cases}
    updates = [row[5] for row in rows]
    assert updates == sorted(updates, reverse=True) and isinstance(updates[0], datetime)
    by_id = {case.case_id: case for case in cases}
    for case_id, subject, status, email, *_ in rows:
        case = by_id[case_id]
        assert (subject, email) == (case.subject, case.email)
        assert status.upper().replace(" ", "_") == case.status(SECONDS)


OLD = (
    ("sp", "spSearchTerm", "7 Day", "sales7d", "purchases7d", "unitsSoldClicks7d"),
    ("sb", "sbSearchTerm", "14 Day", "sales", "purchases", "unitsSold"),
)


@pytest.mark.parametrize(("product", "type_id", "window", "sales", "orders", "units"), OLD)
@pytest.mark.parametrize("time_unit", ["SUMMARY", "DAILY"])
def test_old_ads_workbooks_are_the_apis_reports(
    world: Simulation,
    product: str,
    type_id: str,
    window: str,
    sales: str,
    orders: str,
    units: str,
    time_unit: str,
) -> None:
    kind = f"ads_reports.{product}_search_terms"
    (sheet,) = sheets_of(download(world, kind, "US", WEEK, time_unit=time_unit)).values()
    header = list(sheet[0])
    assert f"{window} Total Sales " in header, "the space behind is real"
    if product == "sp":
        assert len(header) == (26 if time_unit == "SUMMARY" else 25)
    rows = [dict(zip(header, row, strict=True)) for row in sheet[1:]]
    first = rows[0]["Start Date" if time_unit == "SUMMARY" else "Date"]
    assert first == datetime(2026, 11, 8)
    storefront = world.storefront(world.seller("northwind_na"), US)
    wanted = ReportQuery(type_id, ("searchTerm",), ("searchTerm", "clicks", "cost", sales, orders, units),
                         time_unit == "DAILY", *WEEK)  # fmt: skip
    api = list(report_rows(storefront, wanted, SECONDS))
    assert len(rows) == len(api) > 20
    for row, entry in zip(rows, api, strict=True):
        assert row["Customer Search Term"] == entry["searchTerm"]
        assert (row["Clicks"], float(row["Spend"])) == (entry["clicks"], entry["cost"])
        assert float(row[f"{window} Total Sales "]) == entry[sales]
        assert row[f"{window} Total Orders (#)"] == entry[orders]
        assert row[f"{window} Total Units (#)"] == entry[units]


def test_the_unified_ads_report_has_all_stores_and_halo(world: Simulation) -> None:
    made = download(world, "ads_reports.unified_search_terms", "US", WEEK)
    rows = rows_of(made)
    assert made.content.startswith(b"\xef\xbb\xbf")
    assert len(rows[0]) == 39
    assert {row["Budget currency"] for row in rows} == {"USD", "CAD", "MXN"}
    assert {row["Date range"] for row in rows} == {"Nov 8, 2026 - Nov 14, 2026"}
    assert all(re.fullmatch(r'="\d{18}"', row["Campaign ID"]) for row in rows)
    for name in ("Purchases", "Sales", "Units sold"):
        for row in rows:
            parts = Decimal(row[f"{name} (promoted)"]) + Decimal(row[f"{name} (halo)"])
            assert Decimal(row[name]) == parts
    assert any(Decimal(row["Sales (halo)"]) for row in rows)
    old = Decimal(0)
    for product, _, window, *_ in OLD:
        (sheet,) = sheets_of(download(world, f"ads_reports.{product}_search_terms", "US", WEEK)).values()
        column = sheet[0].index(f"{window} Total Sales ")
        old += sum(Decimal(str(row[column])) for row in sheet[1:])
    american = [row for row in rows if row["Budget currency"] == "USD"]
    assert sum(Decimal(row["Sales (promoted)"]) for row in american) == old > 0
    days = date(2026, 11, 19), date(2026, 11, 25)
    future = rows_of(download(world, "ads_reports.unified_search_terms", "US", days))
    assert {row["Date range"] for row in future} == {"Nov 19, 2026 - Nov 20, 2026"}


def test_keywords_are_those_of_search_query_performance(world: Simulation) -> None:
    made = download(world, "datarova.keywords", "US", (None, None))
    asin = made.name.split("-")[2]
    assert made.name == f"ASIN-Tab-{asin}-2026-11-20.csv"
    storefront = world.storefront(world.seller("northwind_na"), US)
    queries = query_figures(storefront, *(day.toordinal() for day in OCTOBER), SECONDS)
    known = {query.text: query.total for query in queries if asin in query.asins}
    rows = rows_of(made)
    assert list(rows[0])[:5] == [
        "Keyword",
        "Keyword Monthly Clicks",
        "Keyword Monthly Sales",
        "Keyword Conversion",
        "Top ASIN",
    ]
    assert list(rows[0])[5:] == [
        "Top ASIN Monthly Clicks",
        "Top ASIN Monthly Sales",
        "Top ASIN Conversion",
        "DSTR",
    ]
    assert {row["Keyword"]: int(row["Keyword Monthly Clicks"]) for row in rows} == {
        text: total.clicks for text, total in known.items()
    }
    ranks = rows_of(download(world, "datarova.rank_tracker", "US", WEEK, asin=asin))
    assert len(ranks) == 7 * len(known)
    assert {row["Amazon Choice Badge"] for row in ranks} <= {"Yes", "No"}
    assert all((row["Organic Rank"] == "1") == (row["Amazon Choice Badge"] == "Yes") for row in ranks)


def test_equal_requests_give_equal_bytes(world: Simulation) -> None:
    """Also in another process's simulation, and workbooks do not hold the time."""
    fresh = Simulation(7, "world")
    for kind, days in (
        ("awd_fees.storage", OCTOBER),
        ("ads_reports.sp_search_terms", WEEK),
        ("support_cases", WEEK),
    ):
        assert download(world, kind, "US", days) == download(fresh, kind, "US", days)
