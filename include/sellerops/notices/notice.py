"""A notice: a message to people, independent of the channels through which it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.notices.events import Event

# Slack accepts 150 characters in a header and 3,000 in a section (api.slack.com, Block Kit).
_HEADER, _SECTION = 150, 2900


@dataclass(frozen=True)
class Fault:
    """A persistent problem. ``key``: the same each time the problem is seen."""

    key: str
    headline: str


@dataclass(frozen=True)
class Notice:
    """A message. A notice with the same ``key`` is sent once, however often it is recorded.

    ``text`` is in Slack's mark-up (``*bold*``, ``<address|title>``, ``&amp; &lt; &gt;``), and its first line
    is the headline; ``blocks`` has the same as Slack's blocks. ``event``, ``family`` and ``account_ids``
    decide the channels; messages with the same ``dag_id`` and ``run_id`` share a thread. Notices with the
    same ``fault_key`` are sent when the fault begins, as a reminder at most once a day while it lasts, and
    when it is over; a notice about several faults has ``faults`` instead. Commands in backticks are rewritten
    as the reader types them.
    """

    key: str
    event: Event
    text: str
    blocks: list[dict[str, Any]]
    family: str = ""
    account_ids: tuple[str, ...] = ()
    report: str = ""
    dag_id: str = ""
    run_id: str = ""
    fault_key: str = ""
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", commands_as_typed(self.text))

    @classmethod
    def build(
        cls,
        key: str,
        event: Event,
        headline: str,
        sections: Sequence[str] = (),
        *,
        context: str = "",
        footer: str = "",
        **about: Any,
    ) -> Notice:
        """Build a notice whose text and blocks have the same parts.

        :param context: small print below the blocks.
        :param footer: small print below the blocks, and also the last line of the text.
        :param about: the other fields, such as ``family`` or ``fault_key``.
        """
        lines = [headline, *sections, *([footer] if footer else [])]
        return cls(key, event, "\n".join(lines), slack_blocks(headline, sections, footer or context), **about)

    @property
    def headline(self) -> str:
        """The first line of the text."""
        return self.text.split("\n", 1)[0]

    @property
    def all_faults(self) -> tuple[Fault, ...]:
        """``faults``, or the one of ``fault_key``."""
        return self.faults or ((Fault(self.fault_key, self.headline),) if self.fault_key else ())

    @property
    def thread(self) -> str:
        """The key of the notice's thread.

        Messages of one thread are sent in order, where possible as replies to the first.
        """
        return thread_of(self.dag_id, self.run_id) if self.run_id else f"notice|{self.key}"


def thread_of(dag_id: str, run_id: str) -> str:
    """The thread of a DAG run."""
    return f"run|{dag_id}|{run_id}"


def slack_blocks(headline: str, sections: Sequence[str], context: str = "") -> list[dict[str, Any]]:
    """Slack's blocks for a headline (plain text) and sections (mark-up), cut to the lengths Slack accepts."""
    texts = [shorten(commands_as_typed(each), _SECTION) for each in sections]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": shorten(headline, _HEADER)}},
        *({"type": "section", "text": {"type": "mrkdwn", "text": each}} for each in texts),
    ]
    if context:
        blocks.append(slack_context(commands_as_typed(context)))
    return blocks


def slack_context(text: str) -> dict[str, Any]:
    """A Slack block of small print, in mark-up."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def escape(text: str) -> str:
    """Escape what Slack would read as mark-up (api.slack.com, formatting text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten(text: str, length: int) -> str:
    """At most ``length`` characters of the text; a shortened text ends in ``...``."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def link_to(url: str, title: str) -> str:
    """A link in Slack's mark-up; without an address, the title alone."""
    return f"<{url}|{title}>" if url else title
