"""The tiles above profit and loss: sums of its lines, and ratios of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel

from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.profit.lines import LineRow, ProfitLines
from sellerops.read_models.profit.told import words, worst

_ORDER = ("product_sales", "cm1", "ads", "cm2", "overhead", "profit")
_PAYMENT = ("product_sales", "ads", "cm2_without_cogs", "tax", "total", "unsettled")


class TileUnit(StrEnum):
    CURRENCY = "currency"
    RATIO = "ratio"


class ProfitTile(BaseModel):
    """A figure over the days of the scope; ``value`` None: unknown on ``unknown_days`` marketplace days,
    ``known`` is that of the others. ``compared`` is None unless every day to compare with is known.
    """

    name: str
    label: str
    meaning: str
    unit: TileUnit
    value: Decimal | None
    known: Decimal | None
    unknown_days: int
    compared: Decimal | None


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
    """The tiles of each currency: what a person gets who adds up the cells of a line."""
    return [_summary(lines, place) for place in range(len(lines.currencies))]


def _summary(lines: ProfitLines, place: int) -> ProfitSummary:
    names = _ORDER if lines.view is ProfitView.ORDER else _PAYMENT
    rows = {row.name: row for row in lines.rows}
    tiles = [_tile(rows[name], lines, place) for name in names]
    if lines.view is ProfitView.ORDER:
        tiles.append(_margin(rows, lines, place))
    currency = lines.currencies[place]
    columns = [column for column in lines.columns if column.currency == currency]
    return ProfitSummary(
        currency=currency,
        units=sum(column.units for column in columns),
        tiles=tiles,
        status=worst(column.status for column in columns),
        missing=words(column.missing for column in columns),
        compared_from=lines.compared_from,
        compared_to=lines.compared_to,
    )


def _tile(row: LineRow, lines: ProfitLines, place: int) -> ProfitTile:
    return ProfitTile(
        name=row.name,
        label=row.label,
        meaning=row.meaning,
        unit=TileUnit.CURRENCY,
        **row.totals[place].model_dump(),
        compared=_compared(row, lines, place),
    )


def _margin(rows: dict[str, LineRow], lines: ProfitLines, place: int) -> ProfitTile:
    profit, sales = rows["profit"], rows["product_sales"]
    return ProfitTile(
        name="margin",
        label="Margin",
        meaning="Profit divided by product sales.",
        unit=TileUnit.RATIO,
        value=_ratio(profit.totals[place].value, sales.totals[place].value),
        known=None,
        unknown_days=profit.totals[place].unknown_days,
        compared=_ratio(_compared(profit, lines, place), _compared(sales, lines, place)),
    )


def _compared(row: LineRow, lines: ProfitLines, place: int) -> Decimal | None:
    amount = row.compared[place]
    return amount.value if amount and lines.compared_is_whole else None


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else round(part / whole, 6)
