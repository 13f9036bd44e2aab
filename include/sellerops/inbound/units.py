"""Inches and centimetres, pounds and kilograms."""

from __future__ import annotations

from decimal import Decimal

CM_PER_INCH = Decimal("2.54")
KG_PER_POUND = Decimal("0.45359237")


def length_in(value: Decimal, unit: str, wanted: str) -> Decimal:
    """A length in CM or IN, converted to ``wanted``, which is one of the two."""
    if unit == wanted:
        return value
    return value * CM_PER_INCH if wanted == "CM" else value / CM_PER_INCH


def weight_in(value: Decimal, unit: str, wanted: str) -> Decimal:
    """A weight in KG or LB, converted to ``wanted``, which is one of the two."""
    if unit == wanted:
        return value
    return value * KG_PER_POUND if wanted == "KG" else value / KG_PER_POUND
