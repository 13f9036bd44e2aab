"""The notices of late days and of days about to expire at Amazon, and their recoveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sellerops.base.redaction import redact
from sellerops.calendar.backfill import describe_seconds
from sellerops.calendar.slices import days_label
from sellerops.completeness.warnings import DayStatus
from sellerops.ledger import SliceState
from sellerops.ledger.warnings import DayWarning
from sellerops.notices import Event, Notice
from sellerops.notices.notice import escape, shorten
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import ReportSpec
from sellerops.settings.specs.durations import format_duration

_MOST_REASONS = 6
_LONGEST = 400
_NO_RUN = "no run has requested it from Amazon"
_NO_RUN_NEXT = (
    "check that the DAG is not paused and that scheduler and dag-processor run, then trigger the DAG "
    "(with an empty form it collects what the schedule would have)."
)
_WAITS_NEXT = (
    "nothing: the run continues by itself and you get a recovery message here. `sellerops quota` shows "
    "what remains of Amazon's quotas."
)
_UNPUBLISHED_NEXT = "nothing: the next runs request it again."
_PLANNED_NEXT = (
    "check the run: its task waits for a free slot (pool, parallelism), or was stopped. If stopped, clear it."
)
# The status of the slice's request in words.
_WAITS = {
    "PLANNED": "waits for request quota",
    "CREATING": "is being requested from Amazon",
    "IN_QUEUE": "is in Amazon's queue",
    "IN_PROGRESS": "is being processed by Amazon",
    "DONE": "is ready at Amazon and waits for download quota",
    "ARCHIVED": "is downloaded and waits to be loaded",
}


def late_notice(warning: DayWarning, days: Sequence[DayStatus], spec: ReportSpec, url: str) -> Notice:
    """Days not loaded by the promised time. ``url``: the page of their run, or of the DAG."""
    open_days = [each for each in days if not each.has_landed]
    zone = ZoneInfo(spec.schedule.timezone)
    headline = (
        f"{spec.name} is late: {warning.account_id} {_days_text(open_days)}, promised by "
        f"{warning.since.astimezone(zone):%Y-%m-%d %H:%M} {spec.schedule.timezone}"
    )
    groups: dict[tuple[str, str], list[DayStatus]] = {}
    for each in open_days:
        groups.setdefault(_reason(each, zone), []).append(each)
    sections = [
        f"{_days_text(group)}: {escape(reason)}.\nNext: {escape(following)}"
        for (reason, following), group in list(groups.items())[:_MOST_REASONS]
    ]
    if len(groups) > _MOST_REASONS:
        sections.append(f"... and {len(groups) - _MOST_REASONS} more reasons; see the run.")
    return _notice(warning, spec, Event.LATE, headline, sections, url, _run_of(open_days))


def late_recovery(warning: DayWarning, days: Sequence[DayStatus], spec: ReportSpec) -> str:
    """One line for the recovery: when the last day was loaded, or which days are lost."""
    lost = [each for each in days if each.is_lost]
    if lost:
        return (
            f"{spec.name} {warning.account_id}: {_days_text(lost)} never arrived, and Amazon no longer "
            "serves it."
        )
    landed = max((each.row.updated_at for each in days if each.row), default=warning.since)
    zone = ZoneInfo(spec.schedule.timezone)
    after = describe_seconds(max((landed - warning.since).total_seconds(), 0.0))
    return (
        f"{spec.name} {warning.account_id}: {_days_text(days)} loaded at {_time(landed, zone)}, {after} late."
    )


def expiring_notice(
    warning: DayWarning,
    days: Sequence[DayStatus],
    spec: ReportSpec,
    last_days: Mapping[tuple[str, date], date],
    outlook: str,
    url: str,
) -> Notice:
    """Missing days that Amazon will soon stop serving.

    ``last_days``: the last day to act, by marketplace and day. ``outlook``: whether gap filling will try.
    """
    open_days = [each for each in days if not each.has_landed]
    by_end: dict[date, list[DayStatus]] = {}
    for each in open_days:
        last = last_days.get((each.marketplace_id, each.day))
        if last:
            by_end.setdefault(last, []).append(each)
    soonest = min(by_end, default=warning.since.date())
    headline = (
        f"{spec.name} {warning.account_id}: {len(open_days)} "
        f"{'day expires' if len(open_days) == 1 else 'days expire'} soon at Amazon; last day to act {soonest}"
    )
    lines = [f"until {last}: {_days_text(group)}" for last, group in sorted(by_end.items())]
    shown = lines[:_MOST_REASONS]
    if len(lines) > _MOST_REASONS:
        shown.append(f"... and {len(lines) - _MOST_REASONS} more; `sellerops gaps` lists them.")
    states = Counter(str(each.row.state) if each.row else "MISSING" for each in open_days)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    sections = [
        "\n".join(shown),
        f"Amazon serves the last {format_duration(spec.period.history)}. States of the days: {counts}."
        f"{_why(open_days)}",
        f"{outlook}\nNext: trigger `{spec.dag_id}` with *From day* {min(each.day for each in open_days)} and "
        f"*To day* {max(each.day for each in open_days)}, on the last day to act at the latest.",
    ]
    return _notice(warning, spec, Event.NEEDS_A_PERSON, headline, sections, url, ("", ""))


def expiring_recovery(warning: DayWarning, days: Sequence[DayStatus], spec: ReportSpec) -> str:
    """One line for the recovery: that all days are loaded, or which are lost."""
    lost = [each for each in days if not each.has_landed]
    if not lost:
        return (
            f"{spec.name} {warning.account_id}: all {len(days)} days that were about to expire at Amazon are "
            "loaded."
        )
    return (
        f"{spec.name} {warning.account_id}: {len(lost)} of {len(days)} days are lost, because Amazon no "
        f"longer serves them: {_days_text(lost)}."
    )


def _reason(each: DayStatus, zone: ZoneInfo) -> tuple[str, str]:
    """Why the day is missing, and what to do next."""
    row = each.row
    if row is None:
        return _NO_RUN, _NO_RUN_NEXT
    if row.state is SliceState.FAILED:
        cause = f"{row.error_type}: {row.error}" if row.error_type else row.error or "see the log"
        remedy = row.remedy or "read the task's log, fix the cause, clear the task."
        return f"failed: {_cut(redact(cause))}", _cut(redact(remedy))
    if row.state is SliceState.LATE:
        return f"Amazon has not published it yet ({_cut(redact(row.error or 'no details'))})", (
            _UNPUBLISHED_NEXT
        )
    since = row.updated_at
    if each.request and row.state is SliceState.REQUESTED:
        what = _WAITS.get(each.request["status"], f"its request is {each.request['status']}")
        since = each.request["updated_at"]
        return f"{what}, since {_time(since, zone)}", _WAITS_NEXT
    if row.state is SliceState.REQUESTED:
        return f"waits for request quota, since {_time(since, zone)}", _WAITS_NEXT
    return f"has been planned since {_time(since, zone)}, and no task is working on it", _PLANNED_NEXT


def _why(days: Sequence[DayStatus]) -> str:
    """The days' newest error; empty if there is none."""
    failed = [each.row for each in days if each.row and each.row.error]
    if not failed:
        return ""
    newest = max(failed, key=lambda row: row.updated_at)
    return escape(f" Last error: {_cut(redact(newest.error or ''))}")


def _run_of(days: Iterable[DayStatus]) -> tuple[str, str]:
    """DAG and run to which all days belong; their thread gets the message. Empty if there are several."""
    runs = {(each.row.dag_id or "", each.row.run_id or "") if each.row else ("", "") for each in days}
    return next(iter(runs)) if len(runs) == 1 else ("", "")


def _days_text(days: Iterable[DayStatus]) -> str:
    """``US 2026-11-20``, ``CA, US 2026-11-08..2026-11-14``: marketplaces with the same days are grouped."""
    codes = {each.id: each.code for each in all_marketplaces().values()}
    by_code: dict[str, list[date]] = {}
    for each in days:
        by_code.setdefault(codes.get(each.marketplace_id, "all marketplaces"), []).append(each.day)
    by_spans: dict[str, list[str]] = {}
    for code, every in sorted(by_code.items()):
        by_spans.setdefault(_spans(every), []).append(code)
    return "; ".join(f"{', '.join(codes)} {spans}" for spans, codes in by_spans.items())


def _spans(days: Iterable[date]) -> str:
    """``2026-11-03, 2026-11-05..2026-11-07``"""
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if spans and day == spans[-1][1] + timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return ", ".join(days_label(first, last) for first, last in spans)


def _notice(
    warning: DayWarning,
    spec: ReportSpec,
    event: Event,
    headline: str,
    sections: Sequence[str],
    url: str,
    run: tuple[str, str],
) -> Notice:
    return Notice.build(
        warning.fault_key,
        event,
        headline,
        sections,
        context=f"<{url}|{run[1] or spec.dag_id}>",
        family=spec.family,
        account_ids=(warning.account_id,),
        report=spec.name,
        dag_id=run[0] or spec.dag_id,
        run_id=run[1],
        fault_key=warning.fault_key,
    )


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def _cut(text: str) -> str:
    return shorten(text.rstrip("."), _LONGEST)
