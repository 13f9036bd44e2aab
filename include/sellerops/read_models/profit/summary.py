"""The tiles above profit and loss: sums of its lines, and ratios of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.profit.lines import LineColumn, LineRow, ProfitLines
from sellerops.read_models.profit.told import words, worst

_ORDER = ("product_sales", "cm1", "ads", "cm2", "overhead", "profit")
_PAYMENT = ("product_sales", "ads", "cm2_without_cogs", "tax", "total", "unsettled")
# The missing words that concern a figure; ``_WORDS_OF_ALL`` concern every figure.
_CM1_WORDS = frozenset({"cost", "fees", "orders", "price"})
_CM2_WORDS = _CM1_WORDS | {"ads", "storage", "vat_setting"}
_WORDS: dict[str, frozenset[str]] = {
    "product_sales": frozenset({"orders", "price"}),
    "ads": frozenset({"ads"}),
    "cm1": _CM1_WORDS,
    "cm2": _CM2_WORDS,
    "profit": _CM2_WORDS,
    "margin": _CM2_WORDS,
    "cm2_without_cogs": frozenset({"ads", "vat_setting"}),
}
_WORDS_OF_ALL = frozenset({"days", "fx_rate", "unmapped"})
# These are final once they are reported, even while orders are open.
_NEVER_OPEN = frozenset({"ads", "overhead"})


class TileUnit(StrEnum):
    CURRENCY = "currency"
    RATIO = "ratio"


class ProfitTile(BaseModel):
    """A figure over the days of the scope.

    ``value`` is None if unknown on ``unknown_days`` marketplace days; ``known`` is the figure of the other
    days. ``compared`` is None unless every day to compare with is known and no orders of the last day are
    missing.
    """

    name: str
    label: str
    meaning: str
    unit: TileUnit
    value: Decimal | None
    known: Decimal | None
    unknown_days: int
    compared: Decimal | None
    status: str
    missing: list[str]


class ProfitSummary(BaseModel):
    """The tiles of one currency; ``units`` are those of its marketplaces."""

    currency: str
    units: int
    tiles: list[ProfitTile]
    status: str
    missing: list[str]
    compared_from: date | None
    compared_to: date | None


def summarize(lines: ProfitLines) -> list[ProfitSummary]:
    """The tiles of each currency: what a person gets by adding up the cells of a line."""
    return [_summary(lines, place) for place in range(len(lines.currencies))]


def _summary(lines: ProfitLines, place: int) -> ProfitSummary:
    names = _ORDER if lines.view is ProfitView.ORDER else _PAYMENT
    rows = {row.name: row for row in lines.rows}
    currency = lines.currencies[place]
    columns = [column for column in lines.columns if column.currency == currency]
    tiles = [_tile(rows[name], lines, place, columns) for name in names]
    if lines.view is ProfitView.ORDER:
        tiles.append(_margin(rows, lines, place, columns))
    return ProfitSummary(
        currency=currency,
        units=sum(column.units for column in columns),
        tiles=tiles,
        status=worst(column.status for column in columns),
        missing=words(column.missing for column in columns),
        compared_from=lines.compared_from,
        compared_to=lines.compared_to,
    )


def _tile(row: LineRow, lines: ProfitLines, place: int, columns: Sequence[LineColumn]) -> ProfitTile:
    return ProfitTile(
        **_trust(row.name, row.totals[place].value, columns),
        name=row.name,
        label=row.label,
        meaning=row.meaning,
        unit=TileUnit.CURRENCY,
        **row.totals[place].model_dump(),
        compared=_compared(row, lines, place),
    )


def _margin(
    rows: dict[str, LineRow], lines: ProfitLines, place: int, columns: Sequence[LineColumn]
) -> ProfitTile:
    profit, sales = rows["profit"], rows["product_sales"]
    return ProfitTile(
        **_trust("margin", profit.totals[place].value, columns),
        name="margin",
        label="Margin",
        meaning="Profit divided by product sales.",
        unit=TileUnit.RATIO,
        value=_ratio(profit.totals[place].value, sales.totals[place].value),
        known=None,
        unknown_days=profit.totals[place].unknown_days,
        compared=_ratio(_compared(profit, lines, place), _compared(sales, lines, place)),
    )


def _trust(name: str, value: Decimal | None, columns: Sequence[LineColumn]) -> dict[str, Any]:
    """Status and missing words of a figure."""
    concerns = _WORDS.get(name, frozenset()) | _WORDS_OF_ALL
    missing = [word for word in words(column.missing for column in columns) if word in concerns]
    told = worst(column.status for column in columns if concerns.intersection(column.missing))
    is_open = name not in _NEVER_OPEN and any(column.status != "complete" for column in columns)
    if value is None:
        status = "incomplete"
    elif missing:
        status = told
    else:
        status = "estimated" if is_open else "complete"
    return {"status": status, "missing": missing}


def _compared(row: LineRow, lines: ProfitLines, place: int) -> Decimal | None:
    amount = row.compared[place]
    return amount.value if amount and lines.compared_is_whole else None


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else round(part / whole, 6)
