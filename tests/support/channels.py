"""Channels that keep what they are sent, and can be down."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sellerops.notices.outbox import ChannelError, Post
from sellerops.notices.routes import Target
from sellerops_airflow.notifiers import channels


@dataclass(frozen=True)
class Arrived:
    """A message that arrived: the kind of channel, and what was posted."""

    kind: str
    post: Post

    @property
    def target(self) -> str:
        return self.post.target

    @property
    def text(self) -> str:
        return self.post.text


@dataclass
class Channels:
    """``messages``: what arrived. ``kinds``: those with a connection. ``down``: those that take nothing."""

    messages: list[Arrived] = field(default_factory=list)
    kinds: set[str] = field(default_factory=lambda: {"slack"})
    down: set[str] = field(default_factory=set)
    tries: int = 0

    def has_connection(self, target: Target) -> bool:
        return target.kind in self.kinds

    def send(self, kind: str, connection: str, post: Post) -> str:
        self.tries += 1
        if kind in self.down:
            raise ChannelError(f"{kind} is away")
        self.messages.append(Arrived(kind, post))
        return f"C/{len(self.messages)}"

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.messages]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Channels:
    """In place of all channels; only Slack has a connection."""
    fake = Channels()
    monkeypatch.setattr(channels, "has_connection", fake.has_connection)
    monkeypatch.setattr(channels, "send", fake.send)
    return fake
