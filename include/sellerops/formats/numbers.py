"""Parses numbers as marketplaces write them, exactly or not at all.

These functions are the reference; ``casts`` reads whole columns faster and must agree with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal
from enum import Enum

from sellerops.base.limits import LONGEST_NUMBER
from sellerops.settings.marketplaces import Marketplace

_COMMA_LANGUAGES = frozenset({"de", "fr", "it", "es", "nl", "sv", "pl", "tr", "pt"})
_POINT_LOCALES = frozenset({"es_MX"})

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
_GROUPED_BY_POINTS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+")
_GROUPED_BY_COMMAS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")
# A space of any width, or an apostrophe, before a group of three digits.
_GROUP_SPACE = re.compile(r"(?<=[0-9])[\s'\u2019](?=[0-9]{3}(?![0-9]))")
# The default context would round at 28 digits.
_EXACT = Context(prec=2000)
_INT64 = range(-(2**63), 2**63)


class DecimalStyle(Enum):
    """How a document writes decimals.

    ``POINT``: always 1.5. The others are a marketplace's local style, in which both 95,00 and 95.00 can be
    read; only the meaning of a single group of three digits (1.234) depends on the style. With
    ``LOCAL_UNKNOWN`` (marketplaces of different styles in one document) such a value is refused.
    """

    POINT = "point"
    LOCAL_POINT = "local point"
    LOCAL_COMMA = "local comma"
    LOCAL_UNKNOWN = "local unknown"


def decimal_style(marketplaces: Iterable[Marketplace]) -> DecimalStyle:
    """The local style that the marketplaces of one document share."""
    commas = {_writes_comma(each.locale) for each in marketplaces}
    if len(commas) != 1:
        return DecimalStyle.LOCAL_UNKNOWN
    return DecimalStyle.LOCAL_COMMA if commas.pop() else DecimalStyle.LOCAL_POINT


def _writes_comma(locale: str) -> bool:
    return locale not in _POINT_LOCALES and locale.split("_")[0] in _COMMA_LANGUAGES


def parse_integer(text: str) -> int:
    """A whole number of 64 bits; ``5.0`` is 5. Raises ValueError for anything else."""
    stripped = _stripped(text)
    if not _INTEGER.fullmatch(stripped):
        raise ValueError("not a whole number")
    value = int(stripped.partition(".")[0])
    if value not in _INT64:
        raise ValueError("too large")
    return value


def parse_decimal(text: str, writing: DecimalStyle = DecimalStyle.POINT) -> Decimal:
    """An exact decimal. Raises ValueError for text, for NaN, and for an ambiguous number."""
    stripped = _stripped(text)
    if writing is DecimalStyle.POINT:
        return _point_decimal(stripped)
    return _local_decimal(_GROUP_SPACE.sub("", stripped), writing)


def fits(value: Decimal, precision: int, scale: int) -> bool:
    """Whether ``value`` has at most ``scale`` decimals and ``precision - scale`` digits before the point."""
    normal = value.normalize(_EXACT) if value else Decimal(0)
    _, digits, exponent = normal.as_tuple()
    assert isinstance(exponent, int)
    return -exponent <= scale and len(digits) + exponent <= precision - scale


def at_scale(value: Decimal, scale: int) -> Decimal:
    """``value``, which must fit, with exactly ``scale`` decimals: Arrow counts trailing zeros as digits."""
    return value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)


def _stripped(text: str) -> str:
    """``text`` without surrounding spaces. Raises ValueError if it is too long: Decimal would overflow."""
    stripped = text.strip().replace("\u2212", "-")
    if len(stripped) > LONGEST_NUMBER:
        raise ValueError("too many digits")
    return stripped


def _point_decimal(text: str) -> Decimal:
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    whole, point, decimals = text.partition(".")
    groups = whole.count(",")
    # 1,234 alone may be 1.234 in a marketplace that writes commas; 1,234.56 and 1,234,567 are unambiguous.
    if (
        _GROUPED_BY_COMMAS.fullmatch(whole)
        and decimals.isascii()
        and ((point and decimals.isdigit()) or (not point and groups >= 2))
    ):
        return Decimal(text.replace(",", ""))
    raise ValueError("not a number")


def _local_decimal(text: str, writing: DecimalStyle) -> Decimal:
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal_sign = max(".,", key=text.rfind)
    elif points + commas == 1:
        decimal_sign = _single_sign("." if points else ",", text, writing)
    else:
        decimal_sign = "," if points else "."
    grouping = "," if decimal_sign == "." else "."
    whole, sign, decimals = text.partition(decimal_sign)
    if grouping in whole:
        grouped = _GROUPED_BY_COMMAS if grouping == "," else _GROUPED_BY_POINTS
        if not grouped.fullmatch(whole):
            raise ValueError("not a number")
        whole = whole.replace(grouping, "")
    number = f"{whole}.{decimals}" if sign else whole
    if not _PLAIN.fullmatch(number):
        raise ValueError("not a number")
    return Decimal(number)


def _single_sign(sign: str, text: str, writing: DecimalStyle) -> str:
    """The decimal sign of a number that contains ``sign`` once."""
    grouped = _GROUPED_BY_POINTS if sign == "." else _GROUPED_BY_COMMAS
    if not grouped.fullmatch(text) or text.lstrip("+-").startswith("0"):
        return sign
    if writing is DecimalStyle.LOCAL_UNKNOWN:
        raise ValueError("1.234 or 1234: the document's marketplaces write numbers differently")
    return "." if writing is DecimalStyle.LOCAL_POINT else ","
