"""The posted messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from amazon_sandbox.core.clock import iso_micro
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.sinks.messages import Messages
from amazon_sandbox.sinks.slack import data


class SlackStore(Messages):
    """The latest messages, oldest first."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self._last_ts = 0

    def post(self, body: Mapping[str, Any], now: float, real_now: float) -> dict[str, Any]:
        """Keep a message and return Slack's answer. `now` is virtual; equal instants get rising timestamps.

        `real_now` is when it arrived, by this machine's clock, which is also the sender's.
        """
        self._last_ts = max(self._last_ts + 1, int(now * 1_000_000))
        ts = f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"
        channel_id = channel_id_of(str(body["channel"]))
        kept = {key: value for key, value in body.items() if key not in ("token", "channel")}
        # A message in a thread may name the channel by its id; show the name that its thread has.
        channel = self._channel_of(channel_id, body.get("thread_ts")) or body["channel"]
        self.messages.append(
            {
                "at": iso_micro(now),
                "received_at": iso_micro(real_now),
                "ts": ts,
                "channel": channel,
                "channel_id": channel_id,
            }
            | kept
        )
        message = {
            "type": "message",
            "subtype": "bot_message",
            "ts": ts,
            "text": body.get("text", ""),
            **({"thread_ts": body["thread_ts"]} if body.get("thread_ts") else {}),
            **data.BOT,
        }
        return {"ok": True, "channel": channel_id, "ts": ts, "message": message}

    def threads(self) -> list[list[dict[str, Any]]]:
        """Messages with replies, newest thread first; a reply to an unknown message is its own thread."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for message in self.messages:
            first = (message["channel_id"], str(message.get("thread_ts") or message["ts"]))
            found.setdefault(first, []).append(message)
        return list(reversed(found.values()))

    def _channel_of(self, channel_id: str, thread_ts: Any) -> str | None:
        first = (
            str(each["channel"])
            for each in self.messages
            if (each["channel_id"], each["ts"]) == (channel_id, thread_ts)
        )
        return next(first, None) if thread_ts else None


def channel_id_of(channel: str) -> str:
    """A channel's id: an id is returned unchanged, a name always has the same id."""
    if channel[:1] in "CDG" and channel.isalnum() and channel.isupper():
        return channel
    return "C" + hashlib.sha256(channel.lstrip("#").encode()).hexdigest()[:10].upper()
