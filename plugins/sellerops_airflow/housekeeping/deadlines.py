"""Promised times as Airflow's deadline alerts, and a check of the ledger for days that no run loaded.

A scheduled run gets a deadline at the first ``due`` of its spec after its data interval. When it is missed,
Airflow runs ``notify_late`` in the triggerer, which works even when no worker is free. Every quarter of an
hour the DAG ``sellerops__deadlines`` checks the ledger alone: it finds days without a run (a paused DAG, a
scheduler that was down) and successful runs without the day, and sends a recovery when late days have been
loaded.
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
    """Airflow's callback of a missed deadline: send notices of late days. Returns what it found."""
    deadline = (context or {}).get("deadline") or {}
    result = await asyncio.to_thread(_send_late_notices, dag_id, _moment(deadline.get("deadline_time")))
    log.info("%s", result)
    return result


def check_promises(ledger: Ledger) -> int:
    """Warn about late days in the ledger, and send recoveries. Returns how many warnings stay open.

    Does not look for late days when the local Amazon sets the clock: Airflow's schedules use the real one.
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
    """Warn about open days that Amazon soon stops serving. Returns how many warnings stay open.

    Skips reports of paused DAGs, as gap filling does, and reports with a history beyond ``horizon_days``.
    """
    from sellerops.completeness import read_calendars
    from sellerops.completeness.expiring import days_to_check, expiring_days
    from sellerops.completeness.warnings import open_expiring
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_specs

    now, specs, accounts = ledger.clock().now(), load_specs()[0], load_accounts()
    for spec in specs:
        if spec.period.history.days > horizon_days or not spec.is_on:
            continue
        last, days = days_to_check(spec, now)
        calendars = read_calendars(ledger, spec, accounts.values(), last_day=last, days=days)
        found = expiring_days(calendars, now)
        if found and not is_paused(spec.dag_id):
            open_expiring(ledger, found, now)
    return send_warnings(ledger, {spec.name: spec for spec in specs}, accounts)


def send_warnings(
    ledger: Ledger,
    specs: Mapping[str, ReportSpec],
    accounts: Mapping[str, Account],
    report: str | None = None,
) -> int:
    """Send new warnings and recoveries, of one ``report`` or all. Returns how many warnings stay open.

    Warnings of reports and accounts that were removed or disabled are closed without a recovery.
    """
    from sellerops.completeness.warnings import day_statuses, end_warning, is_over, warnings_of

    now, left = ledger.clock().now(), 0
    for warning in warnings_of(ledger, report):
        spec = specs.get(warning.report)
        if spec is None or not spec.is_on or warning.account_id not in accounts:
            end_warning(ledger, warning)
            continue
        days = day_statuses(ledger, warning)
        if is_over(warning, days, now):
            _send_recovery(ledger, warning, days, spec)
        else:
            _send_warning(ledger, warning, days, spec, accounts[warning.account_id])
            left += 1
    return left


def _send_late_notices(dag_id: str, moment: datetime | None) -> str:
    """Blocks, so it runs in a thread: reads connections, files and the ledger."""
    from sellerops.completeness.late import late_days
    from sellerops.completeness.warnings import open_late
    from sellerops.settings.accounts import load_accounts

    runtime = get_runtime()
    spec, accounts = runtime.spec(dag_id), load_accounts()
    late = late_days(runtime.ledger, spec, accounts.values(), moment or runtime.ledger.clock().now())
    open_late(runtime.ledger, late)
    send_warnings(runtime.ledger, {spec.name: spec}, accounts, report=spec.name)
    return f"{dag_id}: {len(late)} days are late" if late else f"{dag_id}: every promised day has landed"


def _send_warning(
    ledger: Ledger, warning: DayWarning, days: Sequence[DayStatus], spec: ReportSpec, account: Account
) -> None:
    from sellerops.ledger.warnings import WarningKind, mark_notified
    from sellerops.notices.late import expiring_notice, late_notice
    from sellerops_airflow.notifiers import send_notice

    if warning.told_at is not None:
        return
    url = _url(days, spec.dag_id)
    if warning.kind is WarningKind.LATE:
        notice = late_notice(warning, days, spec, url)
    else:
        last_days = _last_days(ledger, warning, spec, account)
        notice = expiring_notice(warning, days, spec, last_days, _outlook(ledger, warning), url)
    send_notice(ledger, notice)
    with ledger.connection() as connection:
        mark_notified(connection, warning.fault_key)


def _send_recovery(ledger: Ledger, warning: DayWarning, days: Sequence[DayStatus], spec: ReportSpec) -> None:
    from sellerops.completeness.warnings import end_warning
    from sellerops.ledger.warnings import WarningKind
    from sellerops.notices.late import expiring_recovery, late_recovery
    from sellerops_airflow.notifiers import send_recovery

    if warning.told_at is not None:
        describe = late_recovery if warning.kind is WarningKind.LATE else expiring_recovery
        send_recovery(ledger, warning.fault_key, headline=describe(warning, days, spec))
    end_warning(ledger, warning)


def _last_days(
    ledger: Ledger, warning: DayWarning, spec: ReportSpec, account: Account
) -> dict[tuple[str, date], date]:
    from sellerops.completeness import read_calendars
    from sellerops.completeness.expiring import expiring_days

    days = [day for _, day in warning.slices]
    calendars = read_calendars(ledger, spec, [account], first_day=min(days), last_day=max(days))
    found = expiring_days(calendars, warning.opened_at)
    return {(each.marketplace_id, each.day): each.last_day_to_act for each in found}


def _outlook(ledger: Ledger, warning: DayWarning) -> str:
    """Whether the completeness DAG still starts runs for the days."""
    from sellerops.completeness.filling import FillLimits, count_tries

    most, tries = FillLimits().tries, count_tries(ledger, warning.report, warning.account_id, warning.slices)
    if tries < most:
        return f"`sellerops__completeness` starts runs for them: {tries} of {most} attempts were made."
    return f"`sellerops__completeness` has started runs for some of them {tries} times and starts no more."


def _url(days: Sequence[DayStatus], dag_id: str) -> str:
    """The page of the days' run; the DAG's page if there is no run, or several."""
    from sellerops_airflow.runs.urls import run_url

    runs = {(each.row.dag_id, each.row.run_id) if each.row else None for each in days if not each.has_landed}
    only = next(iter(runs)) if len(runs) == 1 else None
    if only and only[0] and only[1]:
        return run_url(only[0], only[1])
    return run_url(dag_id, "").removesuffix("/runs/")


def _moment(value: Any) -> datetime | None:
    """The deadline from Airflow's context, a datetime or its ISO text, in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None


__all__ = ["check_expiring", "check_promises", "deadline_of", "notify_late", "send_warnings"]
