"""The notice about an invalid configuration file, and its recovery."""

from __future__ import annotations

from datetime import datetime

from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, slack_blocks
from sellerops.preflight.configuration import Problem

# Prefix of the fault keys.
PREFIX = "configuration|"


def fault_key_of(problem: Problem) -> str:
    """The fault's key: one per file, whatever the problem is."""
    return f"{PREFIX}{problem.file}"


def invalid_notice(problem: Problem, now: datetime, *, is_known: bool) -> Notice:
    """The notice for one file.

    ``is_known``: people were notified before, so there is at most one notice a day.
    """
    headline = f"Invalid configuration: {problem.file}"
    text = redact(problem.text)
    moment = f"{now:%Y-%m-%d}" if is_known else now.isoformat(timespec="seconds")
    return Notice(
        key=f"{fault_key_of(problem)}|{moment}",
        event=Event.CRITICAL_FAILURE,
        text=f"{escape(headline)}\n{escape(text)}",
        blocks=slack_blocks(headline, [escape(text)]),
        fault_key=fault_key_of(problem),
    )


def recovery_line(file: str) -> str:
    """The text of the recovery notice."""
    return f"{file} is valid again and in use"
