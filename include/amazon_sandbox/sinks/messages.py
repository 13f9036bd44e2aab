"""The messages that a sink keeps."""

from __future__ import annotations

from collections import deque
from typing import Any

from amazon_sandbox.core.sandbox import FamilyState, Sandbox

KEPT_MESSAGES = 10_000


class Messages(FamilyState):
    """The latest messages, oldest first."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.messages: deque[dict[str, Any]] = deque(maxlen=KEPT_MESSAGES)
        self._made = 0

    def next_number(self) -> int:
        """A number that rises for as long as the server runs."""
        self._made += 1
        return self._made

    def reset(self) -> None:
        """Forget all messages."""
        self.messages.clear()
