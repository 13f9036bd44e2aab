"""A bounded log of the calls received, with exact counts."""

from __future__ import annotations

from collections import Counter, deque
from typing import NamedTuple

from amazon_sandbox.core.clock import iso_micro

KEPT_CALLS = 100_000
NO_RESPONSE = "no_response"


class Call(NamedTuple):
    """One call. `status` is None when no response was sent; `note` is an additional reason."""

    at: float
    operation: str
    seller_id: str | None
    status: int | None
    report_type: str | None = None
    report_id: str | None = None
    fault: str | None = None
    note: str | None = None

    def as_dict(self) -> dict[str, object]:
        """The call as JSON; fields that do not apply are left out."""
        values = {name: value for name, value in self._asdict().items() if value is not None}
        return {**values, "at": iso_micro(self.at), "status": self.status or NO_RESPONSE}


class CallLog:
    """The latest calls, and counts of all calls since the last clear."""

    def __init__(self, kept: int = KEPT_CALLS) -> None:
        self._calls: deque[Call] = deque(maxlen=kept)
        self._counts: Counter[tuple[str, int | None]] = Counter()
        self._notes: Counter[str] = Counter()

    def add(self, call: Call) -> None:
        """Log one call."""
        self._calls.append(call)
        self._counts[call.operation, call.status] += 1
        if call.note is not None:
            self._notes[call.note] += 1

    def clear(self) -> None:
        """Forget calls and counts."""
        self._calls.clear()
        self._counts.clear()
        self._notes.clear()

    def as_dict(
        self, operation: str | None, seller_id: str | None, status: str | None, limit: int
    ) -> dict[str, object]:
        """The latest `limit` calls that match, oldest first, and counts of all calls and notes."""
        found: list[dict[str, object]] = []
        for call in reversed(self._calls):
            if len(found) >= limit:
                break
            if operation in (None, call.operation) and seller_id in (None, call.seller_id):
                shown = call.as_dict()
                if status in (None, str(shown["status"])):
                    found.append(shown)
        counts: dict[str, dict[str, int]] = {}
        for (name, code), count in sorted(
            self._counts.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        ):
            counts.setdefault(name, {})[str(code or NO_RESPONSE)] = count
        return {"calls": found[::-1], "counts": counts, "notes": dict(self._notes)}
