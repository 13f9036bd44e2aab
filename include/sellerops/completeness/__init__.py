"""Which days the schedule should have collected, the state of each, and how to fill gaps."""

from sellerops.completeness.expected import ExpectedDay, expected_days
from sellerops.completeness.filling import Fill, FillLimits, claim_fills, mark_expired, release_fill
from sellerops.completeness.gaps import Gap, find_gaps
from sellerops.completeness.marketplace_calendar import Day, DayState, MarketplaceCalendar, read_calendars
from sellerops.completeness.silence import Silence, silent_reports

__all__ = [
    "Day",
    "DayState",
    "ExpectedDay",
    "Fill",
    "FillLimits",
    "Gap",
    "MarketplaceCalendar",
    "Silence",
    "claim_fills",
    "expected_days",
    "find_gaps",
    "mark_expired",
    "read_calendars",
    "release_fill",
    "silent_reports",
]
