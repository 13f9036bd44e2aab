"""The notice that Amazon will remove, or has removed, something a report is made of."""

from __future__ import annotations

from datetime import date

from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, slack_blocks
from sellerops.settings.deprecations import DeprecationUse, threshold_of

# From here on somebody must act now.
_SOON = 7


def deprecation_notice(touched: DeprecationUse, today: date) -> Notice | None:
    """One notice for each item and threshold; None while the first one is far, or no report uses it."""
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
        f"The {one.kind.value} `{one.name}` ends{day}. Reports made of it: {', '.join(touched.reports)}.",
        f"Next: {_next(one.replacement)} Source: {one.source}.",
    ]
    # Within days somebody must act: that is no longer a word for the log.
    event = Event.NEEDS_A_PERSON if threshold <= _SOON else Event.DEPRECATION
    key = f"deprecation|{one.kind.name}|{one.name}|{one.removed_on or ''}|{threshold}"
    return Notice(key, event, "\n".join([headline, *sections]), slack_blocks(headline, sections))


def _next(replacement: str) -> str:
    if replacement:
        return f"move these reports to {replacement}."
    return "Amazon names no replacement; take the specs out."
