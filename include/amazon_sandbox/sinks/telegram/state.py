"""The sent messages."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.clock import iso_micro
from amazon_sandbox.sinks.messages import Messages
from amazon_sandbox.sinks.telegram import data


class TelegramStore(Messages):
    """The latest messages, oldest first."""

    def send(self, body: dict[str, Any], shown: str, now: float) -> dict[str, Any]:
        """Keep a message, return Telegram's Message. `shown`: its text without mark-up; `now` is virtual."""
        number = self.next_number()
        chat_id = str(body["chat_id"])
        self.messages.append({"message_id": number, "at": iso_micro(now)} | body | {"chat_id": chat_id})
        chat: dict[str, Any] = (
            {"id": int(chat_id), "type": "group"} if _is_id(chat_id) else {"type": "channel"}
        )
        return {"message_id": number, "from": data.BOT, "chat": chat, "date": int(now), "text": shown}


def _is_id(chat_id: str) -> bool:
    return chat_id.removeprefix("-").isdigit()
