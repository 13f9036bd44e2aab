"""Amounts of money and counts as people read them."""

from __future__ import annotations

from decimal import Decimal

from sellerops.inbound.models import Money

# Decimal places of an amount; cents unless the currency has none.
_PLACES = {"JPY": 0}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_UNKNOWN = "not known"


def money(value: Money | None) -> str:
    """``$31.20``, ``-€4.00``, ``310 JPY``; *not known* for None, such as the price of an own carrier."""
    if value is None:
        return _UNKNOWN
    places = Decimal(1).scaleb(-_PLACES.get(value.currency, 2))
    return _with_currency(value, f"{abs(value.amount).quantize(places):,}")


def unit_price(value: Money | None) -> str:
    """A price per unit; below one unit of the currency with three decimals if two do not show it exactly."""
    if value is None or abs(value.amount) >= 1 or value.currency in _PLACES:
        return money(value)
    if value.amount.quantize(Decimal("0.01")) == value.amount:
        return money(value)
    return _with_currency(value, f"{abs(value.amount):.3f}")


def _with_currency(value: Money, number: str) -> str:
    minus = "-" if value.amount < 0 else ""
    sign = _SIGNS.get(value.currency)
    return f"{minus}{sign}{number}" if sign else f"{minus}{number} {value.currency}"


def count(number: int, noun: str) -> str:
    """``1 box``, ``1,200 boxes``."""
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
