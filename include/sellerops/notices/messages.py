"""The text and Slack blocks of a notice about a failed run: what failed, why, and what a person does next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sellerops import errors
from sellerops.errors import ConfigurationError
from sellerops.ledger.redaction import redact
from sellerops.notices.routes import Event, Severity

# Slack shows at most 50 blocks and 3,000 characters in one; a person reads far less.
_MOST_CAUSES = 8
_MOST_SLICES = 6
_LONGEST_TEXT = 600


@dataclass(frozen=True)
class Failure:
    """One task that failed. ``label`` says shop and day (``US 2026-11-20``); empty when no slice was reached.

    ``step`` is the task's name; ``error_type`` a class of ``sellerops.errors`` where it is one of ours.
    A task of no account (maintenance) has an empty ``account_id``.
    """

    account_id: str
    label: str
    step: str
    error_type: str
    cause: str
    remedy: str
    log_url: str


@dataclass(frozen=True)
class RunOutcome:
    """A run that has ended with failures. ``loaded``: slices it did collect."""

    report: str
    dag_id: str
    run_id: str
    run_url: str
    failures: tuple[Failure, ...]
    loaded: int
    attempt: int = 0


@dataclass(frozen=True)
class Notice:
    """A message. ``key`` is the same for the same happening: it is told once.

    ``text``: Slack's mark-up, the first line is the headline; ``blocks``: Slack's blocks of the same.
    ``family``, ``account_ids`` and ``report`` decide the channels together with ``event``; ``run_id`` of
    ``dag_id`` decides the thread. ``fault_key``: the same for the same fault in later runs, which is told
    once until ``tell_end`` says that it is over.
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

    @property
    def severity(self) -> Event:
        return self.event


def failure_notice(outcome: RunOutcome) -> Notice:
    """One notice for the whole run; slices with the same cause are told together."""
    severity = _severity(outcome)
    groups = _by_cause(outcome.failures)
    word = "failed" if severity is Severity.CRITICAL_FAILURE else "partly failed"
    headline = f"{outcome.report} {word}: {_count(outcome)}"
    shown = groups[:_MOST_CAUSES]
    sections = [_cause_text(group) for group in shown]
    if len(groups) > len(shown):
        sections.append(f"... and {len(groups) - len(shown)} more causes; see the run.")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(headline, 150)}},
        *({"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in sections),
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": f"{_link(outcome.run_url, 'Run')} {outcome.run_id}"}],
        },
    ]
    text = "\n".join([headline, *sections])
    return Notice(f"run_failed|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}", severity, text, blocks)


def _severity(outcome: RunOutcome) -> Severity:
    """Critical when nothing was loaded, a plan failed, or the same cause will fail every later run too."""
    lasting = any(_is_configuration(failure.error_type) or not failure.label for failure in outcome.failures)
    return Severity.CRITICAL_FAILURE if lasting or not outcome.loaded else Severity.PARTIAL_FAILURE


def _is_configuration(error_type: str) -> bool:
    kind = getattr(errors, error_type, None)
    return isinstance(kind, type) and issubclass(kind, ConfigurationError)


def _by_cause(failures: Iterable[Failure]) -> list[list[Failure]]:
    groups: dict[tuple[str, str, str, str], list[Failure]] = {}
    for failure in failures:
        key = (failure.account_id, failure.step, failure.error_type, failure.cause)
        groups.setdefault(key, []).append(failure)
    return list(groups.values())


def _count(outcome: RunOutcome) -> str:
    failed = len(outcome.failures)
    return f"{failed} {'task' if failed == 1 else 'tasks'} failed, {outcome.loaded} loaded"


def _cause_text(group: Sequence[Failure]) -> str:
    first = group[0]
    kind = f"{first.error_type}: " if first.error_type else ""
    return "\n".join(
        [
            f"*{_plain(first.account_id or first.step)}* {_plain(_what(group))}".rstrip(),
            f"Cause: {_plain(_cut(kind + redact(first.cause), _LONGEST_TEXT))}",
            f"Next: {_plain(_cut(redact(first.remedy), _LONGEST_TEXT))}",
            _link(first.log_url, "Log"),
        ]
    )


def _what(group: Sequence[Failure]) -> str:
    """``US 2026-11-20, US 2026-11-21 (fetch_report)``; only the step where no slice was reached."""
    step = group[0].step if group[0].account_id else ""
    labels = [failure.label for failure in group if failure.label]
    if not labels:
        return step
    more = f" and {len(labels) - _MOST_SLICES} more" if len(labels) > _MOST_SLICES else ""
    return f"{', '.join(labels[:_MOST_SLICES])}{more} ({step})"


def _plain(text: str) -> str:
    """Slack reads these three as mark-up (api.slack.com, formatting text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _link(url: str, title: str) -> str:
    return f"<{url}|{title}>" if url else title
