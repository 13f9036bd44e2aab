"""Whether a day's figure differs so much from earlier days that a person must decide. Uses no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import QuarantineRules

# The median of fewer weekdays means nothing: the marketplace is new or was connected recently.
ENOUGH_WEEKDAYS = 3


@dataclass(frozen=True)
class Total:
    """The number of rows of a day, and the sum of the measure over them."""

    rows: int = 0
    amount: Decimal = Decimal(0)


def total_of_rows(rows: int) -> Total:
    """The total if the number of rows is the measure."""
    return Total(rows, Decimal(rows))


@dataclass(frozen=True)
class Figure:
    """One day of one marketplace: in the document and as stored.

    ``marketplace``: empty for all rows, or for those that name none. ``weekdays``: the sums of the same
    weekday in earlier weeks that have rows, newest first.
    """

    marketplace: str
    day: date
    new: Total
    stored: Total
    weekdays: tuple[Decimal, ...] = ()

    @property
    def median(self) -> Decimal | None:
        """The median of the same weekdays; None if there are too few."""
        return median(self.weekdays) if len(self.weekdays) >= ENOUGH_WEEKDAYS else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values. Amounts are text, which keeps them exact."""
        return {
            "shop": self.marketplace,  # the name in stored figures
            "day": self.day.isoformat(),
            "new": str(self.new.amount),
            "new_rows": self.new.rows,
            "stored": str(self.stored.amount) if self.stored.rows else None,
            "stored_rows": self.stored.rows,
            "median": None if self.median is None else str(self.median),
            "weekdays": len(self.weekdays),
        }


@dataclass(frozen=True)
class Finding:
    """Why a document is quarantined, and the figures that show it."""

    reason: str
    figures: Sequence[Figure] = ()


def weekdays_before(day: date, weeks: int) -> list[date]:
    """The same weekday in the ``weeks`` weeks before ``day``, newest first."""
    return [day - timedelta(days=7 * n) for n in range(1, weeks + 1)]


def is_implausible(rules: QuarantineRules, figure: Figure) -> bool:
    """Whether the day drops to nothing, or far below what is usual for its weekday."""
    middle = (
        figure.median if figure.median is not None and figure.median >= Decimal(str(rules.minimum)) else None
    )
    if rules.zero:
        vanished = figure.stored.rows > 0 and figure.new.rows == 0
        if vanished or (figure.new.amount == 0 and (figure.stored.amount != 0 or middle is not None)):
            return True
    return middle is not None and figure.new.amount < middle * Decimal(str(rules.below))


def describe(measure: str, figures: Sequence[Figure], *, most: int = 5) -> str:
    """``units_ordered on 2026-11-20: 0, stored 134 in 9 rows, usually 120 (median of 8 same weekdays)``."""
    lines = [_line(measure, figure) for figure in figures[:most]]
    if len(figures) > most:
        lines.append(f"and {len(figures) - most} more days")
    return "; ".join(lines)


def _line(measure: str, figure: Figure) -> str:
    marketplace = f" in {marketplace_code(figure.marketplace)}" if figure.marketplace else ""
    new = _number(figure.new.amount) if figure.new.rows else "no rows"
    parts = [f"{measure}{marketplace} on {figure.day}: {new}"]
    if figure.stored.rows:
        parts.append(f"stored {_number(figure.stored.amount)} in {figure.stored.rows} rows")
    if figure.median is not None:
        count = len(figure.weekdays)
        parts.append(f"usually {_number(figure.median)} (median of {count} same weekdays)")
    return ", ".join(parts)


def _number(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def marketplace_code(marketplace_id: str) -> str:
    """A marketplace's code; for an unknown id, the id itself."""
    codes = {marketplace.id: marketplace.code for marketplace in all_marketplaces().values()}
    return codes.get(marketplace_id, marketplace_id)
