"""Turns the bytes of a report document into typed rows: streamed, with rejected rows split off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

from sellerops.calendar.slices import Slice
from sellerops.formats.arrow_without_pandas import avoid_pandas_import
from sellerops.formats.assembly import Assembler
from sellerops.formats.charsets import LineDecoder, candidates, codec_name, declared_charset
from sellerops.formats.checks import checked
from sellerops.formats.headers import Header
from sellerops.formats.numbers import DecimalStyle, decimal_style
from sellerops.formats.personal_columns import PersonalColumnFilter
from sellerops.formats.quoted import QuotedReader
from sellerops.formats.rows import STRUCTURAL, DriftReport, Reader, RejectReason, RowReject, RowStream, Tally
from sellerops.formats.sniff import Document
from sellerops.formats.times import with_marketplace_orders
from sellerops.formats.tree_rows import TreeReader, rows_of
from sellerops.formats.value_rules import FLAT_DECIMAL, JSON_DECIMAL, ValueRules
from sellerops.formats.web_files import open_web_file
from sellerops.settings.marketplaces import Marketplace, marketplace, marketplace_by_id
from sellerops.settings.specs import FileFormat, TableSpec

__all__ = ["STRUCTURAL", "DriftReport", "RejectReason", "RowReject", "RowStream", "open_rows"]


def open_rows(
    table: TableSpec,
    stream: BinaryIO,
    *,
    file_format: FileFormat,
    slice_: Slice,
    content_type: str | None = None,
    marketplace_ids: Sequence[str] = (),
    facts: Mapping[str, str] | None = None,
    on_reject: Callable[[RowReject], None],
    where: str = "document",
) -> RowStream:
    """The rows of ``table`` in a document.

    :param stream: the document's decoded bytes, read once from the current position; not closed.
    :param slice_: the slice the document was requested for: its window, marketplaces and time zone.
    :param content_type: the download's Content-Type, for its charset.
    :param marketplace_ids: the marketplaces that Amazon names for the document, if any; they decide how
        local numbers are read when the slice covers several marketplaces.
    :param facts: values from the request, the same for all rows, for columns with ``from: "@<fact>"``.
    :param on_reject: receives each rejected row, in no particular order.
    :param where: names the document in errors.

    Raises DocumentDamaged (truncated, empty or a web page) and UnreadableDocument (does not match the
    spec), either here or while the rows are read.
    """
    avoid_pandas_import()
    marketplaces = _marketplaces(slice_, marketplace_ids)
    nothing = frozenset(file_format.nothing)
    tally = Tally(on_reject, personal=frozenset(table.personal_columns))
    declared = codec_name(declared_charset(content_type))
    is_xml = file_format.kind == "xml"
    if file_format.style == "web":
        found = open_web_file(
            table, stream, file_format, slice_, marketplaces, tally, facts or {}, where, declared
        )
        return _row_stream(found, table, tally, where, has_lists=False)
    document = Document(stream, where=where, declared=declared, is_xml=is_xml)
    reader: Reader
    if file_format.kind in ("json", "jsonl", "xml"):
        rules = ValueRules(DecimalStyle.POINT, file_format.timestamps, JSON_DECIMAL, nothing)
        rows = rows_of(document, table, file_format, where)
        reader = TreeReader(rows, table, Assembler(table, slice_, rules, tally, facts), tally, where)
    else:
        writing = DecimalStyle.POINT if file_format.decimal == "point" else decimal_style(marketplaces)
        patterns = with_marketplace_orders(file_format.timestamps, marketplaces, slice_.requested_days)
        rules = ValueRules(writing, patterns, FLAT_DECIMAL, nothing)
        assembler = Assembler(table, slice_, rules, tally, facts)
        names = candidates(document.charset, declared, file_format.charset, marketplaces[0].charset)
        decoder, header = LineDecoder(names), Header(table, by_position=file_format.headers == "position")
        is_csv = file_format.kind == "csv"
        reader = QuotedReader(
            document,
            decoder,
            header,
            assembler,
            tally,
            where,
            delimiter="," if is_csv else "\t",
            always=is_csv,
        )
    has_lists = file_format.kind in ("json", "jsonl", "xml")
    return _row_stream(reader, table, tally, where, has_lists=has_lists)


def _row_stream(reader: Reader, table: TableSpec, tally: Tally, where: str, *, has_lists: bool) -> RowStream:
    """The reader's rows without undeclared personal columns, and with the table's checks."""
    kept = PersonalColumnFilter(reader, table, has_lists=has_lists)
    tally.personal_up_to, tally.inspect = kept.personal_up_to, kept.inspect
    if not table.checks:
        return RowStream(kept, tally)
    return RowStream(kept, tally, lambda batches: checked(batches, table.checks, where=where))


def _marketplaces(slice_: Slice, marketplace_ids: Sequence[str]) -> list[Marketplace]:
    named = [marketplace_by_id(each) for each in marketplace_ids]
    return named or [marketplace(code) for code in slice_.marketplaces]
