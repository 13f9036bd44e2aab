"""The days, weeks and months of a query: only whole ones, from the last two years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from amazon_sandbox.simulation.documents import FatalReport
from amazon_sandbox.simulation.report_types.sales_and_traffic import PERIODS
from amazon_sandbox.simulation.storefront import Storefront

Span = tuple[date, date]


def check(name: str, start: date, end: date, today: date) -> None:
    """Check the days of a query. Raises FatalReport for dates that the dataset does not have."""
    if end < start:
        raise FatalReport(name, "endDate must not be before startDate.")
    try:
        oldest = today.replace(year=today.year - 2)
    except ValueError:
        oldest = today.replace(year=today.year - 2, day=28)
    if start < oldest:
        raise FatalReport(name, "startDate must be no more than two years ago.")


def spans(granularity: str, start: date, end: date) -> Iterator[Span]:
    """The whole periods within [start, end]; RANGE is all of it."""
    if granularity == "RANGE":
        yield start, end
        return
    period_of, cursor = PERIODS[granularity], start
    while cursor <= end:
        first, last = period_of(cursor)
        if first == cursor and last <= end:
            yield first, last
        cursor = last + timedelta(days=1)


def closed_days(storefront: Storefront, span: Span, now: int) -> list[int]:
    """The ordinals of a span's days that are over in the marketplace at `now`."""
    days = range(span[0].toordinal(), span[1].toordinal() + 1)
    return [day for day in days if now >= storefront.marketplace.day_bounds(day)[1]]
