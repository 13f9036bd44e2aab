"""The state of each day of each marketplace: that in the ledger, or MISSING if the ledger has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial

from sellerops.completeness.expected import ExpectedDay, expected_days
from sellerops.ledger import Ledger, SliceRow, SliceState
from sellerops.ledger.slice_destinations import find_partial_days
from sellerops.ledger.slices import first_days
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec

# By this long after it was due, a run has recorded its plan.
GRACE = timedelta(hours=1)
# How many days back a calendar reaches by default.
USUAL_DAYS = 60


class DayState(StrEnum):
    """The states of a slice, and two more. MISSING: a run should have collected the day, but the ledger has
    no row for it.

    PARTIAL: not loaded into a destination that the spec named only later; `sellerops replay` fills it.
    """

    LOADED = "LOADED"
    CONFIRMED_EMPTY = "CONFIRMED_EMPTY"
    PARTIAL = "PARTIAL"
    QUARANTINED = "QUARANTINED"
    REQUESTED = "REQUESTED"
    PLANNED = "PLANNED"
    LATE = "LATE"
    FAILED = "FAILED"
    MISSING = "MISSING"
    EXPIRED = "EXPIRED"


_Key = tuple[str, str, date, datetime | None]
# A day with several snapshots has the best of their states.
_RANK = {state: rank for rank, state in enumerate(DayState)}


@dataclass(frozen=True)
class Day:
    """One day with its state. ``row``: the ledger's, or None. ``expected``: None if no run was due for it."""

    day: date
    state: DayState
    row: SliceRow | None
    expected: ExpectedDay | None


@dataclass(frozen=True)
class MarketplaceCalendar:
    """The days of one report, account and marketplace (``marketplace_id`` empty: the whole region)."""

    spec: ReportSpec
    account: Account
    marketplace_id: str
    days: tuple[Day, ...] = field(repr=False)

    @property
    def counts(self) -> Counter[DayState]:
        return Counter(day.state for day in self.days)


def read_calendars(
    ledger: Ledger,
    spec: ReportSpec,
    accounts: Iterable[Account],
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    now: datetime | None = None,
    days: int = USUAL_DAYS,
    grace: timedelta = GRACE,
) -> Iterator[MarketplaceCalendar]:
    """Read the days of a report from the ledger, one calendar per account and marketplace.

    Without ``first_day``, days are expected from the marketplace's first day in the ledger (with ``catchup``:
    from the spec's start), at most ``days`` back; without ``catchup``, a report that never ran has no
    calendar. Runs due less than ``grace`` ago are not expected yet. Days are local days of the slices.
    ``now`` is timezone-aware and defaults to the ledger's clock. A report that is switched off has only the
    days in the ledger.
    """
    moment = now or ledger.clock().now()
    last = last_day or moment.date()
    oldest = first_day or last - timedelta(days=days)
    accounts = list(accounts)
    known_since = ledger.database.run(
        lambda c: first_days(c, spec.name, [account.id for account in accounts], last)
    )
    rows = _rows_by_marketplace(ledger, spec, accounts, oldest, last)
    partial_days = _find_partial(ledger, spec, accounts, oldest, last)
    for account in accounts:
        own_since = {
            marketplace_id: day
            for (account_id, marketplace_id), day in known_since.items()
            if account_id == account.id
        }
        start = first_day or _first_expected_day(spec, own_since.values())
        expected = (
            expected_days(spec, account, max(start, oldest), last, moment - grace)
            if start is not None and spec.is_on
            else {}
        )
        for marketplace_id in sorted({*expected, *own_since}):
            since = oldest if first_day or spec.catchup else own_since.get(marketplace_id)
            wanted = {
                day: each for day, each in expected.get(marketplace_id, {}).items() if since and day >= since
            }
            found = tuple(_days(rows.get((account.id, marketplace_id), ()), wanted, partial_days))
            if found:
                yield MarketplaceCalendar(spec, account, marketplace_id, found)


def _find_partial(
    ledger: Ledger, spec: ReportSpec, accounts: Sequence[Account], oldest: date, last: date
) -> frozenset[_Key]:
    """Days that are not loaded into every destination that the spec now has for their account."""
    by_destinations: dict[tuple[str, ...], list[str]] = {}
    for account in accounts:
        by_destinations.setdefault(spec.destinations_of(account.id), []).append(account.id)
    found: list[_Key] = []
    for names, ids in by_destinations.items():
        wanted = partial(
            find_partial_days,
            report=spec.name,
            destinations=names,
            first_day=oldest,
            last_day=last,
            accounts=ids,
        )
        found += ledger.database.run(wanted)
    return frozenset(found)


def _first_expected_day(spec: ReportSpec, days: Iterable[date]) -> date | None:
    if spec.catchup:
        return date.fromisoformat(spec.start_date[:10])
    return min(days, default=None)


def _rows_by_marketplace(
    ledger: Ledger, spec: ReportSpec, accounts: Sequence[Account], first_day: date, last_day: date
) -> dict[tuple[str, str], list[SliceRow]]:
    only = accounts[0].id if len(accounts) == 1 else None
    found: dict[tuple[str, str], list[SliceRow]] = {}
    for row in ledger.slice_states(report=spec.name, account_id=only, first_day=first_day, last_day=last_day):
        found.setdefault((row.account_id, row.marketplace_id), []).append(row)
    return found


def _days(
    rows: Iterable[SliceRow], expected: Mapping[date, ExpectedDay], partial_days: Container[_Key]
) -> Iterator[Day]:
    best: dict[date, tuple[SliceRow, DayState]] = {}
    for row in rows:
        state = _state(row, partial_days)
        if row.day not in best or _RANK[state] < _RANK[best[row.day][1]]:
            best[row.day] = row, state
    for day in sorted({*best, *expected}):
        known, found = best.get(day, (None, DayState.MISSING))
        yield Day(day, found, known, expected.get(day))


def _state(row: SliceRow, partial_days: Container[_Key]) -> DayState:
    key = row.account_id, row.marketplace_id, row.day, row.snapshot_at
    if row.state is SliceState.LOADED and key in partial_days:
        return DayState.PARTIAL
    return DayState(row.state.value)
