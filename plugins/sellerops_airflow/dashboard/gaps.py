"""Plans and starts runs that collect missing, late and failed days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from pydantic import BaseModel

from sellerops.base.commands import as_typed
from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.calendar.slices import plan_slices
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import GetUserDep
from sellerops_airflow.dashboard.database import now
from sellerops_airflow.dashboard.runs import StartedRun, start_run
from sellerops_airflow.dashboard.schedules import known_reports
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.completeness import Fill

_SHOWN = 31


class GapPlan(BaseModel):
    """What one run would collect: consecutive days of a marketplace, or of the region.

    ``requests``: the number of slices, each with at least one request to Amazon; ``labels``: those of the
    first ones. ``expired``: labels of slices that Amazon no longer serves. ``command``: starts a backfill of
    the same days instead, which also collects the other accounts.
    """

    report: str
    account_id: str
    marketplace_id: str
    first_day: date
    last_day: date
    requests: int
    labels: list[str]
    expired: list[str]
    command: str


class FillRequest(BaseModel):
    """The days to collect, for one marketplace or (empty) for the account's region."""

    report: str
    account_id: str
    marketplace_id: str = ""
    first_day: date
    last_day: date


class StartedFill(BaseModel):
    """The runs that were started, each for some of the days; ``reason``: why there are none."""

    runs: list[StartedRun]
    reason: str


def plan_gap(report: str, account_id: str, marketplace_id: str, first: date, last: date) -> GapPlan | None:
    """What a run for these days would request; None for a snapshot, which cannot be collected later."""
    spec, account = _spec(report), known_reports().accounts.get(account_id)
    if account is None or spec.period.kind is PeriodKind.SNAPSHOT:
        return None
    moment = now()
    upcoming = ScheduleCalendar(spec.schedule, spec.dag_id).after(moment).nominal
    slices = [
        each
        for each in plan_slices(spec, account, run_at=upcoming, now=moment, from_day=first, to_day=last)
        if not marketplace_id or each.marketplace_ids == (marketplace_id,)
    ]
    served = [each for each in slices if not each.expired]
    return GapPlan(
        report=report,
        account_id=account_id,
        marketplace_id=marketplace_id,
        first_day=first,
        last_day=last,
        requests=len(served),
        labels=[each.label for each in served[:_SHOWN]],
        expired=[each.label for each in slices if each.expired],
        command=as_typed(
            f"airflow backfill create --dag-id {spec.dag_id} --from-date {first} "
            f"--to-date {last + timedelta(days=1)}"
        ),
    )


def fill_gap(request: Request, user: GetUserDep, wanted: FillRequest) -> StartedFill:
    """Start runs for days that are still missing, as the DAG sellerops__completeness does, but immediately.

    Each run is claimed first, so that nobody starts a second one; the claim is released if the run cannot be
    started.
    """
    from sellerops.completeness import FillLimits, claim_fills, find_gaps, read_calendars

    spec, ledger = _spec(wanted.report), get_runtime().ledger
    account = known_reports().accounts.get(wanted.account_id)
    if account is None:
        raise HTTPException(404, f"Account {wanted.account_id} is not configured.")
    calendars = [
        calendar
        for calendar in read_calendars(
            ledger, spec, [account], first_day=wanted.first_day, last_day=wanted.last_day
        )
        if calendar.marketplace_id == wanted.marketplace_id
    ]
    gaps = find_gaps(calendars, ledger.clock().now(), older_than=timedelta(0))
    fills = claim_fills(ledger, gaps, FillLimits(waits=False))
    if not fills:
        audit.only_checked()
    return StartedFill(runs=_start_all(request, user, fills), reason="" if fills else _reason(gaps != []))


def _start_all(request: Request, user: GetUserDep, fills: list[Fill]) -> list[StartedRun]:
    from sellerops.completeness import release_fill

    started: list[StartedRun] = []
    try:
        for fill in fills:
            started.append(_start(request, user, fill))
    except Exception:
        for fill in fills[len(started) :]:
            release_fill(get_runtime().ledger, fill)
        raise
    return started


def _start(request: Request, user: GetUserDep, fill: Fill) -> StartedRun:
    return start_run(
        request,
        user,
        fill.gap.spec.dag_id,
        fill.conf,
        run_id=fill.run_id,
        action="gap.fill",
        account_id=fill.gap.account_id,
    )


def _reason(has_gaps: bool) -> str:
    if has_gaps:
        return "A run for these days is in progress, or Amazon no longer serves them. Nothing was started."
    return "None of these days is missing any more. Nothing was started."


def _spec(report: str) -> ReportSpec:
    spec = known_reports().specs.get(report)
    if spec is None:
        raise HTTPException(404, f"Unknown report {report!r}.")
    return spec
