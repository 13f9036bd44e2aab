"""The notice of a failed run: what failed, why, and what a person does next."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sellerops.base import errors
from sellerops.base.errors import ConfigurationError, FormError
from sellerops.base.redaction import redact
from sellerops.notices.events import Event
from sellerops.notices.notice import Fault, Notice, escape, slack_blocks

if TYPE_CHECKING:
    from sellerops.ledger import Ledger

# A person reads far less than the channels would take.
_MOST_CAUSES = 8
_MOST_SLICES = 6
_LONGEST_TEXT = 600


@dataclass(frozen=True)
class Failure:
    """One task that failed. ``label`` says shop and day (``US 2026-11-20``); empty when no slice was reached.

    ``step`` is the task's name; ``error_type`` a class of ``sellerops.base.errors`` where it is one of ours.
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
    """A run that has ended. ``loaded``: slices that some destination took; ``rows``: stored, by destination.

    ``source`` and ``family`` are empty for a DAG that is no report. ``accounts``: those whose slices were
    planned; ``accounts_loaded``: those of which it loaded something.
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
    """One notice for the whole run; slices with the same cause are told together."""
    event = _event(outcome)
    groups = _by_cause(outcome.failures)
    mistyped = _is_mistyped(outcome)
    word = "failed" if event is Event.CRITICAL_FAILURE else "partly failed"
    headline = f"{outcome.report} {word}: {_count(outcome)}"
    if mistyped:
        headline = f"{outcome.report} did not start: the trigger form holds a mistake"
    shown = groups[:_MOST_CAUSES]
    sections = [_cause_text(group) for group in shown]
    if len(groups) > len(shown):
        sections.append(f"... and {len(groups) - len(shown)} more causes; see the run.")
    return Notice(
        key=f"run_failed|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}",
        event=event,
        text="\n".join([headline, *sections]),
        blocks=slack_blocks(headline, sections, context=f"{_link(outcome.run_url, 'Run')} {outcome.run_id}"),
        family=outcome.family,
        account_ids=tuple(dict.fromkeys(each.account_id for each in outcome.failures if each.account_id)),
        report=outcome.report,
        dag_id=outcome.dag_id,
        run_id=outcome.run_id,
        # A mistake in a form ends with its run: no later one shows that it is over.
        faults=() if mistyped else tuple(_fault(outcome, group[0]) for group in groups),
    )


def success_notice(outcome: RunOutcome) -> Notice:
    """One notice of a report's run that went well."""
    headline = f"{outcome.report} done: {describe_outcome(outcome)}"
    link = f"{_link(outcome.run_url, 'Run')} {outcome.run_id}"
    return Notice(
        key=f"run_done|{outcome.dag_id}|{outcome.run_id}|{outcome.attempt}",
        event=Event.SUCCESS,
        text=f"{headline}\n{link}",
        blocks=slack_blocks(headline, [], context=link),
        family=outcome.family,
        account_ids=outcome.accounts,
        report=outcome.report,
        dag_id=outcome.dag_id,
        run_id=outcome.run_id,
    )


def describe_recovery(ledger: Ledger, outcome: RunOutcome) -> tuple[str, str, str]:
    """Headline, text and link for the end of faults that this run shows to be over."""
    from sellerops.ledger.slices import failed_days

    words = describe_outcome(outcome) if outcome.family else "the run went well"
    text = f"In this run: {words}."
    left, number = ledger.database.run(
        lambda c: failed_days(c, outcome.report, outcome.accounts_loaded, _MOST_SLICES)
    )
    if left:
        named = ", ".join(f"{account_id} {day}" for account_id, day in left)
        more = f" and {number - len(left)} more" if number > len(left) else ""
        text += f" Still failed: {named}{more}; clear them, or the gap run fills them."
    headline = f"{outcome.report} works again"
    return headline, text, f"{_link(outcome.run_url, 'Run')} {outcome.run_id}"


def describe_outcome(outcome: RunOutcome) -> str:
    """``3 loaded, 1 skipped, 12,345 rows in postgres``."""
    words = [f"{outcome.loaded} loaded"]
    if outcome.skipped:
        words.append(f"{outcome.skipped} skipped")
    words += [f"{count:,} rows in {name}" for name, count in sorted(outcome.rows.items())]
    return ", ".join(words)


def run_fault_prefix(dag_id: str) -> str:
    """How the keys of all faults of a DAG's runs begin; the account follows, empty for a task of none."""
    return f"run_failed|{dag_id}|"


def _fault(outcome: RunOutcome, failure: Failure) -> Fault:
    """The same for the same cause in whichever run: numbers and days in its words do not count."""
    cause = re.sub(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+", "#", redact(failure.cause))
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:16]
    prefix = f"{run_fault_prefix(outcome.dag_id)}{failure.account_id}|"
    place = " ".join(filter(None, [outcome.report, failure.account_id, f"({failure.step})"]))
    return Fault(
        f"{prefix}{failure.step}|{failure.error_type}|{digest}",
        f"{place}: {_cut(redact(failure.cause), 150)}",
    )


def _event(outcome: RunOutcome) -> Event:
    """Critical when nothing was loaded, a plan failed, or the same cause will fail every later run too.

    A mistake in the trigger form is none of these: only this run holds it.
    """
    if _is_mistyped(outcome):
        return Event.PARTIAL_FAILURE
    lasting = any(_is_configuration(failure.error_type) or not failure.label for failure in outcome.failures)
    return Event.CRITICAL_FAILURE if lasting or not outcome.loaded else Event.PARTIAL_FAILURE


def _is_mistyped(outcome: RunOutcome) -> bool:
    """Whether all that went wrong is what somebody typed into the trigger form."""
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


def _cause_text(group: Sequence[Failure]) -> str:
    first = group[0]
    kind = f"{first.error_type}: " if first.error_type else ""
    return "\n".join(
        [
            f"*{escape(first.account_id or first.step)}* {escape(_what(group))}".rstrip(),
            f"Cause: {escape(_cut(kind + redact(first.cause), _LONGEST_TEXT))}",
            f"Next: {escape(_cut(redact(first.remedy), _LONGEST_TEXT))}",
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


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _link(url: str, title: str) -> str:
    return f"<{url}|{title}>" if url else title
