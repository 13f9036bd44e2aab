"""The scope of a page of the seller hub: accounts, marketplaces, days, comparison and currency."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Comparison(StrEnum):
    """What the days are compared with.

    ``PREVIOUS``: the days before them, aligned by weekday; ``YEAR``: those a year before, aligned by ISO
    week.
    """

    NONE = "none"
    PREVIOUS = "previous"
    YEAR = "year"


class ScopeCurrency(StrEnum):
    """Currency of amounts: the account's reporting currency, or each marketplace's own."""

    REPORTING = "reporting"
    MARKETPLACE = "marketplace"


class Scope(BaseModel):
    """The figures that a page is about. Days are in each marketplace's time zone; both are included.

    Empty ``accounts`` or ``marketplaces`` (Amazon's ids): all of them.
    """

    model_config = ConfigDict(frozen=True)

    accounts: tuple[str, ...] = ()
    marketplaces: tuple[str, ...] = ()
    start: date
    end: date
    compare: Comparison = Comparison.PREVIOUS
    currency: ScopeCurrency = ScopeCurrency.REPORTING

    @property
    def day_count(self) -> int:
        return (self.end - self.start).days + 1

    def compared(self) -> Scope | None:
        """The scope to compare with; None without a comparison.

        ``PREVIOUS`` moves by whole weeks, so that weekdays match: one day is compared with the same weekday.
        """
        if self.compare is Comparison.NONE:
            return None
        weeks = 52 if self.compare is Comparison.YEAR else -(-self.day_count // 7)
        moved = timedelta(weeks=weeks)
        return self.model_copy(update={"start": self.start - moved, "end": self.end - moved})

    def values(self) -> dict[str, Any]:
        """Parameters for a query: ``accounts`` and ``marketplaces`` are None for all."""
        return {
            "accounts": list(self.accounts) or None,
            "marketplaces": list(self.marketplaces) or None,
            "start": self.start,
            "end": self.end,
            "in_reporting": self.currency is ScopeCurrency.REPORTING,
        }
