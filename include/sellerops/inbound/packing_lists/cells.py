"""Reads the values of a packing list's cells: numbers, dates and units as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sellerops.inbound.problems import quoted


@dataclass(frozen=True)
class Unreadable:
    """A cell without a usable value, such as ``#N/A``; ``cause`` completes "this cell ..."."""

    cause: str


Value = str | Decimal | date | Unreadable | None

_LONGEST = 30
_UNITS = {
    "cm": "CM", "centimeter": "CM", "centimeters": "CM", "centimetre": "CM", "centimetres": "CM",
    "in": "IN", "inch": "IN", "inches": "IN", '"': "IN", "″": "IN",
    "kg": "KG", "kgs": "KG", "kilogram": "KG", "kilograms": "KG",
    "lb": "LB", "lbs": "LB", "pound": "LB", "pounds": "LB",
}  # fmt: skip
# Blanks and apostrophes separate only thousands; a dot or comma may be the decimal mark as well.
_SPACES_IN_NUMBER = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_WITH_UNIT = re.compile(r"(?P<number>[-+]?[\d.,\s'’]*\d)\s*(?P<unit>[A-Za-z]+|[\"″])?")
_ONE_MARK = re.compile(r"(\d+)([.,])(\d+)")
_GROUPS = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+")
_GROUPS_AND_DECIMALS = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:\.\d{3})+,\d+")


class CellError(Exception):
    """A cell's value cannot be used."""

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause = cause
        self.remedy = remedy
        super().__init__(cause)


def text_of(value: Value) -> str:
    """The cell as text without surrounding blanks; empty for a blank cell. A number has no trailing zeros."""
    if isinstance(value, Unreadable):
        raise CellError(f"this cell {value.cause}.", "Enter the value itself.")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return "" if value is None else str(value).strip()


def is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def decimal_mark_in(texts: list[str]) -> str | None:
    """The decimal mark that the texts agree on; None if none of them shows it, or both are used."""
    marks = set()
    for text in texts:
        cleaned = _SPACES_IN_NUMBER.sub("", text.strip())
        one = _ONE_MARK.fullmatch(cleaned)
        if one and len(one[3]) != 3:
            marks.add(one[2])
        elif _GROUPS_AND_DECIMALS.fullmatch(cleaned):
            marks.add("." if cleaned.rfind(".") > cleaned.rfind(",") else ",")
    return marks.pop() if len(marks) == 1 else None


def measure_of(value: Value, mark: str | None) -> tuple[Decimal, str | None]:
    """A length or weight, and its unit (CM, IN, KG, LB) if the cell has one.

    ``mark``: the list's decimal mark; None if unknown. Raises CellError.
    """
    if isinstance(value, Decimal):
        return value, None
    text = text_of(value)
    found = _WITH_UNIT.fullmatch(text)
    if not found or len(text) > _LONGEST:
        raise CellError(f"{quoted(text)} is not a number.", "Write a number such as 12.5.")
    unit = unit_of(found["unit"]) if found["unit"] else None
    return _number(found["number"], mark), unit


def whole_number_of(value: Value, mark: str | None) -> int:
    """A count of units or boxes. Raises CellError for fractions, and if 1.000 may mean 1 or 1000."""
    if isinstance(value, Decimal):
        number = value
    else:
        text = text_of(value)
        if len(text) > _LONGEST or not re.fullmatch(r"[-+]?[\d.,\s'’]*\d", text):
            raise CellError(f"{quoted(text)} is not a whole number.", "Write digits only, such as 24.")
        one = _ONE_MARK.fullmatch(text.lstrip("+-"))
        if one and len(one[3]) == 3 and (mark is None or one[2] == mark):
            raise CellError(
                f"{quoted(text)} may mean {one[1]} or {one[1]}{one[3]}.", "Write it without a separator."
            )
        number = _number(text, mark)
    if number != number.to_integral_value():
        raise CellError(f"{quoted(value)} is not a whole number.", "Write digits only, such as 24.")
    return int(number)


def _number(text: str, mark: str | None) -> Decimal:
    sign = -1 if text.startswith("-") else 1
    cleaned = _SPACES_IN_NUMBER.sub("", text.lstrip("+-").strip())
    one = _ONE_MARK.fullmatch(cleaned)
    if cleaned.isascii() and cleaned.isdigit():
        plain = cleaned
    elif one:
        plain = _with_one_mark(one, mark)
    elif _GROUPS.fullmatch(cleaned):
        plain = re.sub("[.,]", "", cleaned)
    elif _GROUPS_AND_DECIMALS.fullmatch(cleaned):
        last = max(cleaned.rfind("."), cleaned.rfind(","))
        plain = re.sub("[.,]", "", cleaned[:last]) + "." + cleaned[last + 1 :]
    else:
        raise CellError(f"{quoted(text)} is not a number.", "Write a number such as 12.5.")
    return sign * Decimal(plain)


def _with_one_mark(found: re.Match[str], mark: str | None) -> str:
    whole, separator, rest = found.groups()
    may_be_thousands = len(rest) == 3 and len(whole) <= 3 and not whole.startswith("0")
    if separator == mark or not may_be_thousands:
        return f"{whole}.{rest}"
    if mark is None:
        raise CellError(
            f"{quoted(found[0])} may mean {whole}.{rest} or {whole}{rest}.",
            "Write thousands without a separator and decimals with one or two digits.",
        )
    return whole + rest


def unit_of(text: str) -> str:
    """CM, IN, KG or LB. Raises CellError for any other unit."""
    unit = _UNITS.get(text.strip().rstrip(".").casefold())
    if unit is None:
        raise CellError(f"unknown unit {quoted(text)}.", "Use CM or IN for lengths, KG or LB for weights.")
    return unit


def day_of(value: Value, order: str | None = None) -> date:
    """A date; ``order`` (``mdy``, ``dmy``) decides how 03/04/2027 is read. Raises CellError."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = text_of(value)
    parts = re.fullmatch(r"(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})(?:[T ]00:00(?::00(?:\.0+)?)?)?", text)
    if not parts:
        raise CellError(f"{quoted(text)} is not a date.", "Write it as YYYY-MM-DD, for example 2027-03-31.")
    first, separator, second, third = parts.groups()
    if len(first) == 4:
        return _day(text, first, second, third)
    if len(third) != 4:
        raise CellError(f"{quoted(text)} has no year of four digits.", "Write it as YYYY-MM-DD.")
    if separator == "." or order == "dmy" or int(first) > 12:
        return _day(text, third, second, first)
    if order == "mdy" or int(second) > 12 or first == second:
        return _day(text, third, first, second)
    raise CellError(f"{quoted(text)} may be read as day/month or month/day.", "Write it as YYYY-MM-DD.")


def _day(text: str, year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise CellError(f"{quoted(text)} is not a date.", "Write it as YYYY-MM-DD.") from None


def is_yes(value: Value) -> bool:
    """Whether a cell says yes. Raises CellError if it says neither yes nor no; blank is no."""
    text = text_of(value).casefold()
    if text in ("yes", "y", "true", "1", "x", "ja"):
        return True
    if text in ("", "no", "n", "false", "0", "nein"):
        return False
    raise CellError(f"{quoted(text)} is neither yes nor no.", "Write yes or no.")
