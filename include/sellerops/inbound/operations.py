"""Amazon's asynchronous operations: begun through the write path or adopted, then followed to their end.

An operation is a row of ``inbound_step``. Whoever carries it out, however often, finds there and in
``write_call`` whether it was sent, and at Amazon how it ended, so nothing is begun twice. Source: the model
of getInboundOperationStatus, and reports in public code of operations that fail for no reason or never end.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import OperationFailed, RequestRefused, RetryableError
from sellerops.inbound.amazon_lists import BASE
from sellerops.inbound.intents import PAUSES, Intent, begin_at_amazon, write_key
from sellerops.inbound.operation_problems import is_passing, operation_failed
from sellerops.inbound.services import Services
from sellerops.inbound.store import StepRow
from sellerops.sources.common.answers import text_field, unknown_status
from sellerops.writes import WriteState, may_show_later, state_of

log = logging.getLogger(__name__)

# How often one try of a step begins an operation that fails for no reason.
MOST_GENERATIONS = 3
# How long an operation may be in progress before the step's try ends; Airflow's next try continues to wait.
PENDING_FOR = timedelta(minutes=30)
# How many polls at the start may find that Amazon does not know the operation.
_UNKNOWN_POLLS = 3


class OperationPending(RetryableError):
    """Amazon has not ended an operation in time. The next try continues to wait for the same operation."""

    default_remedy = (
        "Nothing: the next try waits for the same operation. If it never ends, open a case with Amazon's "
        "Selling Partner support and name the operation."
    )


async def carry_out(services: Services, inbound_run_id: int, intent: Intent) -> StepRow:
    """Begin or adopt the operation, wait until it has succeeded, and return its row.

    Raises OperationFailed with Amazon's problems, RequestRefused, OperationPending, and what the write path
    raises. An operation that fails without a reason and without effect is tried again, as a new generation.
    """
    for attempt in range(MOST_GENERATIONS):
        row = await services.blocking(
            services.store.begin_step, inbound_run_id, intent.step, intent.subject, intent.operation
        )
        if row.is_done:
            return row
        if intent.notes.keys() - row.result.keys():
            await services.blocking(services.store.record_answer, row.id, None, intent.notes)
        row = await _begin(services, row, intent)
        if row.is_done:
            return row
        try:
            return await _follow(services, row, intent)
        except OperationFailed as error:
            if is_passing(error):
                await services.pause(PAUSES[-1])
                if ended := await _end_if_found(services, row, await intent.find_effect(row)):
                    return ended
            await _fail(services, row, error)
            if attempt == MOST_GENERATIONS - 1 or not is_passing(error):
                raise
            log.warning("%s: starting again", error.cause)
        except OperationPending as error:
            # A repeatable operation is replaced by another; one that takes effect only once is waited for.
            if intent.look is not None or attempt == MOST_GENERATIONS - 1:
                raise
            log.warning("%s Starting it again.", error.cause)
            await services.blocking(services.store.renew_step, row)
    raise AssertionError("unreachable")


async def settle(services: Services, row: StepRow, intent: Intent) -> None:
    """End a row whose operation must not be sent (again): done if it has taken effect, else superseded or
    failed.

    ``intent``: the one with which the row was begun. Raises RetryableError while this cannot be known.
    """
    key = write_key(row, intent.operation)
    state = await services.blocking(state_of, services.ledger, key)
    if state is WriteState.ANSWERED:
        # Sends nothing: the answer is known.
        row = await _begin(services, row, intent)
    elif await services.blocking(may_show_later, services.ledger, key):
        raise RetryableError(
            f"an earlier {intent.operation} may have been sent, and Amazon may not show it yet.",
            where=f"inbound run {row.inbound_run_id}, step {row.step}",
            remedy="Nothing: the next try looks again.",
        )
    try:
        if row.operation_id is not None and not row.is_done:
            await _follow(services, row, intent)
        elif not row.is_done and not await _end_if_found(services, row, await intent.find_effect(row)):
            await services.blocking(services.store.renew_step, row)
    except OperationFailed as error:
        if not await _end_if_found(services, row, await intent.find_effect(row)):
            await _fail(services, row, error)


async def carry_out_again(services: Services, inbound_run_id: int, intent: Intent) -> StepRow:
    """Like ``carry_out``, but if the operation is done, its result has expired: begin the next generation."""
    row = await services.blocking(
        services.store.begin_step, inbound_run_id, intent.step, intent.subject, intent.operation
    )
    if row.is_done:
        await services.blocking(services.store.renew_step, row)
    return await carry_out(services, inbound_run_id, intent)


async def _begin(services: Services, row: StepRow, intent: Intent) -> StepRow:
    """Send the call, unless its answer is known. What looking has found has no operation to wait for."""
    if row.operation_id is not None:
        return row
    answer = await begin_at_amazon(services, row, intent)
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


async def _follow(services: Services, row: StepRow, intent: Intent) -> StepRow:
    """Poll the row's operation until it has ended."""
    assert row.operation_id is not None
    path = f"{BASE}/operations/{quote(row.operation_id, safe='')}"
    until = await services.now() + PENDING_FOR
    for number in range(1_000_000):
        await services.pause(PAUSES[min(number, len(PAUSES) - 1)])
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
                raise operation_failed(row, problems)
            case "IN_PROGRESS":
                if await services.now() >= until:
                    return await _settle_pending(services, row, intent)
            case _:
                raise unknown_status("operationStatus", status, path)
    raise AssertionError("unreachable")


async def _settle_pending(services: Services, row: StepRow, intent: Intent) -> StepRow:
    """End the row if its operation took effect without ending; otherwise raise OperationPending."""
    # What `took_effect` looks at may seem complete while the operation is still in progress.
    found = await intent.look() if intent.look and intent.is_done_once_found else None
    if ended := await _end_if_found(services, row, found):
        return ended
    minutes = PENDING_FOR.total_seconds() / 60
    raise OperationPending(
        f"Amazon's operation {row.operation} is still in progress after {minutes:.0f} minutes.",
        where=f"operation {row.operation_id}",
        operation_id=row.operation_id,
    )


async def _end_if_found(services: Services, row: StepRow, found: Mapping[str, Any] | None) -> StepRow | None:
    """The ended row of an operation that has taken effect; None if it has not."""
    if found is None:
        return None
    log.warning("%s %s did not end well, but has taken effect", row.operation, row.operation_id)
    return await services.blocking(services.store.finish_step, row.id, result={**found, "was_found": True})


async def _fail(services: Services, row: StepRow, error: OperationFailed) -> None:
    problems = error.details.get("problems") or ()
    await services.blocking(services.store.fail_step, row.id, error, problems)


__all__ = [
    "Intent",
    "OperationPending",
    "carry_out",
    "carry_out_again",
    "settle",
    "write_key",
]
