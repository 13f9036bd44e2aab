"""The notice of a configuration file that is invalid, and of the moment it is valid again."""

from __future__ import annotations

from datetime import datetime

from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, slack_blocks
from sellerops.preflight.configuration import Problem

# Of the keys of all such faults.
PREFIX = "configuration|"


def fault_key_of(problem: Problem) -> str:
    """The same for the same file, whatever is wrong in it."""
    return f"{PREFIX}{problem.file}"


def invalid_notice(problem: Problem, now: datetime, *, is_known: bool) -> Notice:
    """One file. ``is_known``: people were told already; then it is repeated once a day at most."""
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
    """One line for its end."""
    return f"{file} is valid again and in use"
