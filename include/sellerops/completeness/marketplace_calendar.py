"""How each day of each shop stands: what the ledger says, and MISSING where it says nothing."""

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

# A run that is due has written its plan by then.
GRACE = timedelta(hours=1)
# How far back a report is looked at that nobody asked about from a day on.
USUAL_DAYS = 60


class DayState(StrEnum):
    """The states of a slice, and MISSING: a run should have brought the day, and nothing is known of it.

    PARTIAL: loaded, but not into a destination that the spec names since; `replay` brings it there.
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
# Of several snapshots of one day the best says how the day stands.
_RANK = {state: place for place, state in enumerate(DayState)}


@dataclass(frozen=True)
class Day:
    """One day: its state with what the ledger knows of it (None: nothing), and what was expected of it."""

    day: date
    state: DayState
    row: SliceRow | None
    expected: ExpectedDay | None


@dataclass(frozen=True)
class MarketplaceCalendar:
    """One report, account and shop (``marketplace_id`` empty: all of the account's together)."""

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
    """How the days of a report stand, by account and shop.

    Without ``first_day`` days are expected from the first day the ledger knows of the shop on (with
    ``catchup``: from the spec's start), at most ``days`` back. What never ran has no days. Runs
    due less than ``grace`` ago are not counted on yet. Of a report that is switched off nothing is expected:
    its days are those the ledger knows.
    """
    moment = now or ledger.clock().now()
    last = last_day or moment.date()
    oldest = first_day or last - timedelta(days=days)
    accounts = list(accounts)
    begun = ledger.database.run(
        lambda c: first_days(c, spec.name, [account.id for account in accounts], last)
    )
    rows = _rows_by_shop(ledger, spec, accounts, oldest, last)
    missed = _missed(ledger, spec, accounts, oldest, last)
    for account in accounts:
        own = {shop: day for (account_id, shop), day in begun.items() if account_id == account.id}
        start = first_day or _begun(spec, own.values())
        expected = (
            expected_days(spec, account, max(start, oldest), last, moment - grace)
            if start is not None and spec.enabled
            else {}
        )
        for shop in sorted({*expected, *own}):
            since = oldest if first_day or spec.catchup else own.get(shop)
            wanted = {day: each for day, each in expected.get(shop, {}).items() if since and day >= since}
            found = tuple(_days(rows.get((account.id, shop), ()), wanted, missed))
            if found:
                yield MarketplaceCalendar(spec, account, shop, found)


def _missed(
    ledger: Ledger, spec: ReportSpec, accounts: Sequence[Account], oldest: date, last: date
) -> frozenset[_Key]:
    """What has not landed in every destination that its account has now."""
    together: dict[tuple[str, ...], list[str]] = {}
    for account in accounts:
        together.setdefault(spec.destinations_of(account.id), []).append(account.id)
    found: list[_Key] = []
    for names, ids in together.items():
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


def _begun(spec: ReportSpec, days: Iterable[date]) -> date | None:
    if spec.catchup:
        return date.fromisoformat(spec.start_date[:10])
    return min(days, default=None)


def _rows_by_shop(
    ledger: Ledger, spec: ReportSpec, accounts: Sequence[Account], first_day: date, last_day: date
) -> dict[tuple[str, str], list[SliceRow]]:
    only = accounts[0].id if len(accounts) == 1 else None
    found: dict[tuple[str, str], list[SliceRow]] = {}
    for row in ledger.slice_states(report=spec.name, account_id=only, first_day=first_day, last_day=last_day):
        found.setdefault((row.account_id, row.marketplace_id), []).append(row)
    return found


def _days(
    rows: Iterable[SliceRow], expected: Mapping[date, ExpectedDay], missed: Container[_Key]
) -> Iterator[Day]:
    best: dict[date, tuple[SliceRow, DayState]] = {}
    for row in rows:
        state = _state(row, missed)
        if row.day not in best or _RANK[state] < _RANK[best[row.day][1]]:
            best[row.day] = row, state
    for day in sorted({*best, *expected}):
        known, found = best.get(day, (None, DayState.MISSING))
        yield Day(day, found, known, expected.get(day))


def _state(row: SliceRow, missed: Container[_Key]) -> DayState:
    key = row.account_id, row.marketplace_id, row.day, row.snapshot_at
    if row.state is SliceState.LOADED and key in missed:
        return DayState.PARTIAL
    return DayState(row.state.value)
