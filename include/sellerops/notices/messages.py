"""The notices sent when a run ends: what failed, why and what to do next; success; recovery."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sellerops.base import errors
from sellerops.base.errors import ConfigurationError, FormError, InvalidRequest
from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Fault, Notice, escape, link_to, shorten

if TYPE_CHECKING:
    from sellerops.ledger import Ledger

# Far less than the channels accept, because nobody reads more.
_MOST_CAUSES = 8
_MOST_SLICES = 6
_LONGEST_TEXT = 600
# For an inbound request, whose cause lists every problem; Slack accepts 3,000 characters in a section.
_LONGEST_LIST = 2300


@dataclass(frozen=True)
class Failure:
    """One failed task. ``label``: marketplace and day (``US 2026-11-20``); empty without a slice.

    ``step`` is the task's name; ``error_type`` the name of the error's class, from ``sellerops.base.errors``
    or elsewhere. A task without an account (maintenance) has an empty ``account_id``.
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
    """A finished run. ``loaded``: slices that a destination loaded; ``rows``: rows stored, by destination.

    ``source`` and ``family`` are empty for a DAG that does not collect a report. ``accounts``: those with
    planned slices; ``accounts_loaded``: those with loaded slices.
    """

    report: str
    dag_id: str
    run_id: str
    run_url: str
    failures: tuple[Failure, ...]
    loaded: int
    attempt: int = 0
    source: str = ""
    family: str = ""
    skipped: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    accounts_loaded: tuple[str, ...] = ()


def failure_notice(outcome: RunOutcome) -> Notice:
    """One notice for the whole run; slices with the same cause share a section."""
    event = _event(outcome)
    groups = _by_cause(outcome.failures)
    mistyped = _is_mistyped(outcome)
    verb = "failed" if event is Event.CRITICAL_FAILURE else "partly failed"
    headline = f"{outcome.report} {verb}: {_count(outcome)}"
    if mistyped:
        headline = f"{outcome.report} did not start: the trigger form contains a mistake"
    shown = groups[:_MOST_CAUSES]
    sections = [_cause_text(group) for group in shown]
    if len(groups) > len(shown):
        sections.append(f"... and {len(groups) - len(shown)} more causes; see the run.")
    return Notice.build(
        f"run_failed|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}",
        event,
        headline,
        sections,
        context=_run_link(outcome),
        family=outcome.family,
        account_ids=tuple(dict.fromkeys(each.account_id for each in outcome.failures if each.account_id)),
        report=outcome.report,
        dag_id=outcome.dag_id,
        run_id=outcome.run_id,
        # A mistake in a form concerns its own run only: no later run could show a recovery.
        faults=() if mistyped else tuple(_fault(outcome, group[0]) for group in groups),
    )


def success_notice(outcome: RunOutcome) -> Notice:
    """One notice for a successful run of a report."""
    return Notice.build(
        f"run_done|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}",
        Event.SUCCESS,
        f"{outcome.report} done: {describe_outcome(outcome)}",
        footer=_run_link(outcome),
        family=outcome.family,
        account_ids=outcome.accounts,
        report=outcome.report,
        dag_id=outcome.dag_id,
        run_id=outcome.run_id,
    )


def describe_recovery(ledger: Ledger, outcome: RunOutcome) -> tuple[str, str, str]:
    """Headline, text and link of the recovery notice for the faults that this run has ended."""
    from sellerops.ledger.slices import failed_days

    text = f"In this run: {describe_outcome(outcome) if outcome.family else 'no task failed'}."
    left, number = ledger.database.run(
        lambda c: failed_days(c, outcome.report, outcome.accounts_loaded, _MOST_SLICES)
    )
    if left:
        named = ", ".join(f"{account_id} {day}" for account_id, day in left)
        more = f" and {number - len(left)} more" if number > len(left) else ""
        text += f" Still failed: {named}{more}; clear them, or wait for gap filling."
    return f"{outcome.report} works again", text, _run_link(outcome)


def describe_outcome(outcome: RunOutcome) -> str:
    """``3 loaded, 1 skipped, 12,345 rows in postgres``."""
    parts = [f"{outcome.loaded} loaded"]
    if outcome.skipped:
        parts.append(f"{outcome.skipped} skipped")
    parts += [f"{count:,} rows in {name}" for name, count in sorted(outcome.rows.items())]
    return ", ".join(parts)


def run_fault_prefix(dag_id: str) -> str:
    """The prefix of the keys of all faults of a DAG's runs; the account, if any, follows it."""
    return f"run_failed|{dag_id}|"


def _fault(outcome: RunOutcome, failure: Failure) -> Fault:
    """The fault of a failure. Its key is the same in any run: numbers and ids in the cause are ignored."""
    cause = re.sub(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+", "#", redact(failure.cause))
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:16]
    prefix = f"{run_fault_prefix(outcome.dag_id)}{failure.account_id}|"
    where = " ".join(filter(None, [outcome.report, failure.account_id, f"({failure.step})"]))
    return Fault(
        f"{prefix}{failure.step}|{failure.error_type}|{digest}",
        f"{where}: {shorten(redact(failure.cause), 150)}",
    )


def _event(outcome: RunOutcome) -> Event:
    """Critical when nothing was loaded, a plan failed, or the same cause will fail every later run too.

    A mistake in the trigger form is never critical: it concerns this run only.
    """
    if _is_mistyped(outcome):
        return Event.PARTIAL_FAILURE
    lasting = any(_is_configuration(failure.error_type) or not failure.label for failure in outcome.failures)
    return Event.CRITICAL_FAILURE if lasting or not outcome.loaded else Event.PARTIAL_FAILURE


def _is_mistyped(outcome: RunOutcome) -> bool:
    """Whether every failure is a mistake in the trigger form."""
    return bool(outcome.failures) and all(each.error_type == FormError.__name__ for each in outcome.failures)


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


def _longest(failure: Failure) -> int:
    return _LONGEST_LIST if failure.error_type == InvalidRequest.__name__ else _LONGEST_TEXT


def _cause_text(group: Sequence[Failure]) -> str:
    first = group[0]
    kind = f"{first.error_type}: " if first.error_type else ""
    return "\n".join(
        [
            f"*{escape(first.account_id or first.step)}* {escape(_what(group))}".rstrip(),
            f"Cause: {escape(shorten(kind + redact(first.cause), _longest(first)))}",
            f"Next: {escape(shorten(redact(first.remedy), _LONGEST_TEXT))}",
            link_to(first.log_url, "Log"),
        ]
    )


def _what(group: Sequence[Failure]) -> str:
    """``US 2026-11-20, US 2026-11-21 (fetch_report)``; without a slice, only the step."""
    step = group[0].step if group[0].account_id else ""
    labels = [failure.label for failure in group if failure.label]
    if not labels:
        return step
    more = f" and {len(labels) - _MOST_SLICES} more" if len(labels) > _MOST_SLICES else ""
    return f"{', '.join(labels[:_MOST_SLICES])}{more} ({step})"


def _run_link(outcome: RunOutcome) -> str:
    return f"{link_to(outcome.run_url, 'Run')} {outcome.run_id}"
