"""What the steps of an inbound run work with, and how they wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sellerops.inbound.amazon_lists import AmazonReads
from sellerops.inbound.store import InboundStore
from sellerops.ledger import waits

if TYPE_CHECKING:
    from sellerops.archive import Archive
    from sellerops.inbound.settings import InboundSettings
    from sellerops.ledger import Ledger
    from sellerops.settings.accounts import Account
    from sellerops.sources.amazon_sp.client import SpApiClient
    from sellerops.writes.writer import Writer

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Services:
    """Everything a step needs for one account. ``ledger`` and ``archive`` are shared by the whole process.

    Cheap to create: nothing is opened or read until it is used.
    """

    account: Account
    client: SpApiClient
    writer: Writer
    ledger: Ledger
    archive: Archive
    settings: InboundSettings

    @cached_property
    def store(self) -> InboundStore:
        """The run's rows. Synchronous: call it in a thread (``blocking``)."""
        return InboundStore(self.ledger)

    @cached_property
    def reads(self) -> AmazonReads:
        """Calls that only read, retried after temporary errors."""
        return AmazonReads(self.client, self.ledger)

    async def blocking(
        self, work: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs
    ) -> _Result:
        """Run blocking work, such as the ledger's, without blocking the triggerer's loop."""
        return await waits.off_loop(work, *args, **kwargs)

    async def now(self) -> datetime:
        """The ledger's time, UTC."""
        return await waits.now(self.ledger)

    async def pause(self, seconds: float) -> None:
        """Sleep for this many seconds of the ledger's clock."""
        await waits.sleep_until(self.ledger, await self.now() + timedelta(seconds=seconds))
