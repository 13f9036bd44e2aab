"""Daily budgets of report types, set by a control call. Amazon documents none."""

from __future__ import annotations

from collections import Counter

from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.sandbox import FamilyState, Sandbox


class DailyBudgets(FamilyState):
    """How many reports of a type a seller may request per UTC day; no limit for types not in `limits`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._clock = sandbox.clock
        self.limits: dict[str, int] = {}
        self._used: Counter[tuple[str, str, str]] = Counter()

    def take(self, seller_id: str, report_type: str) -> bool:
        """Count a report; False when the day's budget is used up."""
        limit = self.limits.get(report_type)
        if limit is None:
            return True
        key = (seller_id, report_type, instant(self._clock.now()).date().isoformat())
        if self._used[key] >= limit:
            return False
        self._used[key] += 1
        return True

    def reset(self) -> None:
        """No limits."""
        self.limits.clear()
        self._used.clear()
