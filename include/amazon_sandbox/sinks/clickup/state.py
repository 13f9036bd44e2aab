"""The created comments."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.clock import iso_micro
from amazon_sandbox.sinks.messages import Messages


class ClickUpStore(Messages):
    """The latest comments, oldest first."""

    def comment(self, task_id: str, body: dict[str, Any], now: float) -> dict[str, Any]:
        """Keep a comment and return ClickUp's answer. `now` is virtual."""
        comment_id = 458_000_000 + self.next_number()
        self.messages.append({"id": comment_id, "at": iso_micro(now), "task_id": task_id} | body)
        return {"id": comment_id, "hist_id": f"{comment_id:x}", "date": int(now * 1000)}
