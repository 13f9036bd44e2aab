"""Data health except the calendar: quarantine, drift, rejects, checks, quota, freshness, settling time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from sellerops.read_models.health.check_counts import CheckCount, read_check_counts
from sellerops.read_models.health.check_results import CheckedFigure, read_check_results
from sellerops.read_models.health.freshness import Freshness, read_freshness
from sellerops.read_models.health.quarantines import OpenQuarantine, read_open_quarantines
from sellerops.read_models.health.quota import QuotaBucket, read_quota
from sellerops.read_models.health.rejects import RejectingLoad, read_rejecting_loads
from sellerops.read_models.health.schema_changes import SchemaChange, read_schema_changes
from sellerops.read_models.health.settling import read_settling
from sellerops.read_models.queries import Connection
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops_airflow.dashboard.airflow_links import dag_path, open_questions, run_path, task_page_path
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.schedules import known_reports
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.small_tables import table_of
from sellerops_airflow.dashboard.tables import InPaging, Table

if TYPE_CHECKING:
    from sellerops.ledger.settling import AgeFigure

router = APIRouter(prefix="/health", tags=["health"], route_class=HubRoute)
_QUARANTINE_DAG, _MEASURING_DAG = "sellerops__quarantine", "sellerops__maintenance"


class Quarantined(OpenQuarantine):
    """``question_path``: the page on which you decide; None: nobody has been asked yet. ``dag_path``: the DAG
    that asks, every ten minutes.
    """

    question_path: str | None
    dag_path: str


class ShownChange(SchemaChange):
    """``run_path``: the run whose document showed the change."""

    run_path: str | None


class ShownRejects(RejectingLoad):
    """``ledger_path``: the load's slice, with the reasons of the rejected rows."""

    run_path: str | None
    ledger_path: str | None


class Tiles(BaseModel):
    """The counts at the top of the page: each is the number of rows of its table, in the same scope."""

    quarantined: int
    schema_changes: int
    rejecting_loads: int
    rejected_rows: int
    checks_off: int
    behind: int


class SettlingPoint(BaseModel):
    """Of the cells of days loaded at an age of at most ``age`` days, ``percent`` did not change later."""

    age: int
    days: int
    cells: int
    percent: float


class SettlingCurve(BaseModel):
    """One table of a report. ``settled_after``: days until 99 % of its cells no longer change; None: the
    history is too short, or does not reach that far. ``lookback``: days that each run collects again.
    ``measured_at``: None if it has not been measured yet. ``dag_path``: the DAG that measures, once a day.
    """

    report: str
    table: str
    lookback: int
    is_lookback_measured: bool
    measured_at: datetime | None
    dag_path: str
    settled_after: int | None
    points: list[SettlingPoint]


@router.get("/tiles")
def tiles(scope: InScope) -> Tiles:
    """Counts of what needs attention."""

    def work(connection: Connection) -> Tiles:
        rejects = read_rejecting_loads(connection, scope)
        return Tiles(
            quarantined=len(read_open_quarantines(connection, scope)),
            schema_changes=len(read_schema_changes(connection, scope)),
            rejecting_loads=len(rejects),
            rejected_rows=sum(each.rejected for each in rejects),
            checks_off=sum(each.off for each in read_check_counts(connection, scope)),
            behind=len(_behind(read_freshness(connection, scope))),
        )

    return read(work)


@router.get("/quarantine")
def quarantine(scope: InScope, paging: InPaging) -> Table[Quarantined]:
    """Open questions about implausible documents, oldest first."""
    rows = read(lambda connection: read_open_quarantines(connection, scope))
    asked = {each.subject: each.path for each in (open_questions([_QUARANTINE_DAG]) if rows else ())}
    shown = [
        Quarantined(
            **each.model_dump(),
            question_path=asked.get(_subject(each)),
            dag_path=dag_path(_QUARANTINE_DAG),
        )
        for each in rows
    ]
    return table_of(shown, paging, Quarantined)


@router.get("/drift")
def drift(scope: InScope, paging: InPaging) -> Table[ShownChange]:
    """Changed columns of documents, newest first."""
    rows = read(lambda connection: read_schema_changes(connection, scope))
    shown = [ShownChange(**each.__dict__, run_path=run_path(each.dag_id, each.run_id)) for each in rows]
    return table_of(shown, paging, ShownChange)


@router.get("/rejects")
def rejects(scope: InScope, paging: InPaging) -> Table[ShownRejects]:
    """Loads with rows that could not be stored, newest first."""
    rows = read(lambda connection: read_rejecting_loads(connection, scope))
    shown = [
        ShownRejects(
            **each.__dict__,
            run_path=run_path(each.dag_id, each.run_id),
            ledger_path=task_page_path(each.dag_id, each.run_id, each.task_id, each.map_index, "slice"),
        )
        for each in rows
    ]
    return table_of(shown, paging, ShownRejects)


@router.get("/checks")
def checks(scope: InScope) -> list[CheckCount]:
    """Reconciliation checks, those with differences first."""
    return read(lambda connection: read_check_counts(connection, scope))


@router.get("/checks/figures")
def check_figures(
    scope: InScope,
    paging: InPaging,
    check: Annotated[str | None, Query(description="Only this check.")] = None,
    verdict: Annotated[str | None, Query(description="ok, off, not_yet or too_young.")] = None,
) -> Table[CheckedFigure]:
    """The compared figures, differences first."""
    rows = read(lambda connection: read_check_results(connection, scope, check, verdict))
    return table_of(rows, paging, CheckedFigure)


@router.get("/quota")
def quota(scope: InScope, paging: InPaging) -> Table[QuotaBucket]:
    """Quota used and the next free slot, by account and operation."""
    return table_of(read(lambda connection: read_quota(connection, scope)), paging, QuotaBucket)


@router.get("/freshness")
def freshness(
    scope: InScope,
    paging: InPaging,
    behind: Annotated[
        bool, Query(description="Only reports that are further behind than their schedule explains.")
    ] = False,
) -> Table[Freshness]:
    """The newest loaded day of each report, furthest behind first."""
    rows = read(lambda connection: read_freshness(connection, scope))
    return table_of(_behind(rows) if behind else rows, paging, Freshness)


@router.get("/settling")
def settling(report: str, scope: InScope) -> list[SettlingCurve]:
    """How long the figures of a report keep changing, as last measured from our own history, by table."""
    from sellerops.completeness.settling_time import SettlingFigures, lookback_of, settling_tables
    from sellerops.ledger.settling import AgeFigure

    spec = known_reports().specs.get(report)
    if spec is None:
        raise HTTPException(404, f"Unknown report {report!r}.")
    account = scope.accounts[0] if len(scope.accounts) == 1 else None
    tables = [each.name for each in settling_tables(spec)]
    stored = read(lambda connection: read_settling(connection, tables, account))
    measured = {name: each.measured_at for name, each in stored.items()}
    figures = {name: [AgeFigure(**f.model_dump()) for f in each.figures] for name, each in stored.items()}
    found = [SettlingFigures(table, tuple(figures.get(table, ()))) for table in tables]
    lookback = lookback_of(found).value if spec.period.lookback_auto else spec.period.lookback
    return [
        SettlingCurve(
            report=report,
            table=each.table,
            lookback=lookback.days,
            is_lookback_measured=spec.period.lookback_auto,
            measured_at=measured.get(each.table),
            dag_path=dag_path(_MEASURING_DAG),
            settled_after=each.settled.age if each.settled else None,
            points=[_point(figure) for figure in each.figures],
        )
        for each in found
    ]


@router.get("/settling/reports")
def settling_reports() -> list[str]:
    """Reports that have a curve, because their restatements are recorded."""
    from sellerops.completeness.settling_time import has_settling

    return sorted(name for name, spec in known_reports().specs.items() if spec.is_on and has_settling(spec))


def _point(figure: AgeFigure) -> SettlingPoint:
    return SettlingPoint(age=figure.age, days=figure.days, cells=figure.cells, percent=figure.percent)


def _behind(rows: list[Freshness]) -> list[Freshness]:
    """The rows of reports that are on and have no loaded day, or one older than their schedule explains."""
    specs = known_reports().specs
    usual = {name: _usual_days(spec) for name, spec in specs.items() if spec.is_on}
    return [
        each
        for each in rows
        if each.report in usual and (each.days_behind is None or each.days_behind > usual[each.report])
    ]


def _usual_days(spec: ReportSpec) -> int:
    """The usual delay: one day, the length of the period, and the time until Amazon publishes it."""
    period = {PeriodKind.WEEK: 7, PeriodKind.MONTH: 31, PeriodKind.QUARTER: 92}.get(spec.period.kind, 1)
    return 1 + period + spec.period.available_after.days


def _subject(each: OpenQuarantine) -> str:
    """The title of the question in Airflow, as in operators/quarantine.py."""
    return f"{each.report}: {each.account_id} {each.table_name.split('.')[-1]} {each.label}"
