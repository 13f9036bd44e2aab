"""The messages that were posted."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Any

from amazon_sandbox.clock import iso_micro
from amazon_sandbox.slack import data


class SlackStore:
    """The latest messages, oldest first."""

    def __init__(self) -> None:
        self.messages: deque[dict[str, Any]] = deque(maxlen=data.KEPT_MESSAGES)
        self._last_ts = 0

    def post(self, body: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Keep a message; Slack's answer. `now` is virtual; equal instants get rising timestamps."""
        self._last_ts = max(self._last_ts + 1, int(now * 1_000_000))
        ts = f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"
        channel_id = channel_id_of(str(body["channel"]))
        kept = {key: value for key, value in body.items() if key not in ("token", "channel")}
        self.messages.append(
            {"at": iso_micro(now), "ts": ts, "channel": body["channel"], "channel_id": channel_id} | kept
        )
        message = {
            "type": "message",
            "subtype": "bot_message",
            "ts": ts,
            "text": body.get("text", ""),
            **data.BOT,
        }
        return {"ok": True, "channel": channel_id, "ts": ts, "message": message}

    def clear(self) -> None:
        """Forget all."""
        self.messages.clear()


def channel_id_of(channel: str) -> str:
    """An id as it is; the same id for the same name otherwise."""
    if channel[:1] in "CDG" and channel.isalnum() and channel.isupper():
        return channel
    return "C" + hashlib.sha256(channel.lstrip("#").encode()).hexdigest()[:10].upper()
