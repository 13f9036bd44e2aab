"""Amazon's asynchronous operations: begun through the write path or adopted, then followed to their end.

An operation is a row of ``inbound_step``. Whoever carries it out, however often, finds there and in
``write_call`` whether it was sent, and at Amazon how it ended; so nothing is begun twice. Source: model of
getInboundOperationStatus, and what public code reports about operations that fail for no reason or never end.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import AnswerLost, OperationFailed, RequestRefused, RetryableError
from sellerops.inbound.amazon_lists import BASE
from sellerops.inbound.services import Services
from sellerops.inbound.store import StepRow
from sellerops.sources.common.answers import text_field, unknown_status
from sellerops.writes.model import Look, Write

log = logging.getLogger(__name__)

# How often an operation that Amazon fails for no reason is begun in one try of a step.
MOST_GENERATIONS = 3
# How long an operation may be in progress before the step's try ends; Airflow's next try goes on waiting.
PENDING_FOR = timedelta(minutes=30)
# Seconds between two looks at an operation; the last one is repeated. Confirmations end within seconds, the
# generation of options takes up to two minutes.
_PAUSES = (6.0, 12.0, 20.0, 30.0, 45.0)
# So many polls may find that Amazon does not know the operation.
_UNKNOWN_POLLS = 3
# How often a call is sent or looked for whose answer got lost, or that another operation holds up.
_SENDS = 6
# Amazon's words for "try again"; everything else needs a person.
_PASSING_CODES = {"internalservererror", "internalerror", "internalfailure", "serviceunavailable"}
_PASSING_WORDS = ("something went wrong", "try again", "internal error", "internal server error")


class OperationPending(RetryableError):
    """Amazon has not ended an operation in time. The next try goes on waiting for the same operation."""

    default_remedy = (
        "Nothing: the next try waits for the same operation. If it never ends, open a case with Amazon's "
        "Selling Partner support and name the operation."
    )


@dataclass(frozen=True)
class Intent:
    """An operation that a step wants to have happened.

    ``operation``: Amazon's name; ``subject``: the option or shipment, empty for the plan. ``body``: may be
    made from the row, for what depends on the generation. ``look``: finds out whether it has taken effect;
    None if it may be repeated (``found_by`` then says why). ``is_done_once_found``: False if what ``look``
    finds may still be incomplete. ``answered``: records what the answer brings, before the operation ends.
    """

    step: str
    operation: str
    method: str
    path: str
    found_by: str
    look: Look | None = None
    body: Mapping[str, Any] | Callable[[StepRow], Mapping[str, Any]] | None = None
    subject: str = ""
    is_done_once_found: bool = True
    answered: Callable[[Mapping[str, Any]], Awaitable[None]] | None = None


async def carry_out(services: Services, inbound_run_id: int, intent: Intent) -> StepRow:
    """Begin the operation or adopt it, wait until it has ended well, and return its row.

    Raises OperationFailed with Amazon's problems, RequestRefused, OperationPending, and what the write path
    raises. A failure without a reason is tried again, as a new generation.
    """
    for attempt in range(MOST_GENERATIONS):
        row = await services.blocking(
            services.store.begin_step, inbound_run_id, intent.step, intent.subject, intent.operation
        )
        if row.is_done:
            return row
        row = await _begin(services, row, intent)
        if row.is_done:
            return row
        try:
            return await _follow(services, row, intent)
        except OperationFailed as error:
            await services.blocking(
                services.store.fail_step, row.id, error, error.details.get("problems") or ()
            )
            if attempt == MOST_GENERATIONS - 1 or not _is_passing(error.details.get("problems") or ()):
                raise
            log.warning("%s: starting again", error.cause)
            await services.pause(_PAUSES[-1])
        except OperationPending as error:
            # Another one of the same kind replaces it; what takes effect once is only waited for.
            if intent.look is not None or attempt == MOST_GENERATIONS - 1:
                raise
            log.warning("%s Starting it again.", error.cause)
            await services.blocking(services.store.renew_step, row)
    raise AssertionError("unreachable")


async def carry_out_again(services: Services, inbound_run_id: int, intent: Intent) -> StepRow:
    """Like ``carry_out``, but what was done before has expired: begin the next generation."""
    row = await services.blocking(
        services.store.begin_step, inbound_run_id, intent.step, intent.subject, intent.operation
    )
    if row.is_done:
        await services.blocking(services.store.renew_step, row)
    return await carry_out(services, inbound_run_id, intent)


async def _begin(services: Services, row: StepRow, intent: Intent) -> StepRow:
    """Send the call, unless its answer is known. What was found by looking has no operation to wait for."""
    if row.operation_id is not None:
        return row
    answer = await _send(services, row, intent)
    operation_id = str(answer["operationId"]) if answer.get("operationId") else None
    rest = {name: value for name, value in answer.items() if name != "operationId"}
    await services.blocking(services.store.record_answer, row.id, operation_id, rest)
    if intent.answered:
        await intent.answered(answer)
    if operation_id is None:
        return await services.blocking(services.store.finish_step, row.id, result={"was_found": True})
    return await services.blocking(
        services.store.begin_step, row.inbound_run_id, row.step, row.subject, intent.operation
    )


async def _send(services: Services, row: StepRow, intent: Intent) -> Mapping[str, Any]:
    body = intent.body(row) if callable(intent.body) else intent.body
    write = Write(
        key=write_key(row, intent.operation),
        operation=intent.operation,
        method=intent.method,
        path=intent.path,
        found_by=intent.found_by,
        look=intent.look,
        body=body,
    )
    for attempt in range(_SENDS):
        try:
            return await services.writer.send(write)
        except AnswerLost as error:
            if attempt == _SENDS - 1:
                raise
            log.info("%s: %s", write.key, error.cause)
        except RequestRefused as error:
            if _is_busy(error) and attempt < _SENDS - 1:
                log.info("%s has to wait: %s", write.key, error.cause)
            else:
                return await _settle_refusal(services, row, intent, error)
        await services.pause(_PAUSES[min(attempt, len(_PAUSES) - 1)])
    raise AssertionError("unreachable")


def write_key(row: StepRow, operation: str) -> str:
    """The key of the write that begins a row's operation."""
    parts = ("inbound", str(row.inbound_run_id), operation, row.subject, str(row.generation))
    return "/".join(part for part in parts if part)


async def _settle_refusal(
    services: Services, row: StepRow, intent: Intent, error: RequestRefused
) -> Mapping[str, Any]:
    """What Amazon refuses because it is done already is done; anything else is raised."""
    found = await intent.look() if intent.look else None
    if found is not None:
        return found
    await services.blocking(services.store.fail_step, row.id, error)
    raise error


async def _follow(services: Services, row: StepRow, intent: Intent) -> StepRow:
    """Poll the row's operation until it has ended."""
    assert row.operation_id is not None
    path = f"{BASE}/operations/{quote(row.operation_id, safe='')}"
    until = await services.now() + PENDING_FOR
    for number in range(1_000_000):
        await services.pause(_PAUSES[min(number, len(_PAUSES) - 1)])
        try:
            answer = await services.reads.get("getInboundOperationStatus", path)
        except RequestRefused as error:
            # An operation that was only just begun may not be known everywhere yet.
            if error.details.get("status") == 404 and number < _UNKNOWN_POLLS:
                continue
            raise
        status = text_field(answer, "operationStatus", path)
        problems = [problem for problem in answer.get("operationProblems") or () if problem]
        match status:
            case "SUCCESS":
                return await services.blocking(services.store.finish_step, row.id, problems=problems)
            case "FAILED":
                raise _failed(row, problems)
            case "IN_PROGRESS":
                if await services.now() >= until:
                    return await _settle_pending(services, row, intent)
            case _:
                raise unknown_status("operationStatus", status, path)
    raise AssertionError("unreachable")


async def _settle_pending(services: Services, row: StepRow, intent: Intent) -> StepRow:
    """An operation that does not end may have had its effect nevertheless."""
    found = await intent.look() if intent.look and intent.is_done_once_found else None
    if found is not None:
        log.warning("%s %s never ended, but has taken effect", row.operation, row.operation_id)
        return await services.blocking(
            services.store.finish_step, row.id, result={**found, "was_found": True}
        )
    minutes = PENDING_FOR.total_seconds() / 60
    raise OperationPending(
        f"Amazon's operation {row.operation} is still in progress after {minutes:.0f} minutes.",
        where=f"operation {row.operation_id}",
        operation_id=row.operation_id,
    )


def _failed(row: StepRow, problems: Sequence[Mapping[str, Any]]) -> OperationFailed:
    said = "; ".join(
        f"{problem.get('code')}: {problem.get('message')}"
        + (f" ({problem['details']})" if problem.get("details") else "")
        for problem in problems
    )
    return OperationFailed(
        f"Amazon's operation {row.operation} failed: {said.rstrip('.') or 'Amazon gave no reason'}.",
        where=f"inbound run {row.inbound_run_id}, step {row.step}, operation {row.operation_id}",
        problems=list(problems),
        operation=row.operation,
        operation_id=row.operation_id,
    )


def _is_passing(problems: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Amazon failed an operation for a reason that may pass by itself: all errors must say so."""
    errors = [each for each in problems if str(each.get("severity") or "ERROR").upper() == "ERROR"]
    return all(
        str(each.get("code") or "").casefold() in _PASSING_CODES
        or any(words in str(each.get("message") or "").casefold() for words in _PASSING_WORDS)
        for each in errors
    )


def _is_busy(error: RequestRefused) -> bool:
    """Whether a call was refused because another operation on the same plan has not ended."""
    return "in progress" in error.cause.casefold()
