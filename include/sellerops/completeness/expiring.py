"""Days that are missing or failed and that Amazon soon stops serving."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sellerops.completeness.expected import served_until
from sellerops.completeness.gaps import OPEN
from sellerops.completeness.marketplace_calendar import Day, DayState, MarketplaceCalendar
from sellerops.settings.specs import PeriodKind, ReportSpec

# So long ahead people are warned.
WARN_AHEAD = timedelta(days=7)
# What is under way is still to come; after a day it is no longer counted on.
_COUNTED_ON = timedelta(days=1)
# A snapshot's moment is over at once; a listing finds what there is.
_WITHOUT_END = frozenset({PeriodKind.SNAPSHOT, PeriodKind.LISTING})


@dataclass(frozen=True)
class ExpiringDay:
    """A day of a shop that is not there. ``served_until``: UTC. ``last_day_to_act``: by the shop's clock."""

    spec: ReportSpec
    account_id: str
    marketplace_id: str
    day: date
    state: DayState
    served_until: datetime
    last_day_to_act: date


def expiring_days(shops: Iterable[MarketplaceCalendar], now: datetime) -> list[ExpiringDay]:
    """Open days that end within twice ``WARN_AHEAD``, the soonest first. Days that have ended are left out."""
    found = [each for shop in shops for each in _of_shop(shop, now)]
    return sorted(found, key=lambda each: (each.served_until, each.account_id, each.marketplace_id, each.day))


def days_to_check(spec: ReportSpec, now: datetime) -> tuple[date, int]:
    """The last day that may end within twice ``WARN_AHEAD``, and how many days before it may, too.

    A month or quarter ends with its first day.
    """
    reach = 2 * WARN_AHEAD.days + (93 if spec.period.kind is PeriodKind.QUARTER else 32)
    last = (now - spec.period.history).date() + timedelta(days=reach)
    return min(last, now.date()), reach + 2


def needs_warning(each: ExpiringDay, now: datetime) -> bool:
    """Whether people are to be warned of it now."""
    return each.served_until <= now + WARN_AHEAD


def _of_shop(shop: MarketplaceCalendar, now: datetime) -> Iterator[ExpiringDay]:
    if shop.spec.period.kind in _WITHOUT_END:
        return
    for day in shop.days:
        if day.expected is None or not _is_open(day, now):
            continue
        if day.row is not None and day.row.load_id is not None:
            continue  # its rows are there; only asking again has failed
        slice_ = day.expected.slice_
        until = served_until(shop.spec, slice_, day.day)
        if now < until <= now + 2 * WARN_AHEAD:
            last = (until - timedelta(microseconds=1)).astimezone(ZoneInfo(slice_.timezone)).date()
            yield ExpiringDay(
                shop.spec, shop.account.id, shop.marketplace_id, day.day, day.state, until, last
            )


def _is_open(day: Day, now: datetime) -> bool:
    if day.state in (DayState.PLANNED, DayState.REQUESTED) and day.row is not None:
        return day.row.updated_at <= now - _COUNTED_ON
    return day.state in OPEN
