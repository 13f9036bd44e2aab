"""Listens for Amazon's notifications in the triggerer, for all waits and accounts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sellerops.base.errors import ConfigurationError, RetryableError, SellerOpsError
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.notifications.reader import Reader

# How often to look for a missing connection.
CONNECTION_CHECK_S = 60.0
# Pause after a failure, doubled each time up to the longest.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
# Fail the task when reading has failed for this long, so that a notice is sent; the next run listens again.
FAIL_AFTER_S = 1800.0


class NotificationsTrigger(BaseTrigger):
    """Reads the queue into the ledger while its task is deferred; fires only after failing for half an hour.

    Messages are deleted once they are in the ledger and the trigger keeps no state, so the triggerer may be
    restarted and several may listen at once.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as Airflow stores them."""
        return ("sellerops_airflow.triggers.notifications.NotificationsTrigger", {})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Listen; yield one event with the error once reading has failed for ``FAIL_AFTER_S`` seconds."""
        # Own thread: long polls would occupy one of the few that all triggers share.
        thread = ThreadPoolExecutor(1, "sellerops-notifications")
        try:
            yield TriggerEvent(_values(await self._listen(thread)))  # type: ignore[no-untyped-call]
        finally:
            thread.shutdown(wait=False, cancel_futures=True)

    async def _listen(self, thread: ThreadPoolExecutor) -> SellerOpsError:
        """Read until it has failed for long enough; return that error."""
        loop = asyncio.get_running_loop()
        reader: Reader | None = None
        failing_since, pause = 0.0, FIRST_PAUSE_S
        while True:
            try:
                reader = reader or await loop.run_in_executor(thread, _open_reader)
                if reader is None:
                    await asyncio.sleep(CONNECTION_CHECK_S)
                    continue
                await loop.run_in_executor(thread, reader.read_once)
                failing_since, pause = 0.0, FIRST_PAUSE_S
                continue
            except SellerOpsError as error:
                failure = error
            except Exception as error:
                # Last handler in the triggerer: an exception that escapes here would end the listener.
                self.log.exception("Cannot read the notification queue")
                failure = RetryableError(f"{type(error).__name__}: {error}", where="triggerer")
            failing_since = failing_since or time.monotonic()
            self.log.warning("Cannot read notifications; waits poll instead: %s", failure)
            await loop.run_in_executor(thread, _record_problem, reader, str(failure))
            # Read the connection again: it may be corrected meanwhile.
            reader = None
            if time.monotonic() - failing_since >= FAIL_AFTER_S:
                return failure
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)


def _open_reader() -> Reader | None:
    from sellerops.notifications.queue import SqsQueue
    from sellerops.notifications.reader import Reader
    from sellerops_airflow.hooks.notifications import NotificationsHook

    settings = NotificationsHook().get_conn()
    return Reader(get_runtime().ledger, SqsQueue(settings)) if settings else None


def _record_problem(reader: Reader | None, problem: str) -> None:
    if reader is None:
        return
    try:
        reader.report_problem(problem)
    except SellerOpsError:
        return  # the ledger itself may be unavailable


def _values(error: SellerOpsError) -> dict[str, Any]:
    """The error as an event's payload, from which the task raises it again."""
    return {
        "cause": error.cause,
        "where": error.where,
        "remedy": error.remedy,
        "is_configuration": isinstance(error, ConfigurationError),
    }
