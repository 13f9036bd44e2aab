"""The weeks, months and quarters that Brand Analytics offers, newest first, and how it writes them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from amazon_sandbox.portal import list_texts, previews
from amazon_sandbox.portal.routes import PortalCall

_OFFERED = 12
# Days after the end of a period until it can be chosen. In Europe it often takes a week longer.
_LAG = {"NA": 2, "EU": 9, "FE": 9}
KINDS = {"weekly": "WEEK", "monthly": "MONTH", "quarterly": "QUARTER"}


class Period(NamedTuple):
    """One period; both days are included. ``reporting_range``: as in the page's address."""

    reporting_range: str
    first_day: date
    last_day: date

    @property
    def control(self) -> str:
        """The id of its drop-down, which is also its name in the address."""
        return {
            "weekly": "weekly-week",
            "monthly": f"{self.last_day.year}-month",
            "quarterly": f"{self.last_day.year}-quarter",
        }[self.reporting_range]

    def text(self, call: PortalCall) -> str:
        """As the drop-down writes it: ``Week 28 | 2026-07-05 - 2026-07-11 2026``."""
        language = call.language[:2]
        if self.reporting_range == "weekly":
            name = f"{call.say('Week', 'Woche', '週')} {self.last_day.isocalendar().week}"
        elif self.reporting_range == "monthly":
            name = list_texts.month_name(self.last_day.month, language)
        else:
            name = f"{call.say('Q', 'Q', 'Q')}{(self.last_day.month + 2) // 3}"
        return f"{name} | {self.first_day} - {self.last_day} {self.last_day.year}"


def offered(call: PortalCall, reporting_range: str) -> list[Period]:
    """The periods that can be chosen, newest first."""
    newest = previews.today(call) - timedelta(days=_LAG[call.marketplace.region])
    last = _end_on_or_before(reporting_range, newest)
    found = []
    for _ in range(_OFFERED):
        first = _first_day(reporting_range, last)
        found.append(Period(reporting_range, first, last))
        last = first - timedelta(days=1)
    return found


def shown(call: PortalCall) -> Period:
    """The period that the address asks for; the newest one if that is not offered."""
    reporting_range = call.query.get("reporting-range", "weekly")
    if reporting_range not in KINDS:
        reporting_range = "weekly"
    periods = offered(call, reporting_range)
    wanted = {value for name, value in call.query.items() if name.endswith(("-week", "-month", "-quarter"))}
    return next((each for each in periods if each.last_day.isoformat() in wanted), periods[0])


def _first_day(reporting_range: str, last: date) -> date:
    if reporting_range == "weekly":
        return last - timedelta(days=6)
    if reporting_range == "monthly":
        return last.replace(day=1)
    return date(last.year, last.month - 2, 1)


def _end_on_or_before(reporting_range: str, day: date) -> date:
    """The last day of the newest whole period."""
    if reporting_range == "weekly":
        return day - timedelta(days=(day.weekday() - 5) % 7)
    next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    end = next_month - timedelta(days=1)
    if end != day:
        end = day.replace(day=1) - timedelta(days=1)
    while reporting_range == "quarterly" and end.month % 3:
        end = end.replace(day=1) - timedelta(days=1)
    return end
