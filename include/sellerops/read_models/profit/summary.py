"""The tiles above profit and loss: sums of its lines, and ratios of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel

from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.profit.lines import Amount, LineRow, ProfitLines, total_of

_ORDER = ("product_sales", "cm1", "ads", "cm2", "overhead", "profit")
_PAYMENT = ("product_sales", "ads", "cm2_without_cogs", "tax", "total", "unsettled")


class TileUnit(StrEnum):
    CURRENCY = "currency"
    RATIO = "ratio"


class ProfitTile(BaseModel):
    """A figure over the days of the scope; ``value`` None: unknown on ``unknown_days`` marketplace days, ``known`` is
    that of the others. ``compared`` is None unless every day to compare with is known.
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
    currencies = sorted({column.currency for column in lines.columns})
    return [_summary(lines, currency) for currency in currencies]


def _summary(lines: ProfitLines, currency: str) -> ProfitSummary:
    names = _ORDER if lines.view is ProfitView.ORDER else _PAYMENT
    rows = {row.name: row for row in lines.rows}
    tiles = [_tile(rows[name], lines, currency) for name in names]
    if lines.view is ProfitView.ORDER:
        tiles.append(_margin(rows, lines, currency))
    columns = [column for column in lines.columns if column.currency == currency]
    return ProfitSummary(
        currency=currency,
        units=sum(column.units for column in columns),
        tiles=tiles,
        status=lines.status,
        missing=lines.missing,
        compared_from=lines.compared_from,
        compared_to=lines.compared_to,
    )


def _tile(row: LineRow, lines: ProfitLines, currency: str) -> ProfitTile:
    total = _total(row, lines, currency)
    compared = row.compared.value if row.compared and lines.compared_is_whole else None
    return ProfitTile(
        name=row.name,
        label=row.label,
        meaning=row.meaning,
        unit=TileUnit.CURRENCY,
        value=total.value,
        known=total.known,
        unknown_days=total.unknown_days,
        compared=compared,
    )


def _margin(rows: dict[str, LineRow], lines: ProfitLines, currency: str) -> ProfitTile:
    profit, sales = (_total(rows[name], lines, currency) for name in ("profit", "product_sales"))
    before = [rows[name].compared for name in ("profit", "product_sales")]
    compared = _ratio(*(each.value if each else None for each in before)) if lines.compared_is_whole else None
    return ProfitTile(
        name="margin",
        label="Margin",
        meaning="Profit divided by product sales.",
        unit=TileUnit.RATIO,
        value=_ratio(profit.value, sales.value),
        known=None,
        unknown_days=profit.unknown_days,
        compared=compared,
    )


def _total(row: LineRow, lines: ProfitLines, currency: str) -> Amount:
    cells = zip(lines.columns, row.cells, strict=True)
    return total_of([cell for column, cell in cells if column.currency == currency])


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else round(part / whole, 6)
