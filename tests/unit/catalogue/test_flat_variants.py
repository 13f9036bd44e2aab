"""How a report differs by account and marketplace: other words, quotes, headers and dates."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from support.catalogue import request_facts
from support.samples import COUNTRIES, CREATED, Sample, sample_of
from support.specs import shipped_specs

from amazon_sandbox.reports.transforms import apply
from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, RowStream, open_rows
from sellerops.formats.names import is_needed
from sellerops.formats.spelling import canonical
from sellerops.settings.marketplaces import all_marketplaces, marketplace
from sellerops.settings.specs import ColumnType, ReportSpec, load_spec

Rows = list[dict[str, Any]]

CREATED_FLAT = [spec for spec in CREATED if spec.format.kind in ("tsv", "csv")]
FLAT = [spec for spec in shipped_specs() if spec.format.kind in ("tsv", "csv")]


class Read:
    """The rows of a marketplace's document, read with a spec of the catalogue."""

    def __init__(
        self, report: str, content: str | bytes, country: str = "US", charset: str = "utf-8"
    ) -> None:
        spec = load_spec(report)
        (table,) = spec.tables.values()
        self.rejects: list[RowReject] = []
        stream = open_rows(
            table,
            io.BytesIO(content if isinstance(content, bytes) else content.encode(charset)),
            file_format=spec.format,
            slice_=Slice(
                spec.source, report, "a", marketplace(country).region, (country,), "l", "UTC",
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
    ("country", "written"),
    [
        ("US", ["2/13/26", "1/3/26"]),
        ("US", ["02/13/2026", "01/03/2026"]),
        *(
            (country, ["13/2/26", "3/1/26"])
            for country in ("GB", "CA", "FR", "IT", "ES", "MX", "BR", "AU", "IN")
        ),
        *((country, ["13-02-2026", "03-01-2026"]) for country in ("NL", "BE", "SG")),
        *((country, ["13.02.26", "03.01.2026"]) for country in ("DE", "PL", "TR", "US")),
        ("JP", ["26/2/13", "26/1/3"]),
        ("JP", ["2026/02/13", "2026/01/03"]),
        ("SE", ["2026-02-13", "2026-01-03"]),
    ],
)
def test_the_marketplace_decides_the_order_of_day_and_month(country: str, written: list[str]) -> None:
    lines = "".join(f"{text}\t2\tlate\t\t1-{n}\ta@x.example\n" for n, text in enumerate(written))
    read = Read("seller_feedback", FEEDBACK + lines, country)
    assert not read.rejects and read.column("date") == [DAY, EARLY]


@pytest.mark.parametrize(("country", "written"), [("US", "13/2/26"), ("GB", "2/13/26"), ("ZA", "10/2/11")])
def test_a_date_of_another_order_or_two_readings_is_never_guessed(country: str, written: str) -> None:
    read = Read("seller_feedback", f"{FEEDBACK}{written}\t2\tlate\t\t1-1\ta@x.example\n", country)
    assert [reject.column_name for reject in read.rejects] == ["date"]


@pytest.mark.parametrize("written", ["13/2/26", "26/2/13"])
def test_the_requested_days_decide_between_two_readings(written: str) -> None:
    """In South Africa, 26/2/13 is the 13th of February 2026, or the 26th of 2013."""
    read = Read("seller_feedback", f"{FEEDBACK}{written}\t2\tlate\t\t1-1\ta@x.example\n", "ZA")
    assert not read.rejects and read.column("date") == [DAY]


def test_every_marketplace_has_its_order_of_dates() -> None:
    for country in all_marketplaces().values():
        assert country.dates and set(country.dates) <= {"dmy", "mdy", "ymd"}, country.code


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

    from sellerops.formats.casts import cast_column
    from sellerops.formats.value_rules import ValueRules

    for table in spec.tables.values():
        for kind in {column.type for column in table.read_columns.values()} - {ColumnType.TEXT}:
            cast = cast_column(
                pa.array([word, f" {word} "]), kind, ValueRules(timestamps=spec.format.timestamps)
            )
            assert cast.values.null_count == 2 and not cast.failures, (table, kind)


def read(spec: ReportSpec, sample: Sample, *changes: tuple[str, dict[str, str]]) -> tuple[Rows, RowStream]:
    """The rows of a document of the local Amazon, changed by its content faults; ``source_line`` aside."""
    chunks = iter((sample.content,))
    for name, options in changes:
        chunks = apply(name, options, chunks, sample.content_type)
    (table,) = spec.tables.values()
    stream = open_rows(
        table,
        io.BytesIO(b"".join(chunks)),
        file_format=spec.format,
        slice_=sample.slice_,
        content_type=sample.content_type,
        facts=request_facts(sample.slice_),
        on_reject=lambda _: None,
    )
    rows = [row for batch in stream for row in batch.to_pylist()]
    rows.sort(key=lambda row: row["source_line"])
    for row in rows:
        del row["source_line"]
        row.pop("line_hash", None)
    return rows, stream


def free_text(spec: ReportSpec, header: list[str], *, is_inner: bool) -> str | None:
    """A header of the document whose column may hold any text; ``is_inner``: and is not the first."""
    (table,) = spec.tables.values()
    known = {canonical(table.header_of(name)): name for name in table.read_columns}
    for header_name in header[is_inner:]:
        name = known.get(canonical(header_name))
        if name and table.columns[name].type is ColumnType.TEXT and not is_needed(name, table):
            return header_name
    return None


@pytest.mark.parametrize("account", COUNTRIES)
@pytest.mark.parametrize("spec", CREATED_FLAT, ids=lambda spec: spec.name)
def test_every_flat_report_is_the_same_however_an_account_has_it(spec: ReportSpec, account: str) -> None:
    sample = sample_of(spec, account)
    if sample is None:
        return
    expected, stream = read(spec, sample)
    assert expected and not stream.rejected
    first_line = sample.content.partition(b"\r\n")[0].decode("latin-1")
    styles = [[("header_respelled", {"style": style})] for style in ("joined", "british")]
    if not first_line.startswith('"'):
        styles += [[("quoted", {"escaped": escaped})] for escaped in ("yes", "no")]
        styles.append([("header_respelled", {}), ("quoted", {})])
    for changes in styles:
        if spec.format.headers == "name":
            rows, stream = read(spec, sample, *changes)
            assert rows == expected and not stream.rejected and not stream.drift.added, changes
    rows, stream = read(spec, sample, ("row_of_tabs", {"row": "1"}))
    assert rows == expected and stream.rejected.total() == 1
    if first_line.startswith('"'):
        return
    text = free_text(spec, first_line.split("\t"), is_inner=False)
    if text is not None:
        rows, stream = read(spec, sample, ("lost_character", {"column": text}))
        assert len(rows) == len(expected) and not stream.rejected and stream.marked_texts == 1
    text = free_text(spec, first_line.split("\t"), is_inner=True)
    if text is not None and len(expected) > 1:
        rows, stream = read(spec, sample, ("line_break", {"column": text}))
        assert rows[-1] == expected[-1]
        whole = [row for row in rows if "first line\nsecond line" in row.values()]
        assert len(rows) + stream.rejected.total() == stream.rows_in_file
        assert len(whole) == 1 or stream.rejected.total() >= 1
        assert not any("first line" in row.values() or "second line" in row.values() for row in rows)


def test_the_local_amazon_writes_the_dialects_of_its_accounts() -> None:
    """Else the catalogue's own tests would never meet them."""
    seen: set[str] = set()
    for spec in CREATED_FLAT:
        for account in COUNTRIES:
            if sample := sample_of(spec, account):
                header, _, body = sample.content.partition(b"\r\n")
                names = header.decode("latin-1")
                seen |= {"quoted"} if names.startswith('"') else {"plain"}
                seen |= {"joined"} if "StartingWarehouseBalance" in names else set()
                seen |= {"british"} if "fulfilment-channel" in names else set()
                seen |= {"none"} if b"none" in body else set()
                seen |= (
                    {"unescaped"}
                    if re.search(rb'[^\t"\n]"[^\t"\r]|\d""', body) and names[0] == '"'
                    else set()
                )
    assert seen == {"quoted", "plain", "joined", "british", "none", "unescaped"}
