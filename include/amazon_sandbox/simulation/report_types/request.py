"""The request that a report is written for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One requested report. `storefronts` are in the order of the requested marketplaces; `start` and `end`
    may be None where the type ignores dates.

    `as_of` is the aware instant at which Amazon makes the report.
    """

    seller: Seller
    storefronts: tuple[Storefront, ...]
    start: datetime | date | None
    end: datetime | date | None
    options: Mapping[str, str]
    as_of: datetime

    @property
    def now(self) -> int:
        """`as_of` in UTC epoch seconds."""
        return int(self.as_of.timestamp())

    @property
    def marketplaces(self) -> list[Marketplace]:
        """The requested marketplaces."""
        return [storefront.marketplace for storefront in self.storefronts]

    def window(self) -> tuple[int, int]:
        """[start, end) in UTC epoch seconds; a missing end is now, a missing start one day before the end."""
        end = self.now if self.end is None else _epoch(self.end)
        start = end - 86_400 if self.start is None else _epoch(self.start)
        return start, end

    def days(self) -> tuple[date, date]:
        """The first and last day as calendar dates, ignoring the time part as the analytics types do."""
        end = self.end if self.end is not None else self.as_of
        start = self.start if self.start is not None else end
        return _day(start), _day(end)


def _epoch(value: datetime | date) -> int:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    return int(value.timestamp())


def _day(value: datetime | date) -> date:
    return value.date() if isinstance(value, datetime) else value
