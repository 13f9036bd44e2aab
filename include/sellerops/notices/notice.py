"""A message to people, before anything is known of channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.notices.events import Event

# Slack takes 150 characters of a header and 3,000 of a section (api.slack.com, Block Kit).
_HEADER, _SECTION = 150, 2900


@dataclass(frozen=True)
class Fault:
    """Something that is wrong for a while. ``key`` is the same whenever it is seen, ``headline`` one line."""

    key: str
    headline: str


@dataclass(frozen=True)
class Notice:
    """A message. ``key`` is the same for the same happening: it is told once.

    ``text``: Slack's mark-up (``*bold*``, ``<address|title>``, ``&amp; &lt; &gt;``), its first line is the
    headline; ``blocks``: Slack's blocks of the same. ``event``, ``family`` and ``account_ids`` decide the
    channels; messages of the same ``run_id`` of ``dag_id`` share a thread. ``fault_key``: the same for the
    same fault seen again later, which is told once, at most daily as long as it lasts, and when it ends;
    ``faults`` instead, where one message tells of several. Commands in backticks are told as the reader types
    them.
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

    @property
    def headline(self) -> str:
        return self.text.split("\n", 1)[0]

    @property
    def all_faults(self) -> tuple[Fault, ...]:
        return self.faults or ((Fault(self.fault_key, self.headline),) if self.fault_key else ())

    @property
    def thread(self) -> str:
        """Messages of one thread are sent in order, and answer to its first one where the channel can."""
        return thread_of(self.dag_id, self.run_id) if self.run_id else f"notice|{self.key}"


def thread_of(dag_id: str, run_id: str) -> str:
    """The thread of a DAG run."""
    return f"run|{dag_id}|{run_id}"


def slack_blocks(headline: str, sections: Sequence[str], context: str = "") -> list[dict[str, Any]]:
    """Slack's blocks of a headline (plain text) and sections (mark-up), cut to what Slack takes."""
    told = [_cut(commands_as_typed(each), _SECTION) for each in sections]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(headline, _HEADER)}},
        *({"type": "section", "text": {"type": "mrkdwn", "text": each}} for each in told),
    ]
    if context:
        blocks.append(
            {"type": "context", "elements": [{"type": "mrkdwn", "text": commands_as_typed(context)}]}
        )
    return blocks


def escape(text: str) -> str:
    """Text that Slack shows as it is: it reads these three as mark-up (api.slack.com, formatting text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
