"""The completeness calendar: every report, account and marketplace by day; and runs that fill its gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel

from sellerops.completeness.grid import CellState, GridRow, RowState, Schedule, grid_rows, stretch_around
from sellerops.read_models.health.series import read_series
from sellerops.read_models.health.slice_days import SliceDay, read_slice_days
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import ReportSpec
from sellerops_airflow.dashboard.access import GetUserDep
from sellerops_airflow.dashboard.airflow_links import dag_path, paused_dags, run_path, task_page_path
from sellerops_airflow.dashboard.gaps import FillRequest, GapPlan, StartedFill, fill_gap, plan_gap
from sellerops_airflow.dashboard.reading import HubRoute, now, read
from sellerops_airflow.dashboard.schedules import known_reports, known_schedules, schedules_of_report
from sellerops_airflow.dashboard.scope import InScope

router = APIRouter(prefix="/health/calendar", tags=["health"], route_class=HubRoute)
_MOST_DAYS = 100
# One letter per state keeps an answer with 30,000 days small.
LETTERS = {
    CellState.LOADED: "L", CellState.RESTATING: "R", CellState.WAITING: "W", CellState.LATE: "A",
    CellState.MISSING: "M", CellState.FAILED: "F", CellState.QUARANTINED: "Q", CellState.EXPIRED: "X",
    CellState.NOT_DUE: "-", CellState.OFF: ".",
}  # fmt: skip
_RUNNING = (RowState.ON, RowState.PAUSED)
_QUIET = {CellState.OFF, CellState.NOT_DUE}


class CalendarRow(BaseModel):
    """One report, account and marketplace (``all``: the whole region). ``cells``: a letter for each day."""

    report: str
    source: str
    family: str
    account_id: str
    marketplace_id: str
    marketplace: str
    state: RowState
    cells: str


class Calendar(BaseModel):
    """``letters``: the meaning of the letters in ``cells``. ``totals``: days by state, over the rows of all
    pages and whatever state is asked for.
    """

    days: list[date]
    letters: dict[str, CellState]
    rows: list[CalendarRow]
    row_count: int
    totals: dict[CellState, int]


class CellDay(SliceDay):
    """A day, or one of its snapshots, with paths of its run and ledger entry in Airflow."""

    run_path: str | None
    ledger_path: str | None


class Cell(BaseModel):
    """One day. ``due``: when a run should first have collected it (UTC). ``gap``: what a run would fill."""

    report: str
    description: str
    account_id: str
    marketplace_id: str
    marketplace: str
    day: date
    state: CellState
    row_state: RowState
    due: datetime | None
    entries: list[CellDay]
    dag_path: str | None
    gap: GapPlan | None


@router.get("")
def calendar(
    scope: InScope,
    q: Annotated[str | None, Query(description="Part of a report's name.")] = None,
    state: Annotated[CellState | None, Query(description="Only rows that have such a day.")] = None,
    everything: Annotated[
        bool, Query(description="Include reports that are off, removed or never ran.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Calendar:
    """The states of the scope's days, by report, account and marketplace; the last 100 of a longer period."""
    scope = scope.model_copy(update={"start": max(scope.start, scope.end - timedelta(days=_MOST_DAYS - 1))})
    days = _days(scope)
    rows = [
        row
        for row in read(lambda connection: _rows(connection, scope, known_schedules(*_period(scope))))
        if (everything or _tells(row)) and (not q or q.lower() in row.report)
    ]
    counted = Counter(chain.from_iterable(row.cells for row in rows))
    found = [row for row in rows if state is None or state in row.cells]
    return Calendar(
        days=days,
        letters={letter: each for each, letter in LETTERS.items()},
        rows=[_shown(row, known_reports().specs.get(row.report)) for row in found[offset : offset + limit]],
        row_count=len(found),
        totals={each: counted[each] for each in CellState},
    )


@router.get("/cell")
def cell(report: str, account_id: str, day: date, marketplace_id: str = "") -> Cell:
    """What is known about one day, and what a run for it would collect."""
    scope = _around(account_id, day)
    days, schedules = _days(scope), schedules_of_report(report, *_period(scope))

    def work(connection: Connection) -> tuple[GridRow | None, list[SliceDay]]:
        key = (report, account_id, marketplace_id)
        rows = _rows(connection, scope, schedules, report)
        row = next(
            (each for each in rows if (each.report, each.account_id, each.marketplace_id) == key), None
        )
        return row, read_slice_days(connection, *key, day, day)

    row, entries = read(work)
    if row is None:
        raise HTTPException(404, f"Nothing is known of {report} for {account_id} {marketplace_id}.".strip())
    spec = known_reports().specs.get(report)
    schedule = schedules.get((report, account_id))
    expected = schedule.expected.get(marketplace_id, {}).get(day) if schedule else None
    stretch = stretch_around(row, days, day) if spec and row.state is RowState.ON else None
    return Cell(
        report=report,
        description=spec.description if spec else "This report is no longer configured.",
        account_id=account_id,
        marketplace_id=marketplace_id,
        marketplace=_code(marketplace_id),
        day=day,
        state=row.cells[days.index(day)],
        row_state=row.state,
        due=expected.due if expected else None,
        entries=[_entry(each) for each in entries],
        dag_path=dag_path(spec.dag_id) if spec else None,
        gap=plan_gap(report, account_id, marketplace_id, *stretch) if stretch else None,
    )


@router.post("/fill")
def fill(request: Request, user: GetUserDep, wanted: FillRequest) -> StartedFill:
    """Start runs that collect the days of a gap that are still missing."""
    return fill_gap(request, user, wanted)


def _tells(row: GridRow) -> bool:
    """Whether a row says anything about these days: it is on or paused, and some day was due and not off."""
    return row.state in _RUNNING and not _QUIET.issuperset(row.cells)


def _rows(
    connection: Connection,
    scope: Scope,
    schedules: Mapping[tuple[str, str], Schedule],
    report: str | None = None,
) -> list[GridRow]:
    reports, paused = known_reports(), paused_dags()
    rows = grid_rows(
        read_series(connection, scope, report),
        {key: each for key, each in schedules.items() if not scope.accounts or key[1] in scope.accounts},
        _days(scope),
        switched_off=reports.switched_off,
        paused=frozenset(name for name, spec in reports.specs.items() if spec.dag_id in paused),
    )
    wanted = {"", *scope.marketplaces}
    shown = [row for row in rows if not scope.marketplaces or row.marketplace_id in wanted]
    return sorted(shown, key=lambda row: (row.report, row.account_id, _code(row.marketplace_id)))


def _period(scope: Scope) -> tuple[date, date, datetime]:
    return scope.start, scope.end, now()


def _days(scope: Scope) -> list[date]:
    return [scope.start + timedelta(days=n) for n in range(scope.day_count)]


def _around(account_id: str, day: date) -> Scope:
    """Enough days to find a whole gap: as many in each direction as one run collects."""
    return Scope(accounts=(account_id,), start=day - timedelta(days=45), end=day + timedelta(days=45))


def _shown(row: GridRow, spec: ReportSpec | None) -> CalendarRow:
    return CalendarRow(
        report=row.report,
        source=spec.source if spec else "",
        family=spec.family if spec else "",
        account_id=row.account_id,
        marketplace_id=row.marketplace_id,
        marketplace=_code(row.marketplace_id),
        state=row.state,
        cells="".join(LETTERS[each] for each in row.cells),
    )


def _entry(day: SliceDay) -> CellDay:
    return CellDay(
        **day.model_dump(),
        run_path=run_path(day.dag_id, day.run_id),
        ledger_path=task_page_path(day.dag_id, day.run_id, day.task_id, day.map_index, "slice"),
    )


def _code(marketplace_id: str) -> str:
    return _codes().get(marketplace_id, marketplace_id) if marketplace_id else "all"


@cache
def _codes() -> dict[str, str]:
    return {each.id: each.code for each in all_marketplaces().values()}
