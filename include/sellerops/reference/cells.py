"""Converts cells of reference data (a file's text, or a JSON value) to the values that are stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sellerops.reference.problems import Problem, quoted
from sellerops.reference.table import Column, ReferenceTable
from sellerops.settings.spec_files import suggestion
from sellerops.settings.specs import ColumnType

_NUMBER = re.compile(r"[+-]?(\d{1,15})(\.\d{1,9})?")
_COMMA = re.compile(r"[+-]?[\d.' ]*\d,\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 2000


def row_of(
    table: ReferenceTable, cells: Mapping[str, Any], place: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Convert cells by column to the row of a table, and list what is wrong with them.

    Missing cells count as empty. Columns with a problem are missing from the row.
    """
    problems: list[Problem] = []
    row = {}
    for name, column in table.columns.items():
        given = cells.get(name)
        text = "" if given is None else _text(given)
        try:
            row[name] = _value(name, column, text)
        except _Wrong as wrong:
            problems.append(Problem(f"{place}, {name}", wrong.cause, wrong.remedy))
    return row, problems


class _Wrong(Exception):
    def __init__(self, cause: str, remedy: str) -> None:
        self.cause, self.remedy = cause, remedy
        super().__init__(cause)


def _text(given: Any) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given).strip()


def _value(name: str, column: Column, text: str) -> Any:
    if not text:
        if column.default is not None:
            return _typed(name, column, str(column.default)) if column.default != "" else ""
        if column.required:
            raise _Wrong("is empty.", "Fill it in.")
        return None
    return _typed(name, column, text)


def _typed(name: str, column: Column, text: str) -> Any:
    if column.choices and text not in column.choices:
        raise _Wrong(
            f"unknown value {quoted(text)}.", suggestion(text, [each for each in column.choices if each])
        )
    match column.type:
        case ColumnType.DATE:
            return _date(text)
        case ColumnType.INTEGER | ColumnType.DECIMAL:
            return _number(column, text)
    if name.endswith("currency") and not _CURRENCY.fullmatch(text):
        raise _Wrong(f"{quoted(text)} is not a currency.", "Use an ISO code in capitals, such as EUR.")
    if _CONTROL.search(text) or len(text) > _LONGEST:
        raise _Wrong("contains control characters or is too long.", "Replace them with spaces or shorten it.")
    return text


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _Wrong(f"{quoted(text)} is not a valid date.", "Use YYYY-MM-DD, for example 2026-11-20.")


def _number(column: Column, text: str) -> Decimal | int:
    if _COMMA.fullmatch(text):
        raise _Wrong(
            f"{quoted(text)} has a decimal comma.", "Use a point and no thousands separators: 1234.50."
        )
    found = _NUMBER.fullmatch(text)
    if not found:
        raise _Wrong(
            f"{quoted(text)} is not a number.", "Use digits and a point, without a currency: 1234.50."
        )
    value = Decimal(text)
    if column.least is not None and value < column.least:
        raise _Wrong(f"{text} is less than {column.least}.", "Correct it.")
    if column.type is ColumnType.DECIMAL:
        return value
    if value != int(value):
        raise _Wrong(f"{quoted(text)} is not a whole number.", "Round it.")
    return int(value)
