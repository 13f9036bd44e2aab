"""The tasks of the completeness DAG: runs for gaps, silent schedules, what Amazon removes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import GiveUpError
from sellerops.settings.specs import Schedule
from sellerops_airflow.runs.airflow_runs import is_running
from sellerops_airflow.timetables import ReportTimetable

if TYPE_CHECKING:
    from sellerops.completeness import Gap, MarketplaceCalendar
    from sellerops.ledger import Ledger, SliceRow

log = logging.getLogger(__name__)

IsPaused = Callable[[str], bool]
IsRunning = Callable[[str | None, str | None], bool]


def daily_schedule(dag_id: str, *, between: str) -> ReportTimetable:
    """A schedule once a day, at the DAG's own minute of a window in UTC (``05:00-06:00``)."""
    return ReportTimetable(Schedule(between=(between,), timezone="UTC"), dag_id)


def pause_lookup(context: Mapping[str, Any]) -> IsPaused:
    """A function that asks Airflow, as the running task, whether a DAG is paused."""
    ti = context["ti"]
    return lambda dag_id: bool(ti.get_dag(dag_id).is_paused)


def plan_gap_fills(
    ledger: Ledger,
    is_paused: IsPaused,
    *,
    most: int,
    tries: int,
    horizon_days: int,
    is_running: IsRunning = is_running,
) -> list[dict[str, Any]]:
    """Runs to start for gaps, as arguments of a TriggerDagRunOperator; each is claimed in the ledger.

    Marks days that Amazon no longer serves as expired, and skips reports of paused DAGs. Days that a run
    planned or requested but never loaded are gaps once that run is no longer active, quarantined days once
    their documents are decided.

    :param most: runs within 24 hours; ``tries``: runs for one gap; ``horizon_days``: how far back to look.
    """
    from sellerops.completeness import FillLimits, claim_fills, find_gaps, mark_expired

    now = ledger.clock().now()
    is_handled = _handled_check(ledger, cache(is_running))
    gaps: list[Gap] = []
    for calendars in _calendars(ledger, is_paused, horizon_days):
        expired = mark_expired(ledger, calendars)
        if expired:
            log.info("%s: %d days marked expired", calendars[0].spec.name, expired)
        gaps += find_gaps(calendars, now, is_handled=is_handled)
    fills = claim_fills(ledger, sorted(gaps, key=_urgency), FillLimits(per_day=most, tries=tries))
    log.info("%d gaps, %d runs to start", len([gap for gap in gaps if not gap.expired]), len(fills))
    for fill in fills:
        log.info("%s: %s", fill.gap.label, fill.run_id)
    return [
        {"trigger_dag_id": fill.gap.spec.dag_id, "trigger_run_id": fill.run_id, "conf": fill.conf}
        for fill in fills
    ]


def check_silence(ledger: Ledger, is_paused: IsPaused, grace_hours: int) -> None:
    """Raise GiveUpError naming reports whose schedule should have run and has no run in the ledger."""
    from sellerops.completeness import silent_reports
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import enabled_specs

    found = silent_reports(ledger, enabled_specs(), load_accounts().values(), timedelta(hours=grace_hours))
    paused = {dag_id: is_paused(dag_id) for dag_id in {each.spec.dag_id for each in found}}
    silent = [each for each in found if not paused[each.spec.dag_id]]
    if not silent:
        return
    listed = "; ".join(
        f"{each.spec.name} {each.account_id}: due {each.due:%Y-%m-%d %H:%M}, last run "
        f"{each.last:%Y-%m-%d %H:%M}"
        for each in silent[:20]
    )
    more = f"; and {len(silent) - 20} more" if len(silent) > 20 else ""
    raise GiveUpError(
        f"{len(silent)} reports should have run (UTC) and did not: {listed}{more}.",
        where="schedules",
        remedy="Check that scheduler and dag-processor run and that the DAG has no import error; this DAG "
        "or a backfill then fills the days. Pause a DAG that you no longer want.",
    )


def check_queued(is_paused: IsPaused, hours: int) -> None:
    """Raise GiveUpError naming report DAGs whose runs have been queued for ``hours`` of real time."""
    from sellerops.settings.specs import enabled_specs
    from sellerops_airflow.runs.queued_runs import check_queued_runs

    dag_ids = [spec.dag_id for spec in enabled_specs()]
    check_queued_runs(dag_ids, is_paused, datetime.now(UTC), hours)


def send_deprecation_notices(ledger: Ledger) -> int:
    """Send notices, once per threshold, of removals at Amazon that affect reports. Returns how many."""
    from sellerops.notices.deprecations import deprecation_notice
    from sellerops.settings.deprecations import load_deprecations, touched
    from sellerops.settings.specs import enabled_specs
    from sellerops_airflow.notifiers import send_notice

    today = ledger.clock().now().date()
    notices = [deprecation_notice(one, today) for one in touched(load_deprecations(), enabled_specs())]
    return sum(send_notice(ledger, notice) for notice in notices if notice)


def _handled_check(ledger: Ledger, is_running: IsRunning) -> Callable[[SliceRow], bool]:
    """A function that says whether a day is being handled: by an active run, or by a pending decision."""
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import SliceState
    from sellerops.ledger.quarantines import QuarantineState
    from sellerops.reprocess.quarantine import list_quarantines

    undecided = set()
    for each in list_quarantines(ledger, [QuarantineState.OPEN], limit=100_000):
        slice_ = Slice.from_dict(each.slice)
        marketplace_id = slice_.marketplace.id if slice_.marketplace else ""
        undecided |= {(slice_.report, slice_.account_id, marketplace_id, day) for day in slice_.days}

    def is_handled(row: SliceRow) -> bool:
        if row.state is SliceState.QUARANTINED:
            return (row.report, row.account_id, row.marketplace_id, row.day) in undecided
        return is_running(row.dag_id, row.run_id)

    return is_handled


def _urgency(gap: Gap) -> Any:
    return gap.first_day + gap.spec.period.history, gap.spec.name, gap.account_id


def _calendars(ledger: Ledger, is_paused: IsPaused, horizon_days: int) -> Iterator[list[MarketplaceCalendar]]:
    """The calendars of each enabled report whose DAG is not paused."""
    from sellerops.completeness import read_calendars
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import enabled_specs

    accounts = list(load_accounts().values())
    for spec in enabled_specs():
        back = min(horizon_days, spec.period.history.days)
        calendars = list(read_calendars(ledger, spec, accounts, days=back))
        if calendars and not is_paused(spec.dag_id):
            yield calendars


__all__ = [
    "check_queued",
    "check_silence",
    "daily_schedule",
    "pause_lookup",
    "plan_gap_fills",
    "send_deprecation_notices",
]
