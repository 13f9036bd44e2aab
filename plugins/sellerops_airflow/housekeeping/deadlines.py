"""Promised times as Airflow's deadline alerts, and the look at the ledger that finds what no run brought.

A run by schedule gets a deadline at the first ``due`` of its spec after its data interval. When Airflow finds
it missed, ``notify_late`` runs in the triggerer: it needs no worker, of which there may be none when things are
late. The DAG ``sellerops__deadlines`` looks by the ledger alone, every quarter of an hour: it finds what has
no run (a paused DAG, a scheduler that was down) or a run that ended well without the day, and tells when late
days have landed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert

from sellerops.settings.specs import ReportSpec
from sellerops_airflow.promised_time import PromisedTime
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.completeness.warnings import DayStatus
    from sellerops.ledger import Ledger
    from sellerops.ledger.warnings import DayWarning
    from sellerops.settings.accounts import Account

log = logging.getLogger(__name__)

IsPaused = Callable[[str], bool]


def deadline_of(spec: ReportSpec) -> list[DeadlineAlert] | None:
    """The deadline of a report's DAG; None without a promised time."""
    if spec.due is None:
        return None
    return [
        DeadlineAlert(
            reference=PromisedTime(due=spec.due, timezone=spec.schedule.timezone),
            interval=timedelta(0),
            callback=AsyncCallback(notify_late, kwargs={"dag_id": spec.dag_id}),
            # The UI shows an alert with every run of the DAG; the name says which runs have it.
            name=f"scheduled runs only: due {spec.due} {spec.schedule.timezone}",
        )
    ]


async def notify_late(dag_id: str, context: Mapping[str, Any] | None = None) -> str:
    """Airflow's callback of a missed deadline: tell what of the report has not landed; says what it did."""
    deadline = (context or {}).get("deadline") or {}
    said = await asyncio.to_thread(_tell_late_of, dag_id, _moment(deadline.get("deadline_time")))
    log.info("%s", said)
    return said


def check_promises(ledger: Ledger) -> int:
    """Warn of all that is late by the ledger, and tell the ends of warnings; how many open warnings remain.

    Beside a local Amazon's clock nothing is looked for: Airflow's schedules run by the real one.
    """
    from sellerops.completeness.late import late_days
    from sellerops.completeness.warnings import open_late
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_specs

    clock = ledger.clock()
    specs, accounts = load_specs()[0], load_accounts()
    if not clock.is_virtual:
        for spec in specs:
            open_late(ledger, late_days(ledger, spec, accounts.values(), clock.now()))
    return send_warnings(ledger, {spec.name: spec for spec in specs}, accounts)


def check_expiring(ledger: Ledger, is_paused: IsPaused, horizon_days: int) -> int:
    """Warn of open days that Amazon soon stops serving; how many warnings are open.

    A paused DAG's report is left alone, as gap filling does: somebody wants it so. So are days older than
    ``horizon_days``.
    """
    from sellerops.completeness import read_calendars
    from sellerops.completeness.expiring import days_to_check, expiring_days
    from sellerops.completeness.warnings import open_expiring
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_specs

    now, specs, accounts = ledger.clock().now(), load_specs()[0], load_accounts()
    for spec in specs:
        if spec.period.history.days > horizon_days or not spec.enabled:
            continue
        last, days = days_to_check(spec, now)
        shops = read_calendars(ledger, spec, accounts.values(), last_day=last, days=days)
        found = expiring_days(shops, now)
        if found and not is_paused(spec.dag_id):
            open_expiring(ledger, found, now)
    return send_warnings(ledger, {spec.name: spec for spec in specs}, accounts)


def send_warnings(
    ledger: Ledger,
    specs: Mapping[str, ReportSpec],
    accounts: Mapping[str, Account],
    report: str | None = None,
) -> int:
    """Tell warnings that nobody was told of, and ends; how many stay open.

    The end is untold where the report was removed or switched off.
    """
    from sellerops.completeness.warnings import day_statuses, end_warning, is_over, warnings_of

    now, left = ledger.clock().now(), 0
    for warned in warnings_of(ledger, report):
        spec = specs.get(warned.report)
        if spec is None or not spec.enabled or warned.account_id not in accounts:
            end_warning(ledger, warned)
            continue
        days = day_statuses(ledger, warned)
        if is_over(warned, days, now):
            _tell_end(ledger, warned, days, spec)
        else:
            _tell(ledger, warned, days, spec, accounts[warned.account_id])
            left += 1
    return left


def _tell_late_of(dag_id: str, moment: datetime | None) -> str:
    """In a thread: reads connections, files and the ledger."""
    from sellerops.completeness.late import late_days
    from sellerops.completeness.warnings import open_late
    from sellerops.settings.accounts import load_accounts

    runtime = get_runtime()
    spec, accounts = runtime.spec(dag_id), load_accounts()
    late = late_days(runtime.ledger, spec, accounts.values(), moment or runtime.ledger.clock().now())
    open_late(runtime.ledger, late)
    send_warnings(runtime.ledger, {spec.name: spec}, accounts, report=spec.name)
    return f"{dag_id}: {len(late)} days are late" if late else f"{dag_id}: every promised day has landed"


def _tell(
    ledger: Ledger, warned: DayWarning, days: Sequence[DayStatus], spec: ReportSpec, account: Account
) -> None:
    from sellerops.ledger.warnings import WarningKind, mark_notified
    from sellerops.notices.late import expiring_notice, late_notice
    from sellerops_airflow.notifiers import send_notice

    if warned.told_at is not None:
        return
    url = _url(days, spec.dag_id)
    if warned.kind is WarningKind.LATE:
        notice = late_notice(warned, days, spec, url)
    else:
        last_days = _last_days(ledger, warned, spec, account)
        notice = expiring_notice(warned, days, spec, last_days, _outlook(ledger, warned), url)
    send_notice(ledger, notice)
    with ledger.connection() as connection:
        mark_notified(connection, warned.fault_key)


def _tell_end(ledger: Ledger, warned: DayWarning, days: Sequence[DayStatus], spec: ReportSpec) -> None:
    from sellerops.completeness.warnings import end_warning
    from sellerops.ledger.warnings import WarningKind
    from sellerops.notices.late import expiring_recovery, late_recovery
    from sellerops_airflow.notifiers import send_recovery

    if warned.told_at is not None:
        words = late_recovery if warned.kind is WarningKind.LATE else expiring_recovery
        send_recovery(ledger, warned.fault_key, headline=words(warned, days, spec))
    end_warning(ledger, warned)


def _last_days(
    ledger: Ledger, warned: DayWarning, spec: ReportSpec, account: Account
) -> dict[tuple[str, date], date]:
    from sellerops.completeness import read_calendars
    from sellerops.completeness.expiring import expiring_days

    days = [day for _, day in warned.slices]
    shops = read_calendars(ledger, spec, [account], first_day=min(days), last_day=max(days))
    found = expiring_days(shops, warned.opened_at)
    return {(each.marketplace_id, each.day): each.last_day_to_act for each in found}


def _outlook(ledger: Ledger, warned: DayWarning) -> str:
    """Whether the completeness DAG will try by itself."""
    from sellerops.completeness.filling import FillLimits, count_tries

    most, tries = FillLimits().tries, count_tries(ledger, warned.report, warned.account_id, warned.slices)
    if tries < most:
        return f"`sellerops__completeness` asks for them by itself: {tries} of {most} tries were made."
    return f"`sellerops__completeness` has asked for some of them {tries} times and does not any more."


def _url(days: Sequence[DayStatus], dag_id: str) -> str:
    """The run of the days; the DAG's page where there is none, or several."""
    from sellerops_airflow.runs.run_outcomes import run_url

    runs = {(each.row.dag_id, each.row.run_id) if each.row else None for each in days if not each.has_landed}
    only = next(iter(runs)) if len(runs) == 1 else None
    if only and only[0] and only[1]:
        return run_url(only[0], only[1])
    return run_url(dag_id, "").removesuffix("/runs/")


def _moment(value: Any) -> datetime | None:
    """The deadline of Airflow's context, which is a datetime or its text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None


__all__ = ["check_expiring", "check_promises", "deadline_of", "notify_late", "send_warnings"]
