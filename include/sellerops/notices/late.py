"""The notices of late days and of days Amazon soon forgets, and of their ends: which, why, and what next."""

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
from sellerops.notices.notice import slack_blocks
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import ReportSpec
from sellerops.settings.specs.durations import format_duration

_MOST_REASONS = 6
_LONGEST = 400
_NO_RUN = "no run has asked Amazon for it"
_NO_RUN_NEXT = (
    "look whether the DAG is paused and whether scheduler and dag-processor run, then trigger the DAG "
    "(empty form: what the schedule would have collected)."
)
_WAITS_NEXT = (
    "nothing by hand: the run goes on by itself and its end is told here. `sellerops quota` shows "
    "what is left of Amazon's quotas."
)
_UNPUBLISHED_NEXT = "nothing by hand: the coming runs ask again."
_PLANNED_NEXT = (
    "look at the run: its task waits for a free slot (pool, parallelism), or was stopped. Clear it if it was."
)
# What the status of the slice's request means for who waits for it.
_WAITS = {
    "PLANNED": "waits for quota to ask Amazon",
    "CREATING": "is just being asked of Amazon",
    "IN_QUEUE": "is in Amazon's queue",
    "IN_PROGRESS": "is being made by Amazon",
    "DONE": "is ready at Amazon and waits for quota to be downloaded",
    "ARCHIVED": "is downloaded and waits to be loaded",
}


def late_notice(warned: DayWarning, days: Sequence[DayStatus], spec: ReportSpec, url: str) -> Notice:
    """Days that have not landed by the promised time. ``url``: the run, or the DAG where there is no run."""
    open_days = [each for each in days if not each.has_landed]
    zone = ZoneInfo(spec.schedule.timezone)
    headline = (
        f"{spec.name} is late: {warned.account_id} {_places(open_days)}, promised by "
        f"{warned.since.astimezone(zone):%Y-%m-%d %H:%M} {spec.schedule.timezone}"
    )
    groups: dict[tuple[str, str], list[DayStatus]] = {}
    for each in open_days:
        groups.setdefault(_reason(each, zone), []).append(each)
    sections = [
        f"{_places(group)}: {_plain(reason)}.\nNext: {_plain(following)}"
        for (reason, following), group in list(groups.items())[:_MOST_REASONS]
    ]
    if len(groups) > _MOST_REASONS:
        sections.append(f"... and {len(groups) - _MOST_REASONS} more reasons; see the run.")
    return _notice(warned, spec, Event.LATE, headline, sections, url, _run_of(open_days))


def late_recovery(warned: DayWarning, days: Sequence[DayStatus], spec: ReportSpec) -> str:
    """One line for its end: when the last day landed, or that it will not."""
    lost = [each for each in days if each.is_lost]
    if lost:
        return (
            f"{spec.name} {warned.account_id}: {_places(lost)} did not come, and Amazon no longer serves it."
        )
    landed = max((each.row.updated_at for each in days if each.row), default=warned.since)
    zone = ZoneInfo(spec.schedule.timezone)
    after = describe_seconds(max((landed - warned.since).total_seconds(), 0.0))
    return (
        f"{spec.name} {warned.account_id}: {_places(days)} landed at {_time(landed, zone)}, {after} after "
        "its time."
    )


def expiring_notice(
    warned: DayWarning,
    days: Sequence[DayStatus],
    spec: ReportSpec,
    last_days: Mapping[tuple[str, date], date],
    outlook: str,
    url: str,
) -> Notice:
    """Days that are not there and that Amazon soon stops serving.

    ``last_days``: the last day to act for each shop and day; ``outlook``: whether gap filling will try.
    """
    open_days = [each for each in days if not each.has_landed]
    by_end: dict[date, list[DayStatus]] = {}
    for each in open_days:
        last = last_days.get((each.marketplace_id, each.day))
        if last:
            by_end.setdefault(last, []).append(each)
    soonest = min(by_end, default=warned.since.date())
    headline = (
        f"{spec.name}: Amazon soon forgets {len(open_days)} {'day' if len(open_days) == 1 else 'days'} of "
        f"{warned.account_id}; last day to act {soonest}"
    )
    lines = [f"until {last}: {_places(group)}" for last, group in sorted(by_end.items())]
    shown = lines[:_MOST_REASONS]
    if len(lines) > _MOST_REASONS:
        shown.append(f"... and {len(lines) - _MOST_REASONS} more, `sellerops gaps` lists them.")
    states = Counter(str(each.row.state) if each.row else "MISSING" for each in open_days)
    told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    sections = [
        "\n".join(shown),
        f"Amazon serves {format_duration(spec.period.history)} back. How the days stand: {told}."
        f"{_why(open_days)}",
        f"{outlook}\nNext: trigger `{spec.dag_id}` with *From day* {min(each.day for each in open_days)} and "
        f"*To day* {max(each.day for each in open_days)}, before the day named above ends.",
    ]
    return _notice(warned, spec, Event.NEEDS_A_PERSON, headline, sections, url, ("", ""))


def expiring_recovery(warned: DayWarning, days: Sequence[DayStatus], spec: ReportSpec) -> str:
    """One line for its end: all there, or which days are lost."""
    lost = [each for each in days if not each.has_landed]
    if not lost:
        return f"{spec.name} {warned.account_id}: all {len(days)} days Amazon was about to forget are there."
    return (
        f"{spec.name} {warned.account_id}: {len(lost)} of {len(days)} days are lost, Amazon no longer serves "
        f"them: {_places(lost)}."
    )


def _reason(each: DayStatus, zone: ZoneInfo) -> tuple[str, str]:
    """Why the day is not there, and what a person does next."""
    row = each.row
    if row is None:
        return _NO_RUN, _NO_RUN_NEXT
    if row.state is SliceState.FAILED:
        cause = f"{row.error_type}: {row.error}" if row.error_type else row.error or "the log says why"
        remedy = row.remedy or "read the task's log, mend the cause, clear the task."
        return f"failed: {_cut(redact(cause))}", _cut(redact(remedy))
    if row.state is SliceState.LATE:
        return f"Amazon has not published it yet ({_cut(redact(row.error or 'no more is known'))})", (
            _UNPUBLISHED_NEXT
        )
    since = row.updated_at
    if each.request and row.state is SliceState.REQUESTED:
        what = _WAITS.get(each.request["status"], f"its request is {each.request['status']}")
        since = each.request["updated_at"]
        return f"{what}, since {_time(since, zone)}", _WAITS_NEXT
    if row.state is SliceState.REQUESTED:
        return f"waits for quota to ask Amazon, since {_time(since, zone)}", _WAITS_NEXT
    return f"is planned since {_time(since, zone)}, and no task works on it", _PLANNED_NEXT


def _why(days: Sequence[DayStatus]) -> str:
    """The newest error among days that failed."""
    failed = [each.row for each in days if each.row and each.row.error]
    if not failed:
        return ""
    newest = max(failed, key=lambda row: row.updated_at)
    return _plain(f" Last error: {_cut(redact(newest.error or ''))}")


def _run_of(days: Iterable[DayStatus]) -> tuple[str, str]:
    """The run the days belong to, when it is one; its thread takes the message."""
    runs = {(each.row.dag_id or "", each.row.run_id or "") if each.row else ("", "") for each in days}
    return next(iter(runs)) if len(runs) == 1 else ("", "")


def _places(days: Iterable[DayStatus]) -> str:
    """``US 2026-11-20``, ``CA, US 2026-11-08..2026-11-14``: shops with the same days are named together."""
    codes = {shop.id: shop.code for shop in all_marketplaces().values()}
    by_shop: dict[str, list[date]] = {}
    for each in days:
        by_shop.setdefault(codes.get(each.marketplace_id, "all shops"), []).append(each.day)
    by_days: dict[str, list[str]] = {}
    for shop, every in sorted(by_shop.items()):
        by_days.setdefault(_spans(every), []).append(shop)
    return "; ".join(f"{', '.join(shops)} {spans}" for spans, shops in by_days.items())


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
    warned: DayWarning,
    spec: ReportSpec,
    event: Event,
    headline: str,
    sections: Sequence[str],
    url: str,
    run: tuple[str, str],
) -> Notice:
    return Notice(
        key=warned.fault_key,
        event=event,
        text="\n".join([headline, *sections]),
        blocks=slack_blocks(headline, sections, f"<{url}|{run[1] or spec.dag_id}>"),
        family=spec.family,
        account_ids=(warned.account_id,),
        report=spec.name,
        dag_id=run[0] or spec.dag_id,
        run_id=run[1],
        fault_key=warned.fault_key,
    )


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
