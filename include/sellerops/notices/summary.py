"""The daily summary for the owner: what each account collected, and what is open."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sellerops.completeness.summary import AccountDay, Summary
from sellerops.ledger import SliceState
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape
from sellerops.read_models.inbound import Waiting

_MOST_FAULTS = 10
_STATES = {
    SliceState.LOADED: "loaded",
    SliceState.CONFIRMED_EMPTY: "without data",
    SliceState.REQUESTED: "in progress at Amazon",
    SliceState.PLANNED: "planned",
    SliceState.LATE: "late at Amazon",
    SliceState.QUARANTINED: "quarantined",
    SliceState.FAILED: "failed",
    SliceState.EXPIRED: "no longer served",
}


def summary_notice(summary: Summary, timezone: str, run_id: str, url: str) -> Notice:
    """One message for all accounts, once per ``run_id``. Times are shown in ``timezone``."""
    zone = ZoneInfo(timezone)
    since, until = (moment.astimezone(zone) for moment in (summary.since, summary.until))
    failed = sum(account.days.get(SliceState.FAILED, 0) for account in summary.accounts)
    headline = f"Collected until {until:%Y-%m-%d %H:%M} {timezone}: {_verdict(summary, failed)}"
    sections = [_account(account) for account in summary.accounts]
    sections.append(_faults(summary, zone))
    footer = (
        f"Since {since:%Y-%m-%d %H:%M}. A day is one day of one marketplace of one report. <{url}|Airflow>"
    )
    return Notice.build(f"summary|{run_id}", Event.SUMMARY, headline, sections, footer=footer)


def _verdict(summary: Summary, failed: int) -> str:
    if all(account.is_idle for account in summary.accounts):
        return "nothing was collected"
    held = sum(account.quarantined for account in summary.accounts)
    parts = [f"{failed} failed"] if failed else []
    parts += [f"{len(summary.faults)} open"] if summary.faults else []
    parts += [f"{held} quarantined"] if held else []
    return ", ".join(parts) or "all is well"


def _account(account: AccountDay) -> str:
    if account.is_idle:
        lines = [f"*{escape(account.account_id)}*: nothing was collected."]
    else:
        days = [f"{count:,} {_STATES[state]}" for state in _STATES if (count := account.days.get(state))]
        lines = [
            f"*{escape(account.account_id)}*: {_count(account.runs, 'run')}.",
            f"Days: {', '.join(days) or 'none'}.",
            f"Rows: {_rows(account)}.",
        ]
    if account.quarantined:
        lines.append(f"{_count(account.quarantined, 'document')} quarantined: decide in *Required Actions*.")
    if account.inbound.open:
        lines.append(f"FBA inbound: {_inbound(account.inbound)}.")
    if account.quota:
        use = account.quota
        refused = (
            f"{_count(account.refused_calls, 'call')} refused" if account.refused_calls else "none refused"
        )
        used = f"{use.operation} came closest to its limit, {use.share:.0%} ({_count(use.calls, 'call')})"
        lines.append(f"Quota: {used}; {refused}.")
    return "\n".join(lines)


def _inbound(waiting: Waiting) -> str:
    parts = [f"{_count(waiting.open, 'run')} open"]
    parts += [f"{waiting.approvals:,} to approve in *Required Actions*"] if waiting.approvals else []
    parts += [f"{waiting.failed:,} failed"] if waiting.failed else []
    parts += [f"{waiting.differences:,} with units missing or too many"] if waiting.differences else []
    return ", ".join(parts)


def _rows(account: AccountDay) -> str:
    stored = [f"{count:,} stored in {name}" for name, count in sorted(account.rows.items())] or [
        "none stored"
    ]
    if account.rejected:
        stored.append(f"{account.rejected:,} rejected")
    if account.damaged_texts:
        stored.append(f"{_count(account.damaged_texts, 'text')} damaged at the source (`damaged_texts`)")
    return ", ".join(stored)


def _faults(summary: Summary, zone: ZoneInfo) -> str:
    """The open faults, oldest first."""
    if not summary.faults:
        return "No open faults."
    shown = [
        f"- {escape(fault.headline)} (since {fault.opened_at.astimezone(zone):%Y-%m-%d %H:%M})"
        for fault in summary.faults[:_MOST_FAULTS]
    ]
    if len(summary.faults) > _MOST_FAULTS:
        shown.append(f"... and {len(summary.faults) - _MOST_FAULTS} more.")
    return "\n".join(["*Open:*", *shown])


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
