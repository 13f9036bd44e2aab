"""The notice that Amazon will remove, or has removed, something a report uses."""

from __future__ import annotations

from datetime import date

from sellerops.notices.events import Event
from sellerops.notices.notice import Notice
from sellerops.settings.deprecations import DeprecationUse, threshold_of

# Days before the removal from which you must act.
_SOON = 7


def deprecation_notice(touched: DeprecationUse, today: date) -> Notice | None:
    """One notice per item and threshold; None before the first threshold, or if no report uses the item."""
    one, threshold = touched.deprecation, threshold_of(touched.deprecation, today)
    if threshold is None or not touched.reports:
        return None
    left = one.days_left(today)
    if one.is_gone(today):
        headline = f"Amazon has removed {one.name}"
    else:
        headline = f"Amazon removes {one.name} in {left} days"
    day = f" on {one.removed_on}" if one.removed_on else ""
    sections = [
        f"The {one.kind.value} `{one.name}` ends{day}. Reports that use it: {', '.join(touched.reports)}.",
        f"Next: {_next(one.replacement)} Source: {one.source}.",
    ]
    # Urgent: goes to the alert channels instead of the log channel.
    event = Event.NEEDS_A_PERSON if threshold <= _SOON else Event.DEPRECATION
    key = f"deprecation|{one.kind.name}|{one.name}|{one.removed_on or ''}|{threshold}"
    return Notice.build(key, event, headline, sections)


def _next(replacement: str) -> str:
    if replacement:
        return f"move these reports to {replacement}."
    return "Amazon names no replacement; remove the specs."
