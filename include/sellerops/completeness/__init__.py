"""Which days should be there by the schedule, how each stands, what is missing, and what to run for it."""

from sellerops.completeness.calendar import Day, DayState, Shop, calendars
from sellerops.completeness.expected import ExpectedDay, expected_days
from sellerops.completeness.filling import Fill, Limits, claim_fills, mark_expired, release_fill
from sellerops.completeness.gaps import Gap, find_gaps
from sellerops.completeness.silence import Silence, silent_reports

__all__ = [
    "Day",
    "DayState",
    "ExpectedDay",
    "Fill",
    "Gap",
    "Limits",
    "Shop",
    "Silence",
    "calendars",
    "claim_fills",
    "expected_days",
    "find_gaps",
    "mark_expired",
    "release_fill",
    "silent_reports",
]
