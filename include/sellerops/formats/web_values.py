"""Rewrites the values of web pages' files as the readers of reports expect them: plain numbers, ISO dates.

A text of unknown form stays as it is, so that the reader rejects it and shows what the file says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal

import pyarrow as pa

from sellerops.formats.column_bytes import contains_any, has_only
from sellerops.formats.numbers import DecimalStyle, parse_decimal
from sellerops.formats.rows import DriftReport
from sellerops.formats.web_times import days_of_range, iso_day, iso_time
from sellerops.settings.specs import Column, ColumnType, TableSpec

# Excel keeps the digits of ="1712..." as text.
_WRAPPED = re.compile(r'="(.*)"', re.DOTALL)
_CURRENCY = r"(?:[A-Z]{1,3}\$|[A-Z]{3}|[$€£¥₹₺₽₩]|zł|kr\.?|TL|Rs\.?)"
# A sign, a currency and a percent sign on either side of digits with separators.
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+-]?)\s*(?:{_CURRENCY}|%)?\s*(?P<inner>[+-]?)\s*"
    rf"(?P<digits>[0-9.,'\u2019\s]*[0-9][0-9.,'\u2019]*)\s*(?:{_CURRENCY}|%)?\s*(?P<close>\))?"
)
# 1,807 and, in India, 1,08,218.
_COMMA_GROUPS = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?"
)
_PLAIN = b"-.0123456789"

Rewrite = Callable[[str], str]


class WebValues:
    """Rewrites the columns of one table. ``local``: how the document's marketplaces write numbers."""

    def __init__(self, table: TableSpec, local: DecimalStyle, default: str) -> None:
        self._all, self._facts, self._columns = table.columns, table.facts, table.read_columns
        self._styles = {
            name: local if (column.decimal or default) == "local" else DecimalStyle.POINT
            for name, column in self._columns.items()
        }

    def rewritten(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """The columns with every declared one in its plain form; undeclared ones are only unwrapped."""
        return {name: self._column(name, values) for name, values in columns.items()}

    def rewritten_facts(self, facts: Mapping[str, str]) -> dict[str, str]:
        """The same for facts, by the type of the columns that take them."""
        written = dict(facts)
        for name, fact in self._facts.items():
            if fact in facts:
                written[fact] = _rewrite(self._all[name], DecimalStyle.POINT)(facts[fact])
        return written

    def ends_of_ranges(self, drift: DriftReport) -> dict[str, str]:
        """Map the column of each range's last day to that of its first day: both read the same header.

        Removes the columns of last days from ``drift.missing``.
        """
        found = {}
        for name, column in self._columns.items():
            if column.part != "last":
                continue
            firsts = [
                each
                for each, other in self._columns.items()
                if other.part == "first" and other.source == column.source and each not in drift.missing
            ]
            if firsts:
                found[name] = firsts[0]
                drift.missing.remove(name)
        return found

    def _column(self, name: str, values: pa.Array) -> pa.Array:
        column = self._columns.get(name)
        style = self._styles.get(name, DecimalStyle.POINT)
        if values.null_count == len(values) or self._is_plain(column, style, values):
            return values
        return _each(values, _rewrite(column, style))

    def _is_plain(self, column: Column | None, style: DecimalStyle, values: pa.Array) -> bool:
        """Whether a quick scan shows that there is nothing to rewrite."""
        if column is None or column.type in (ColumnType.TEXT, ColumnType.BOOLEAN):
            return not contains_any(values, b'="')
        is_number = column.type in (ColumnType.INTEGER, ColumnType.DECIMAL)
        return is_number and style is DecimalStyle.POINT and has_only(values, _PLAIN)


def _rewrite(column: Column | None, style: DecimalStyle) -> Rewrite:
    kind = column.type if column else ColumnType.TEXT
    if kind is ColumnType.DECIMAL:
        return lambda text: plain_number(unwrapped(text), style) or text
    if kind is ColumnType.INTEGER:
        return lambda text: _whole(unwrapped(text), style) or text
    if kind is ColumnType.TIMESTAMP:
        return lambda text: iso_time(unwrapped(text)) or text
    if kind is ColumnType.DATE:
        part = column.part if column else None
        return lambda text: _day(unwrapped(text), part)
    return unwrapped


def _each(values: pa.Array, rewrite: Rewrite) -> pa.Array:
    """``values`` rewritten; each distinct text once."""
    encoded = values.dictionary_encode()
    written = [rewrite(text) or None for text in encoded.dictionary.to_pylist()]
    return pa.array(written, pa.string()).take(encoded.indices)


def unwrapped(text: str) -> str:
    """``="1712"`` as ``1712``."""
    found = _WRAPPED.fullmatch(text)
    return found[1] if found else text


def plain_number(text: str, style: DecimalStyle) -> str | None:
    """A number without currency, percent sign and grouping; None if it is not one.

    With ``POINT``, a comma groups thousands and never begins decimals.
    """
    found = _AMOUNT.fullmatch(_folded(text))
    if not found or bool(found["open"]) != bool(found["close"]) or (found["sign"] and found["inner"]):
        return None
    digits = found["digits"].strip()
    if _COMMA_GROUPS.fullmatch(digits) and (style is not DecimalStyle.LOCAL_COMMA or digits.count(",") > 1):
        digits = _without_commas(digits, style)
    elif style is DecimalStyle.POINT and "," in digits:
        return None
    try:
        value = parse_decimal(digits, DecimalStyle.LOCAL_POINT if style is DecimalStyle.POINT else style)
    except ValueError:
        return None
    is_negative = found["open"] or "-" in (found["sign"], found["inner"])
    return format(-value if is_negative and value else value, "f")


def _without_commas(digits: str, style: DecimalStyle) -> str:
    """Remove grouping commas. With ``LOCAL_UNKNOWN``, an ambiguous 1,234 stays, to be refused."""
    is_open = style is DecimalStyle.LOCAL_UNKNOWN and digits.count(",") == 1 and "." not in digits
    return digits if is_open else digits.replace(",", "")


def _whole(text: str, style: DecimalStyle) -> str | None:
    number = plain_number(text, style)
    if number is None or Decimal(number) != int(Decimal(number)):
        return None
    return str(int(Decimal(number)))


def _day(text: str, part: str | None) -> str:
    if part:
        text = days_of_range(text)[0 if part == "first" else 1]
    return iso_day(text) or text


def _folded(text: str) -> str:
    """Full-width signs and spaces of any kind as plain ones."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    return text.strip()
