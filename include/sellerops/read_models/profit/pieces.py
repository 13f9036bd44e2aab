"""Which sums make up the days of a scope: whole months, whole parts of months, and the remaining days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sellerops.read_models.scope import Scope, ScopeCurrency

_DAY = timedelta(days=1)
# First days of a month's four parts; the last part has the remaining days.
_PART_DAYS = (1, 9, 17, 25)


def piece_values(scope: Scope) -> dict[str, Any]:
    """Parameters of ``pieces.sql``, besides those of the scope.

    ``of_accounts``: the scope is of whole accounts in their reporting currency, for which there are running
    sums. For some marketplaces, or in their currencies, ``months``, ``parts`` and ``days`` are added up.
    """
    of_accounts = not scope.marketplaces and scope.currency is ScopeCurrency.REPORTING
    months, parts, days = ([], [], []) if of_accounts else pieces_of(scope.start, scope.end)
    return {"of_accounts": of_accounts, "months": months, "parts": parts, "days": days}


def pieces_of(start: date, end: date) -> tuple[list[date], list[date], list[date]]:
    """The days from ``start`` to ``end`` as first days of months and of parts of months, and single days."""
    months: list[date] = []
    parts: list[date] = []
    days: list[date] = []
    day = start
    while day <= end:
        if day.day == 1 and (after := _next_month(day)) <= end + _DAY:
            months.append(day)
        elif day.day in _PART_DAYS and (after := _next_part(day)) <= end + _DAY:
            parts.append(day)
        else:
            days.append(day)
            after = day + _DAY
        day = after
    return months, parts, days


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _next_part(day: date) -> date:
    return day + timedelta(days=8) if day.day < _PART_DAYS[-1] else _next_month(day)
