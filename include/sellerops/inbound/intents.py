"""An operation that a step needs done at Amazon, and the call that begins it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sellerops.base.errors import AnswerLost, RequestRefused
from sellerops.inbound.operation_problems import is_busy
from sellerops.inbound.services import Services
from sellerops.inbound.store import StepRow
from sellerops.writes.model import Look, Write

log = logging.getLogger(__name__)

# Seconds between two looks at an operation; the last one is repeated. Confirmations end within seconds, the
# generation of options takes up to two minutes.
PAUSES = (6.0, 12.0, 20.0, 30.0, 45.0)
# How often a call is sent or looked for if its answer was lost or another operation is holding it up.
_SENDS = 6


@dataclass(frozen=True)
class Intent:
    """An operation that a step needs done.

    ``operation``: Amazon's name; ``subject``: the option or shipment, empty for the plan. ``body``: a
    function of the row if it depends on the generation. ``look``: finds out whether the operation has taken
    effect; None if it may be repeated (``found_by`` then says why). ``is_done_once_found``: False if what
    ``look`` finds may still be incomplete; after a failure, ``took_effect`` then finds out whether it is
    complete. ``answered``: records what the answer contains, before the operation ends. ``notes``: kept in
    the result of every row, written before anything is sent.
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
    took_effect: Callable[[StepRow], Awaitable[Mapping[str, Any] | None]] | None = None
    answered: Callable[[Mapping[str, Any]], Awaitable[None]] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    async def find_effect(self, row: StepRow) -> Mapping[str, Any] | None:
        """What shows that an operation took effect although it did not end well; None if nothing does."""
        if self.took_effect:
            return await self.took_effect(row)
        return await self.look() if self.look and self.is_done_once_found else None


async def begin_at_amazon(services: Services, row: StepRow, intent: Intent) -> Mapping[str, Any]:
    """Amazon's answer to the call of a row, which is sent at most once.

    Raises RequestRefused, after ending the row, and what the write path raises.
    """
    body = intent.body(row) if callable(intent.body) else intent.body
    run = await services.blocking(services.store.run, row.inbound_run_id)
    write = Write(
        key=write_key(row, intent.operation),
        operation=intent.operation,
        method=intent.method,
        path=intent.path,
        found_by=intent.found_by,
        look=intent.look,
        body=body,
        began_at=run.created_at,
    )
    for attempt in range(_SENDS):
        try:
            return await services.writer.send(write)
        except AnswerLost as error:
            if attempt == _SENDS - 1:
                raise
            log.info("%s: %s", write.key, error.cause)
        except RequestRefused as error:
            if is_busy(error) and attempt < _SENDS - 1:
                log.info("%s has to wait: %s", write.key, error.cause)
            else:
                return await _settle_refusal(services, row, intent, error)
        await services.pause(PAUSES[min(attempt, len(PAUSES) - 1)])
    raise AssertionError("unreachable")


def write_key(row: StepRow, operation: str) -> str:
    """The key of the write that begins a row's operation."""
    parts = ("inbound", str(row.inbound_run_id), operation, row.subject, str(row.generation))
    return "/".join(part for part in parts if part)


async def _settle_refusal(
    services: Services, row: StepRow, intent: Intent, error: RequestRefused
) -> Mapping[str, Any]:
    """Return what ``look`` finds if a call was refused because it was carried out before; else raise."""
    found = await intent.look() if intent.look else None
    if found is not None:
        return found
    await services.blocking(services.store.fail_step, row.id, error)
    raise error
