"""Ends waits early when a notification arrives; one query to the ledger serves all waits of an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from weakref import WeakKeyDictionary

from sellerops.base.errors import SellerOpsError
from sellerops.ledger import Ledger, notifications
from sellerops.ledger.notifications import Awaited
from sellerops.ledger.waits import clock_of, nap_of, off_loop

log = logging.getLogger(__name__)

# Real seconds between two queries. Without subscriptions, a query only serves to notice a new one.
LOOK_EVERY = 2.0
LOOK_FOR_SUBSCRIPTIONS_EVERY = 30.0


class Arrivals:
    """Notifications for the reports that the waits of one event loop are waiting for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._awaited: dict[Awaited, set[asyncio.Event]] = {}
        self._working: frozenset[tuple[str, str]] = frozenset()
        self._looked = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def expect(self, account_id: str, report_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set once the ledger has a notification for the report."""
        arrived = asyncio.Event()
        events = self._awaited.setdefault((account_id, report_id), set())
        events.add(arrived)
        if self._looking is None or self._looking.done():
            self._looked = asyncio.Event()
            self._looking = asyncio.create_task(self._look())
        try:
            await self._looked.wait()
            yield arrived
        finally:
            events.discard(arrived)
            if not events:
                self._awaited.pop((account_id, report_id), None)

    def is_receiving(self, account_id: str, notification_type: str) -> bool:
        """Whether notifications of this type are known to arrive for the account."""
        return (account_id, notification_type) in self._working

    async def _look(self) -> None:
        """Query as long as anything waits. Without the ledger, the waits poll at their usual interval."""
        while self._awaited:
            pause = LOOK_FOR_SUBSCRIPTIONS_EVERY
            try:
                pause = await self._look_once()
            except SellerOpsError as error:
                self._working = frozenset()
                log.warning("cannot read notifications: %s", error)
            finally:
                self._looked.set()
            await asyncio.sleep(pause)

    async def _look_once(self) -> float:
        awaited = tuple(self._awaited)
        status = await off_loop(self._ledger.database.run, lambda c: notifications.read_status(c, awaited))
        self._working = status.working
        for each in status.arrived:
            for event in self._awaited.get(each, ()):
                event.set()
        return LOOK_EVERY if status.is_subscribed else LOOK_FOR_SUBSCRIPTIONS_EVERY


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakKeyDictionary[Ledger, Arrivals]] = (
    WeakKeyDictionary()
)


def arrivals_of(ledger: Ledger) -> Arrivals:
    """The arrivals that all waits of the running loop share."""
    of_loop = _shared.setdefault(asyncio.get_running_loop(), WeakKeyDictionary())
    found = of_loop.get(ledger)
    if found is None:
        found = of_loop[ledger] = Arrivals(ledger)
    return found


async def sleep_until_notified(ledger: Ledger, moment: datetime, arrived: asyncio.Event) -> bool:
    """Sleep until the ledger's clock shows ``moment``; True if ``arrived`` ended the sleep early."""
    while not arrived.is_set():
        clock = await clock_of(ledger)
        left = (moment - clock.now()).total_seconds()
        if left <= 0:
            return False
        try:
            async with asyncio.timeout(nap_of(clock, left)):
                await arrived.wait()
        except TimeoutError:
            pass
    return True
