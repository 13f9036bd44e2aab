"""Waits that survive an unavailable ledger: all waits of a loop sleep until one probe gets an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from sellerops.base.errors import LedgerUnavailable
from sellerops.ledger.ledger import Ledger
from sellerops.ledger.waits import off_loop

log = logging.getLogger(__name__)

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

# Real seconds between two probes of a process.
PROBE_EVERY = 5.0
_probes: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakKeyDictionary[Ledger, asyncio.Task[None]]] = (
    WeakKeyDictionary()
)


async def wait_for_ledger(ledger: Ledger) -> None:
    """Return once the ledger answers. All waits of the loop share one probe."""
    probes = _probes.setdefault(asyncio.get_running_loop(), WeakKeyDictionary())
    probe = probes.get(ledger)
    if probe is None or probe.done():
        probe = probes[ledger] = asyncio.ensure_future(_probe(ledger))
    # Shielded: cancelling one wait must not cancel the probe of the others.
    await asyncio.shield(probe)


async def retry_until_recorded(
    ledger: Ledger, work: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
) -> _Result:
    """Like ``off_loop``, but retried until the ledger is available again.

    For what is stored nowhere else, such as a new report's id.
    """
    while True:
        try:
            return await off_loop(work, *args, **kwargs)
        except LedgerUnavailable as away:
            log.warning("not recorded yet, the ledger is unavailable: %s", away.cause)
            await wait_for_ledger(ledger)


async def _probe(ledger: Ledger) -> None:
    while not await asyncio.to_thread(ledger.database.is_reachable):  # noqa: ASYNC110 - another process's state
        await asyncio.sleep(PROBE_EVERY)
