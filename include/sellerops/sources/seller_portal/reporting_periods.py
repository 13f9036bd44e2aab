"""The weeks, months and quarters of Brand Analytics, and how its addresses name them.

Weeks run from Sunday to Saturday; addresses name the Saturday, and the last day of a month or quarter.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sellerops.base.errors import ConfigurationError

WEEK, MONTH, QUARTER = "WEEK", "MONTH", "QUARTER"
_SATURDAY = 5


@dataclass(frozen=True)
class ReportingPeriod:
    """One period; both days are included."""

    kind: str
    first_day: date
    last_day: date

    @property
    def in_address(self) -> Mapping[str, str]:
        """The period's part of a page's address."""
        last, year = self.last_day.isoformat(), str(self.last_day.year)
        if self.kind == WEEK:
            return {"reporting-range": "weekly", "weekly-week": last}
        if self.kind == MONTH:
            return {"reporting-range": "monthly", "monthly-year": year, f"{year}-month": last}
        return {"reporting-range": "quarterly", "quarterly-year": year, f"{year}-quarter": last}

    @property
    def control(self) -> str:
        """The id of the control that shows the period."""
        return {
            WEEK: "weekly-week",
            MONTH: f"{self.last_day.year}-month",
            QUARTER: f"{self.last_day.year}-quarter",
        }[self.kind]


def period_of(first_day: date, last_day: date, kind: str = "") -> ReportingPeriod:
    """The period of exactly these days. Raises ConfigurationError if there is none, or none of the wanted
    kind.
    """
    for each, first in _firsts(last_day).items():
        if first == first_day and kind in ("", each):
            return ReportingPeriod(each, first_day, last_day)
    raise ConfigurationError(
        f"Brand Analytics has no {(kind or 'period').lower()} from {first_day} to {last_day}.",
        remedy="Set windows of weeks (Sunday to Saturday), whole months or whole quarters in the spec.",
    )


def _firsts(last: date) -> dict[str, date]:
    """The first days of the periods that end on this day, by kind."""
    found = {}
    if last.weekday() == _SATURDAY:
        found[WEEK] = last - timedelta(days=6)
    if last.day == monthrange(last.year, last.month)[1]:
        found[MONTH] = last.replace(day=1)
        if last.month % 3 == 0:
            found[QUARTER] = date(last.year, last.month - 2, 1)
    return found
