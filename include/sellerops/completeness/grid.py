"""The completeness calendar of all reports at once: one state for each day of each marketplace. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.calendar.slices import plan_slices
from sellerops.completeness.expected import ExpectedDay, expected_days, marketplace_key, moments_for
from sellerops.read_models.health.series import Series
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec


class CellState(StrEnum):
    """What a person needs to know about a day.

    ``RESTATING``: loaded, and the next run collects it again, because Amazon still revises it. ``WAITING``: a
    run is dealing with it. ``LATE``: Amazon has not published it. ``MISSING``: a run should have collected
    it. ``EXPIRED``: no run can collect it any more. ``OFF``: the report is off, or its DAG paused.
    """

    LOADED = "loaded"
    RESTATING = "restating"
    WAITING = "waiting"
    LATE = "late"
    MISSING = "missing"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    EXPIRED = "expired"
    NOT_DUE = "not_due"
    OFF = "off"


# Days that a run can still collect.
FILLABLE = frozenset({CellState.MISSING, CellState.FAILED, CellState.LATE})
_OF_LEDGER = {
    "LOADED": CellState.LOADED,
    "CONFIRMED_EMPTY": CellState.LOADED,
    "QUARANTINED": CellState.QUARANTINED,
    "REQUESTED": CellState.WAITING,
    "PLANNED": CellState.WAITING,
    "LATE": CellState.LATE,
    "FAILED": CellState.FAILED,
    "EXPIRED": CellState.EXPIRED,
}
_NEVER_RESTATED = frozenset({PeriodKind.SNAPSHOT, PeriodKind.LISTING})


class RowState(StrEnum):
    """``NEVER_RAN``: on, and without a day in the ledger. ``REMOVED``: no report or account of this name."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"
    NEVER_RAN = "never_ran"
    REMOVED = "removed"


@dataclass(frozen=True)
class Schedule:
    """What runs of one report and account should have collected from ``first_day`` on.

    By marketplace: ``due``, the state of each day as long as the ledger has none; ``expected``, the days that
    are due; ``next_run``, the days that the next run collects (again). ``since``: with ``catchup``, the first
    day that counts even if nothing was ever collected.
    """

    first_day: date
    due: Mapping[str, tuple[CellState, ...]]
    expected: Mapping[str, Mapping[date, ExpectedDay]]
    next_run: Mapping[str, frozenset[date]]
    since: date | None = None


@dataclass(frozen=True)
class GridRow:
    """One report, account and marketplace (empty: the whole region). ``cells``: a state for each day."""

    report: str
    account_id: str
    marketplace_id: str
    state: RowState
    cells: tuple[CellState, ...]


def schedules_of(
    spec: ReportSpec, accounts: Iterable[Account], first_day: date, last_day: date, now: datetime
) -> dict[str, Schedule]:
    """Plan one report for each account that it covers. Takes milliseconds, so callers should cache it."""
    upcoming = ScheduleCalendar(spec.schedule, spec.dag_id).after(now).nominal
    moments = moments_for(spec, first_day, last_day, now) if spec.is_on else ()
    found = {}
    for account in accounts:
        next_run: dict[str, set[date]] = {}
        for slice_ in plan_slices(spec, account, run_at=upcoming, now=now):
            next_run.setdefault(marketplace_key(slice_), set()).update(slice_.days)
        if not next_run:
            continue
        expected = expected_days(spec, account, first_day, last_day, now, moments) if spec.is_on else {}
        is_restated = spec.period.kind not in _NEVER_RESTATED
        found[account.id] = Schedule(
            first_day,
            {key: _due(expected.get(key, {}), first_day, last_day) for key in {*next_run, *expected}},
            expected,
            {key: frozenset(days if is_restated else ()) for key, days in next_run.items()},
            date.fromisoformat(spec.start_date[:10]) if spec.catchup else None,
        )
    return found


def _due(expected: Mapping[date, ExpectedDay], first_day: date, last_day: date) -> tuple[CellState, ...]:
    cells = [CellState.NOT_DUE] * ((last_day - first_day).days + 1)
    for day, each in expected.items():
        cells[(day - first_day).days] = CellState.EXPIRED if each.expired else CellState.MISSING
    return tuple(cells)


def grid_rows(
    series: Iterable[Series],
    schedules: Mapping[tuple[str, str], Schedule],
    days: Sequence[date],
    *,
    switched_off: frozenset[str],
    paused: frozenset[str],
) -> list[GridRow]:
    """A row for everything that is in the ledger or switched on, by report, account and marketplace.

    :param schedules: by report and account id, planned for the same ``days``.
    :param switched_off: reports that are switched off; ``paused``: those whose DAG is paused.
    """
    known = {(each.report, each.account_id, each.marketplace_id): each for each in series}
    planned = {
        (report, account, marketplace)
        for (report, account), schedule in schedules.items()
        if report not in switched_off
        for marketplace in schedule.due
    }
    rows = []
    for key in sorted({*known, *planned}):
        report, account_id, marketplace_id = key
        found, schedule = known.get(key), schedules.get((report, account_id))
        state = _row_state(found, schedule, report in switched_off, report in paused)
        cells = _cells(found, schedule, marketplace_id, days, state)
        rows.append(GridRow(report, account_id, marketplace_id, state, cells))
    return rows


def stretch_around(row: GridRow, days: Sequence[date], day: date) -> tuple[date, date] | None:
    """First and last of the consecutive days around ``day`` that a run can still collect; None if ``day`` is
    not one of them.
    """
    fillable = {each for each, cell in zip(days, row.cells, strict=True) if cell in FILLABLE}
    if day not in fillable:
        return None
    first = last = day
    while first - timedelta(days=1) in fillable:
        first -= timedelta(days=1)
    while last + timedelta(days=1) in fillable:
        last += timedelta(days=1)
    return first, last


def _row_state(found: Series | None, schedule: Schedule | None, is_off: bool, is_paused: bool) -> RowState:
    if schedule is None:
        return RowState.REMOVED
    if is_off:
        return RowState.OFF
    if is_paused:
        return RowState.PAUSED
    return RowState.ON if found else RowState.NEVER_RAN


def _cells(
    found: Series | None,
    schedule: Schedule | None,
    marketplace_id: str,
    days: Sequence[date],
    state: RowState,
) -> tuple[CellState, ...]:
    if schedule is None or state not in (RowState.ON, RowState.NEVER_RAN):
        cells = [CellState.OFF] * len(days)
        again: frozenset[int] = frozenset()
    else:
        cells = list(schedule.due.get(marketplace_id) or [CellState.NOT_DUE] * len(days))
        again = frozenset((day - days[0]).days for day in schedule.next_run.get(marketplace_id, ()))
        since = schedule.since or (found.first_day if found else date.max)
        early = min(max((since - days[0]).days, 0), len(days))
        cells[:early] = [CellState.NOT_DUE] * early
    for n, stored in zip(found.offsets, found.states, strict=True) if found else ():
        cell = _OF_LEDGER[stored]
        cells[n] = CellState.RESTATING if cell is CellState.LOADED and n in again else cell
    return tuple(cells)
