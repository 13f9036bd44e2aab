"""How long a call that creates something may take: shorter than the hunt for what it may have left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sellerops.clock import Clock
from sellerops.errors import AmazonUnavailable

# A create must have failed or succeeded by then; the hunt for an orphan begins later (collect.creation).
CREATE_TIMEOUT = 60.0
_SHORTEST = 2.0


class Deadline:
    """``asyncio.timeout`` that ends as AmazonUnavailable."""

    def __init__(self, seconds: float, where: str) -> None:
        self._timeout, self._seconds, self._where = asyncio.timeout(seconds), seconds, where

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._timeout.__aexit__(*error)
        except TimeoutError:
            raise AmazonUnavailable(
                f"no answer came within {self._seconds:.0f} s.", where=self._where, sent=True
            ) from None


async def create_deadline(clock: Callable[[], Clock], where: str) -> Deadline:
    """60 s of the ledger's clock, but time enough for an answer."""
    told = await asyncio.to_thread(clock)
    limit = CREATE_TIMEOUT / told.speed if told.speed > 0 else CREATE_TIMEOUT
    return Deadline(max(_SHORTEST, limit), where)
