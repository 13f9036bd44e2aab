"""Listening to Amazon's notifications in the triggerer, for all waits and accounts."""

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

# Without the connection it is looked for again so often (seconds).
CONNECTION_CHECK_S = 60.0
# After a failure; doubled each time up to the second.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
# A trouble that lasts so long is told: the task fails, and the next run listens again.
FAIL_AFTER_S = 1800.0


class NotificationsTrigger(BaseTrigger):
    """Reads the queue into the ledger as long as its task waits; fires only when it has failed for long.

    It remembers nothing: messages are deleted once they are in the ledger, so a restarted triggerer goes on
    and a second one beside it does no harm.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return ("sellerops_airflow.triggers.notifications.NotificationsTrigger", {})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        # A thread of its own: a long poll would hold one of the few that all triggers share.
        thread = ThreadPoolExecutor(1, "sellerops-notifications")
        try:
            yield TriggerEvent(_values(await self._listen(thread)))  # type: ignore[no-untyped-call]
        finally:
            thread.shutdown(wait=False, cancel_futures=True)

    async def _listen(self, thread: ThreadPoolExecutor) -> SellerOpsError:
        """Until a trouble has lasted."""
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
                trouble = error
            except Exception as error:
                # The border of the triggerer: a listener that dies of one message would stay dead.
                self.log.exception("The queue of notifications cannot be read")
                trouble = RetryableError(f"{type(error).__name__}: {error}", where="triggerer")
            failing_since = failing_since or time.monotonic()
            self.log.warning("Notifications are not heard, waits poll: %s", trouble)
            await loop.run_in_executor(thread, _tell, reader, str(trouble))
            # The connection may be mended meanwhile: it is read anew.
            reader = None
            if time.monotonic() - failing_since >= FAIL_AFTER_S:
                return trouble
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)


def _open_reader() -> Reader | None:
    from sellerops.notifications.queue import SqsQueue
    from sellerops.notifications.reader import Reader
    from sellerops_airflow.hooks.notifications import NotificationsHook

    settings = NotificationsHook().get_conn()
    return Reader(get_runtime().ledger, SqsQueue(settings)) if settings else None


def _tell(reader: Reader | None, problem: str) -> None:
    if reader is None:
        return
    try:
        reader.report_problem(problem)
    except SellerOpsError:
        return  # the ledger itself may be what is away


def _values(error: SellerOpsError) -> dict[str, Any]:
    """What the task needs to tell of it."""
    return {
        "cause": error.cause,
        "where": error.where,
        "remedy": error.remedy,
        "is_configuration": isinstance(error, ConfigurationError),
    }
