"""What the completeness DAG does: gaps as runs to start, schedules gone quiet, types Amazon removes."""

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
IsLive = Callable[[str | None, str | None], bool]


def daily_schedule(dag_id: str, *, between: str) -> ReportTimetable:
    """Once a day at the DAG's own minute of a window, UTC."""
    return ReportTimetable(Schedule(between=(between,), timezone="UTC"), dag_id)


def pause_lookup(context: Mapping[str, Any]) -> IsPaused:
    """Whether a DAG is paused, as Airflow tells the running task."""
    ti = context["ti"]
    return lambda dag_id: bool(ti.get_dag(dag_id).is_paused)


def plan_gap_fills(
    ledger: Ledger,
    is_paused: IsPaused,
    *,
    most: int,
    tries: int,
    horizon_days: int,
    is_running: IsLive = is_running,
) -> list[dict[str, Any]]:
    """Runs to start for gaps, as arguments of a TriggerDagRunOperator; each is claimed in the ledger.

    What Amazon no longer serves is marked expired. A paused DAG's report is left alone: somebody wants it so.
    Days that a run planned or requested and never brought are gaps once Airflow has no such run any more,
    days in quarantine once nobody is asked about them.
    """
    from sellerops.completeness import FillLimits, claim_fills, find_gaps, mark_expired

    now = ledger.clock().now()
    is_handled = _attendance(ledger, cache(is_running))
    gaps: list[Gap] = []
    for shops in _shops(ledger, is_paused, horizon_days):
        expired = mark_expired(ledger, shops)
        if expired:
            log.info("%s: %d days are marked expired", shops[0].spec.name, expired)
        gaps += find_gaps(shops, now, is_handled=is_handled)
    fills = claim_fills(ledger, sorted(gaps, key=_urgency), FillLimits(per_day=most, tries=tries))
    log.info("%d gaps, %d runs to start", len([gap for gap in gaps if not gap.expired]), len(fills))
    for fill in fills:
        log.info("%s: %s", fill.gap.label, fill.run_id)
    return [
        {"trigger_dag_id": fill.gap.spec.dag_id, "trigger_run_id": fill.run_id, "conf": fill.conf}
        for fill in fills
    ]


def check_silence(ledger: Ledger, is_paused: IsPaused, grace_hours: int) -> None:
    """Raise GiveUpError naming reports whose schedule should have run and left no trace."""
    from sellerops.completeness import silent_reports
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import enabled_specs

    found = silent_reports(ledger, enabled_specs(), load_accounts().values(), timedelta(hours=grace_hours))
    paused = {dag_id: is_paused(dag_id) for dag_id in {each.spec.dag_id for each in found}}
    silent = [each for each in found if not paused[each.spec.dag_id]]
    if not silent:
        return
    listed = "; ".join(
        f"{each.spec.name} {each.account_id}: due {each.due:%Y-%m-%d %H:%M}, last heard of "
        f"{each.last:%Y-%m-%d %H:%M}"
        for each in silent[:20]
    )
    more = f"; and {len(silent) - 20} more" if len(silent) > 20 else ""
    raise GiveUpError(
        f"{len(silent)} reports should have run (UTC) and did not: {listed}{more}.",
        where="schedules",
        remedy="Look whether scheduler and dag-processor run and whether the DAG has an import error; the "
        "days are filled by this DAG or by a backfill. Pause a DAG that is no longer wanted.",
    )


def check_queued(is_paused: IsPaused, hours: int) -> None:
    """Raise GiveUpError naming report DAGs whose runs are queued and do not start. Real time: Airflow's."""
    from sellerops.settings.specs import enabled_specs
    from sellerops_airflow.runs.queued_runs import check_queued_runs

    dag_ids = [spec.dag_id for spec in enabled_specs()]
    check_queued_runs(dag_ids, is_paused, datetime.now(UTC), hours)


def send_deprecation_notices(ledger: Ledger) -> int:
    """Tell, once for each threshold, of what Amazon removes that a report uses; how many messages."""
    from sellerops.notices.deprecations import deprecation_notice
    from sellerops.settings.deprecations import load_deprecations, touched
    from sellerops.settings.specs import enabled_specs
    from sellerops_airflow.notifiers import send_notice

    today = ledger.clock().now().date()
    notices = [deprecation_notice(one, today) for one in touched(load_deprecations(), enabled_specs())]
    return sum(send_notice(ledger, notice) for notice in notices if notice)


def _attendance(ledger: Ledger, is_running: IsLive) -> Callable[[SliceRow], bool]:
    """Whether somebody still works on a day: a live run, or the person who is asked about its document."""
    from sellerops.calendar.slices import Slice
    from sellerops.ledger import SliceState
    from sellerops.ledger.quarantines import QuarantineState
    from sellerops.reprocess.quarantine import list_quarantines

    asked = set()
    for each in list_quarantines(ledger, [QuarantineState.OPEN], limit=100_000):
        slice_ = Slice.from_dict(each.slice)
        shop = slice_.marketplace.id if slice_.marketplace else ""
        asked |= {(slice_.report, slice_.account_id, shop, day) for day in slice_.days}

    def is_handled(row: SliceRow) -> bool:
        if row.state is SliceState.QUARANTINED:
            return (row.report, row.account_id, row.marketplace_id, row.day) in asked
        return is_running(row.dag_id, row.run_id)

    return is_handled


def _urgency(gap: Gap) -> Any:
    return gap.first_day + gap.spec.period.history, gap.spec.name, gap.account_id


def _shops(ledger: Ledger, is_paused: IsPaused, horizon_days: int) -> Iterator[list[MarketplaceCalendar]]:
    """The calendars of each report that is in use."""
    from sellerops.completeness import read_calendars
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import enabled_specs

    accounts = list(load_accounts().values())
    for spec in enabled_specs():
        back = min(horizon_days, spec.period.history.days)
        shops = list(read_calendars(ledger, spec, accounts, days=back))
        if shops and not is_paused(spec.dag_id):
            yield shops


__all__ = [
    "check_queued",
    "check_silence",
    "daily_schedule",
    "pause_lookup",
    "plan_gap_fills",
    "send_deprecation_notices",
]
