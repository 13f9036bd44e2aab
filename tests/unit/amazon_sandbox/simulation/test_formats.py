"""Headers, charsets and shapes, as they differ between regions."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.amazon_sandbox.simulation.reading import (
    AE,
    AU,
    CA,
    DE,
    GB,
    INVENTORY,
    JP,
    MX,
    ORDERS,
    RETURNS,
    SALES,
    STOREFRONTS,
    US,
    flat_file,
    read_flat_file,
    sales_report,
)

from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.documents import charset_of
from amazon_sandbox.simulation.documents import flat_file as write_flat_file
from amazon_sandbox.simulation.marketplaces import all_marketplaces

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCHEMA = Path(__file__).parents[5] / "shared/amazon/report_schemas/sellerSalesAndTrafficReport.json"


def orders(simulation: Simulation, marketplace_id: str, days: int = 3) -> Any:
    seller = simulation.seller(STOREFRONTS[marketplace_id][0])
    return flat_file(simulation, ORDERS, seller, [marketplace_id], AS_OF - timedelta(days=days), AS_OF, AS_OF)


def test_order_headers_by_region(simulation: Simulation) -> None:
    na, eu, fe = (orders(simulation, marketplace_id).header for marketplace_id in (US, DE, AU))
    assert (len(na), len(eu), len(fe)) == (34, 33, 31)
    assert na[-2:] == ["signature-confirmation-recommended", "order-item-id"]
    assert eu.index("order-item-id") == eu.index("order-status") + 1
    assert set(fe) < set(eu) < set(na)
    assert [name for name in na if name in fe] == fe == [name for name in eu if name in fe]


def test_inventory_headers_by_region(simulation: Simulation) -> None:
    headers = {}
    for marketplace_id in (US, GB, JP):
        seller = simulation.seller(STOREFRONTS[marketplace_id][0])
        headers[marketplace_id] = flat_file(
            simulation, INVENTORY, seller, [marketplace_id], None, None, AS_OF
        ).header
    assert [len(header) for header in headers.values()] == [24, 23, 21]
    assert headers[US][-1] == "store"
    assert headers[GB][-2:] == ["afn-fulfillable-quantity-local", "afn-fulfillable-quantity-remote"]
    assert headers[US][:21] == headers[GB][:21] == headers[JP]


def test_one_orders_file_for_all_marketplaces(simulation: Simulation) -> None:
    seller = simulation.seller("northwind_na")
    rows = flat_file(simulation, ORDERS, seller, [US, CA, MX], AS_OF - timedelta(days=2), AS_OF, AS_OF).rows
    assert {row["sales-channel"]: row["currency"] for row in rows if row["currency"]} == {
        "Amazon.com": "USD",
        "Amazon.ca": "CAD",
        "Amazon.com.mx": "MXN",
    }


@pytest.mark.parametrize(
    ("marketplace_id", "codec"),
    [(DE, "cp1252"), (MX, "cp1252"), (AU, "cp1252"), (AE, "cp1252"), (JP, "cp932")],
)
@pytest.mark.parametrize("report_type", [ORDERS, INVENTORY, RETURNS])
def test_charsets(simulation: Simulation, marketplace_id: str, codec: str, report_type: str) -> None:
    """The bytes are in the charset the content type names."""
    seller = simulation.seller(STOREFRONTS[marketplace_id][0])
    table = flat_file(
        simulation, report_type, seller, [marketplace_id], AS_OF - timedelta(days=40), AS_OF, AS_OF
    )
    assert table.codec == codec
    text = "".join(table.raw)
    if marketplace_id in (DE, MX, JP):
        assert not text.isascii()
    assert "�" not in text


def test_one_file_of_japan_and_other_countries_loses_accents() -> None:
    """One charset for all marketplaces of an account; a report never fails on a title."""
    japan, *others = (each for each in all_marketplaces() if each.country in ("JP", "AU"))
    title = ["Café Crème – グラス"]
    document = write_flat_file(["title"], [title], charset_of([japan, *others]))
    assert document.content_type.endswith("windows-31j")
    assert document.read().decode("cp932").split("\r\n")[1] == "Caf? Cr?me ? グラス"
    with pytest.raises(UnicodeEncodeError):
        write_flat_file(["title"], [title], charset_of([japan])).read()


def test_yen_have_no_decimals(simulation: Simulation) -> None:
    prices = [row["item-price"] for row in orders(simulation, JP).rows if row["item-price"]]
    assert prices
    assert all(price.isdigit() for price in prices)
    report = sales_report(simulation, JP, date(2026, 11, 10), date(2026, 11, 10), AS_OF)
    amount = report["salesAndTrafficByDate"][0]["salesByDate"]["orderedProductSales"]["amount"]
    assert amount == int(amount)


def test_ids_look_real(simulation: Simulation) -> None:
    rows = orders(simulation, US, days=20).rows
    assert all(re.fullmatch(r"\d{3}-\d{7}-\d{7}", row["amazon-order-id"]) for row in rows)
    assert all(re.fullmatch(r"\d{14}", row["order-item-id"]) for row in rows)
    assert all(re.fullmatch(r"B0[A-Z0-9]{8}", row["asin"]) for row in rows)
    assert len({row["order-item-id"] for row in rows}) == len(rows)
    assert len({row["amazon-order-id"] for row in rows}) < len(rows), "some orders have several items"
    assert any(int(row["quantity"]) > 1 for row in rows)
    stock = flat_file(simulation, INVENTORY, simulation.seller("northwind_na"), [US], None, None, AS_OF).rows
    assert all(re.fullmatch(r"X00[A-Z0-9]{7}", row["fnsku"]) for row in stock)


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_credentials_and_catalogue(seed: int) -> None:
    simulation = Simulation(seed, "world")
    assert len({seller.seller_id for seller in simulation.sellers}) == 5
    for seller in simulation.sellers:
        assert re.fullmatch(r"A[A-Z0-9]{13}", seller.seller_id)
        assert re.fullmatch(r"amzn1\.application-oa2-client\.[0-9a-f]{32}", seller.client_id)
        assert re.fullmatch(r"amzn1\.oa2-cs\.v1\.[0-9a-f]{64}", seller.client_secret)
        assert seller.refresh_token.startswith("Atzr|")
        assert seller.refresh_token not in repr(seller)
        assert seller.client_secret not in repr(seller)
        main = seller.marketplace_ids[0]
        day = date(2026, 11, 1)
        document = simulation.document(SALES, seller, [main], day, day, {"asinGranularity": "SKU"}, AS_OF)
        assert document is not None
        skus = {entry["sku"] for entry in json.loads(document.read())["salesAndTrafficByAsin"]}
        assert 20 <= len(skus) <= 60


def test_demo_is_part_of_the_world_scenario() -> None:
    """The same account has the same history in both scenarios."""
    day = date(2026, 11, 1)
    demo, simulation = Simulation(7, "demo"), Simulation(7, "world")
    assert [seller.account for seller in demo.sellers] == ["northwind_na", "northwind_eu"]
    assert sales_report(demo, US, day, day, AS_OF) == sales_report(simulation, US, day, day, AS_OF)
    with pytest.raises(ValueError, match="demo, world"):
        Simulation(7, "moon")


def test_marketplace_table_is_complete() -> None:
    known = {marketplace.marketplace_id: marketplace for marketplace in all_marketplaces()}
    assert len(known) == 23
    assert set(STOREFRONTS) <= set(known)


@pytest.mark.parametrize("marketplace_id", [US, DE, JP, AE])
@pytest.mark.parametrize(("granularity", "asin"), [("DAY", "SKU"), ("WEEK", "CHILD"), ("MONTH", "PARENT")])
def test_sales_documents_satisfy_amazons_schema(
    simulation: Simulation, marketplace_id: str, granularity: str, asin: str
) -> None:
    if not SCHEMA.exists():
        pytest.skip("the official schema is not beside the repository")
    jsonschema: Any = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    report = sales_report(
        simulation, marketplace_id, date(2026, 9, 20), date(2026, 11, 19), AS_OF, asin, granularity
    )
    errors = [error.message for error in validator.iter_errors(json.loads(json.dumps(report, default=float)))]
    assert not errors
    assert report["salesAndTrafficByAsin"]


def test_business_figures_only_where_amazon_business_is(simulation: Simulation) -> None:
    day = date(2026, 11, 10)
    assert (
        "unitsOrderedB2B"
        in sales_report(simulation, US, day, day, AS_OF)["salesAndTrafficByDate"][0]["salesByDate"]
    )
    without = json.dumps(sales_report(simulation, AE, day, day, AS_OF), default=float)
    assert "B2B" not in without


def test_weeks_and_months_are_widened(simulation: Simulation) -> None:
    """A week is Sunday to Saturday; an entry is named by its first day and sums the period's closed days."""
    asked = (date(2026, 9, 30), date(2026, 10, 13))
    weeks = sales_report(simulation, US, *asked, AS_OF, granularity="WEEK")
    assert [e["date"] for e in weeks["salesAndTrafficByDate"]] == ["2026-09-27", "2026-10-04", "2026-10-11"]
    assert weeks["reportSpecification"]["dataStartTime"] == "2026-09-30"
    months = sales_report(simulation, US, *asked, AS_OF, granularity="MONTH")
    assert [e["date"] for e in months["salesAndTrafficByDate"]] == ["2026-09-01", "2026-10-01"]
    days = sales_report(simulation, US, date(2026, 10, 4), date(2026, 10, 10), AS_OF)["salesAndTrafficByDate"]
    week = weeks["salesAndTrafficByDate"][1]["salesByDate"]
    assert week["unitsOrdered"] == sum(e["salesByDate"]["unitsOrdered"] for e in days)


def test_bulk_file_has_the_requested_rows_and_unique_ids() -> None:
    simulation = Simulation(7)
    chunks = simulation.bulk_orders(rows=12_345).read()
    lines = chunks.decode("cp1252").removesuffix("\r\n").split("\r\n")
    header, rows = lines[0].split("\t"), [line.split("\t") for line in lines[1:]]
    assert len(rows) == 12_345
    assert {len(row) for row in rows} == {len(header)} == {34}
    item = header.index("order-item-id")
    assert len({row[item] for row in rows}) == 12_345
    assert all(re.fullmatch(r"\d{3}-\d{7}-\d{7}\t", line[:20]) for line in lines[1:])
    assert simulation.bulk_orders(rows=0).read().count(b"\r\n") == 1


@pytest.mark.parametrize(("account", "columns"), [("northwind_eu", 33), ("northwind_jp", 31)])
def test_bulk_file_of_any_seller(simulation: Simulation, account: str, columns: int) -> None:
    table = read_flat_file(simulation.bulk_orders(rows=6_001, seller=simulation.seller(account)))
    assert (len(table.rows), len(table.header)) == (6_001, columns)
    assert len({row["amazon-order-id"] for row in table.rows}) > 5_000
