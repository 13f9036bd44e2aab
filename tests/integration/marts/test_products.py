"""Products: SKUs as reports name them, what people say about them, and those that nobody mapped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.hand_made_rows import add_rows, make_marts

from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import load_mart
from sellerops.reference.importing import import_rows
from sellerops.reference.suggestions import read_products, suggest
from sellerops.reference.tables import TABLES
from sellerops.settings.mart_tables import Span

NA = "northwind_na"
WEEK = date(2026, 3, 2)
MARTS = [load_mart(name) for name in ("product", "unmapped_product", "unmapped_day")]


def _seen(sku: str, asin: str = "", fnsku: str = "", first: int = 2, last: int = 8) -> dict[str, Any]:
    return {
        "account_id": NA, "week_monday": WEEK, "sku": sku, "asin": asin, "fnsku": fnsku, "is_listed": True,
        "is_used": True, "first_day": date(2026, 3, first), "last_day": date(2026, 3, last),
    }  # fmt: skip


@pytest.fixture
def builder(ledger: Ledger) -> MartBuilder:
    conninfo = ledger.database.conninfo
    make_marts(conninfo, ["product_seen", "product_listing"])
    add_rows(
        conninfo,
        "sellerops_marts.product_seen",
        [
            _seen("NW-1", "B01", "X01", first=2, last=4),
            _seen("NW-1", "B01X", first=5, last=8),
            _seen("NW-2", "B02"),
            _seen("NW-2", "", "X02"),
            _seen("nw 1", first=6, last=6),
            _seen("OLD-7", "B01"),
            _seen("amzn.gr.NW-1-abc", "B01"),
        ],
    )
    listing = {
        "account_id": NA,
        "marketplace_id": "ATVPDKIKX0DER",
        "sku": "NW-1",
        "title": "Lamp",
        "brand": "N",
    }
    add_rows(conninfo, "sellerops_marts.product_listing", [listing])
    store = open_mart_store("postgres", conninfo, ledger=conninfo)
    # Their inputs are known, but not rebuilt: they have the rows above.
    given = [load_mart(name) for name in ("product_seen", "listing_month", "product_listing")]
    return MartBuilder(ledger, store, [*MARTS, *given], declared_columns())


def _build(builder: MartBuilder, ledger: Ledger) -> dict[str, dict[str, Any]]:
    builder.look()
    for mart in MARTS:
        builder.queue(mart, [Span(NA)], cause="the test")
        builder.build(mart)
    return {row["sku"]: row for row in _rows(ledger, "product")}


def _rows(ledger: Ledger, mart: str) -> list[dict[str, Any]]:
    with ledger.connection() as connection:
        return connection.execute(f"SELECT * FROM sellerops_marts.{mart}".encode()).fetchall()


def test_the_newest_report_decides_and_unknown_skus_are_unmapped(
    builder: MartBuilder, ledger: Ledger
) -> None:
    products = _build(builder, ledger)
    assert (products["NW-1"]["asin"], products["NW-1"]["fnsku"], products["NW-1"]["asins"]) == (
        "B01X",
        "X01",
        2,
    )
    assert (products["NW-1"]["title"], products["NW-1"]["brand"]) == ("Lamp", "N")
    assert (products["NW-2"]["asin"], products["NW-2"]["fnsku"]) == ("B02", "X02")
    assert products["NW-1"]["known_since"] == date(2026, 3, 2)
    assert products["amzn.gr.NW-1-abc"]["is_resold"] is True
    assert {sku for sku, row in products.items() if row["missing"]} == {"nw 1"}
    (day,) = _rows(ledger, "unmapped_day")
    assert (day["day"], day["unmapped"], day["new"]) == (date(2026, 3, 6), 1, 1)


def test_people_correct_it_and_then_every_sku_needs_an_own_number(
    builder: MartBuilder, ledger: Ledger
) -> None:
    given = {"account_id": NA, "sku": "NW-1", "own_id": "P-100", "asin": "B01", "title": "Desk lamp"}
    with ledger.connection() as connection:
        import_rows(connection, TABLES["product_mapping"], [given], source="test", allow_unknown=True)
    products = _build(builder, ledger)
    assert (products["NW-1"]["asin"], products["NW-1"]["own_id"]) == ("B01", "P-100")
    assert (products["NW-1"]["title"], products["NW-1"]["status"]) == ("Desk lamp", "complete")
    reasons = {row["sku"]: row["reason"] for row in _rows(ledger, "unmapped_product")}
    assert reasons == {"nw 1": "asin", "NW-2": "own_id", "OLD-7": "own_id"}
    by_day = {row["day"].day: (row["unmapped"], row["new"]) for row in _rows(ledger, "unmapped_day")}
    assert by_day == {day: (3, 1) if day == 6 else (2, 2) if day == 2 else (2, 0) for day in range(2, 9)}

    with ledger.connection() as connection:
        found = {each.sku: each for each in suggest(read_products(connection))}
    assert set(found) == {"nw 1", "OLD-7"}, "resold units are kept apart, and nothing is like NW-2"
    assert (found["OLD-7"].reason, found["OLD-7"].row["own_id"]) == ("same ASIN as", "P-100")
    assert (found["nw 1"].reason, found["nw 1"].row["asin"]) == ("spelled like", "B01")
    assert found["nw 1"].certainty < found["OLD-7"].certainty


def test_the_same_products_again_rebuild_nothing_that_reads_them(
    builder: MartBuilder, ledger: Ledger
) -> None:
    _build(builder, ledger)
    product = MARTS[0]
    builder.queue(product, [Span(NA)], cause="a load")
    builder.build(product)
    assert builder.waiting() == []
    add_rows(ledger.database.conninfo, "sellerops_marts.product_seen", [_seen("NW-3", "B03")])
    builder.queue(product, [Span(NA)], cause="a load")
    built = builder.build(product)
    assert built.counts.inserted == 6
    assert builder.waiting()[0].name == "unmapped_product"
