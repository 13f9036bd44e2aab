"""How a report looks for another account or in another shop: other words, quotes, headers and dates."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from sellerops.formats import RowReject, open_rows
from sellerops.marketplaces import all_marketplaces, marketplace
from sellerops.slices import Slice
from sellerops.specs import ColumnType, load_spec, load_specs

FLAT = [spec for spec in load_specs()[0] if spec.format.kind in ("tsv", "csv")]


class Read:
    """The rows of a document by a spec of the catalogue, as a shop's."""

    def __init__(self, report: str, content: str | bytes, shop: str = "US", charset: str = "utf-8") -> None:
        spec = load_spec(report)
        (table,) = spec.tables.values()
        self.rejects: list[RowReject] = []
        stream = open_rows(
            table,
            io.BytesIO(content if isinstance(content, bytes) else content.encode(charset)),
            file_format=spec.format,
            piece=Slice(
                spec.source, report, "a", marketplace(shop).region, (shop,), "l", "UTC",
                first_day="2026-01-01", last_day="2026-12-31",
            ),
            on_reject=self.rejects.append,
        )  # fmt: skip
        self.rows: list[dict[str, Any]] = [row for batch in stream for row in batch.to_pylist()]
        self.added = dict(stream.drift.added)
        assert stream.rows_in_file == len(self.rows) + len(self.rejects)

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


RESTOCK = [
    "Country", "Product Name", "FNSKU", "Merchant SKU", "ASIN", "Condition", "Price", "Total Units",
    "Fulfilled by", "Total Days of Supply", "Recommended replenishment qty", "Recommended ship date",
    "Recommended action",
]  # fmt: skip


def restock(*dates: str, quote: str = "", supply: str = "Total Days of Supply") -> str:
    header = [supply if name == "Total Days of Supply" else name for name in RESTOCK]
    rows = [
        [
            "US",
            '8" lamp',
            "X0",
            f"S-{n}",
            "B0",
            "New",
            "9.50",
            "12",
            "Amazon",
            "40",
            "0",
            text,
            "No action required",
        ]
        for n, text in enumerate(dates)
    ]
    return "".join("\t".join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in [header, *rows])


@pytest.mark.parametrize("quote", ["", '"'], ids=["plain", "quoted"])
@pytest.mark.parametrize(
    "supply", ["Total Days of Supply", "Total Days of Supply (including units from open shipments)"]
)
def test_restock_with_quotes_words_for_nothing_and_either_header(quote: str, supply: str) -> None:
    read = Read("restock_recommendations", restock("none", "12/01/2026", "N/A", quote=quote, supply=supply))
    assert read.column("recommended_ship_date") == [None, date(2026, 12, 1), None]
    assert read.column("total_days_of_supply") == ["40"] * 3 and not read.added
    assert read.column("product_name") == ['8" lamp'] * 3


FEEDBACK = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\n"
DAY = date(2026, 2, 13)
EARLY = date(2026, 1, 3)


@pytest.mark.parametrize(
    ("shop", "written"),
    [
        ("US", ["2/13/26", "1/3/26"]),
        ("US", ["02/13/2026", "01/03/2026"]),
        *((shop, ["13/2/26", "3/1/26"]) for shop in ("GB", "CA", "FR", "IT", "ES", "MX", "BR", "AU", "IN")),
        *((shop, ["13-02-2026", "03-01-2026"]) for shop in ("NL", "BE", "SG")),
        *((shop, ["13.02.26", "03.01.2026"]) for shop in ("DE", "PL", "TR", "US")),
        ("JP", ["26/2/13", "26/1/3"]),
        ("JP", ["2026/02/13", "2026/01/03"]),
        ("SE", ["2026-02-13", "2026-01-03"]),
    ],
)
def test_the_marketplace_decides_the_order_of_day_and_month(shop: str, written: list[str]) -> None:
    lines = "".join(f"{text}\t2\tlate\t\t1-{n}\ta@x.example\n" for n, text in enumerate(written))
    read = Read("seller_feedback", FEEDBACK + lines, shop)
    assert not read.rejects and read.column("date") == [DAY, EARLY]


@pytest.mark.parametrize(("shop", "written"), [("US", "13/2/26"), ("GB", "2/13/26"), ("ZA", "10/2/11")])
def test_a_date_of_another_order_or_two_readings_is_never_guessed(shop: str, written: str) -> None:
    read = Read("seller_feedback", f"{FEEDBACK}{written}\t2\tlate\t\t1-1\ta@x.example\n", shop)
    assert [reject.column_name for reject in read.rejects] == ["date"]


def test_every_marketplace_has_its_order_of_dates() -> None:
    for shop in all_marketplaces().values():
        assert shop.dates and set(shop.dates) <= {"dmy", "mdy", "ymd"}, shop.code


LISTINGS = (
    "item-name\tlisting-id\tseller-sku\tprice\tquantity\tasin1\tDeprecated column\tDeprecated column"
    "\tfulfilment-channel\tstatus\nLamp\tL1\tS-1\t9.50\t3\tB0\t\t\tDEFAULT\tActive\n"
)


def test_a_british_header_is_its_column() -> None:
    (row,) = Read("listings_all", LISTINGS, "DE").rows
    assert (row["fulfillment_channel"], float(row["price"])) == ("DEFAULT", 9.5)


@pytest.mark.parametrize(
    ("report", "header", "row", "column", "value"),
    [
        (
            "inventory_ledger_summary",
            "Date FNSKU ASIN MSKU Title Disposition StartingWarehouseBalance InTransitBetweenWarehouses "
            "Receipts CustomerShipments CustomerReturns WarehouseTransferIn/Out EndingWarehouseBalance "
            "Location",
            "07/10/2026 X1 B1 S-1 Lamp SELLABLE 150 5 25 -30 3 2 156 US",
            "warehouse_transfer_in_out",
            2,
        ),
        (
            "inventory_ledger_detail",
            "Date FNSKU ASIN MSKU Title EventType ReferenceID Quantity FulfillmentCenter Disposition Reason "
            "Country ReconciledQuantity UnreconciledQuantity",
            "07/10/2026 X1 B1 S-1 Lamp Shipments R -1 PHX7 SELLABLE r US 4 0",
            "reconciled_quantity",
            4,
        ),
    ],
)
def test_joined_words_are_their_columns(report: str, header: str, row: str, column: str, value: int) -> None:
    read = Read(report, header.replace(" ", "\t") + "\n" + row.replace(" ", "\t") + "\n")
    assert read.column(column) == [value] and not read.added and not read.rejects


@pytest.mark.parametrize("word", ["none", "None", "N/A", "n/a", "--", "-", "\u2014", "null"])
@pytest.mark.parametrize("spec", FLAT, ids=lambda spec: spec.name)
def test_words_for_nothing_are_null_in_every_typed_column(spec: Any, word: str) -> None:
    """Of each flat table the first column of each type that a row can do without."""
    import pyarrow as pa

    from sellerops.formats.casts import ValueRules, cast_column

    for table in spec.tables.values():
        for kind in {column.type for column in table.read_columns.values()} - {ColumnType.TEXT}:
            cast = cast_column(
                pa.array([word, f" {word} "]), kind, ValueRules(timestamps=spec.format.timestamps)
            )
            assert cast.values.null_count == 2 and not cast.failures, (table, kind)
