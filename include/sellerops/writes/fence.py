"""The last check before a write is sent: one statement claims the row and stamps the moment of sending.

Of all processes that want to send the same write, one passes. Nothing between reading the row and this check
can therefore lead to a second call, however long it takes. The time after which the call has ended and its
effect is visible counts from the stamp, so only the call itself needs a time limit.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from sellerops.base.errors import RetryableError
from sellerops.ledger import Ledger
from sellerops.ledger.waits import clock_of, off_loop
from sellerops.sources.common.deadline import orphan_after, send_seconds
from sellerops.writes.rows import WriteRow, stamp_sent


class NotSent(RetryableError):
    """Nothing was sent: another process has sent the write meanwhile, or the ledger answered too late."""


class WriteFence:
    """The fence of one call; passed again when the call is repeated with a renewed access token.

    ``token``: the holder in the row. ``has_passed``: whether the call may have been sent.
    """

    def __init__(self, ledger: Ledger, row: WriteRow, where: str) -> None:
        self._ledger, self._row, self._where = ledger, row, where
        self._sends = row.sends
        self.token = uuid.uuid4()
        self.has_passed = False

    async def __call__(self) -> float:
        """Real seconds left for the call. Raises NotSent if it must not be sent."""
        clock = await clock_of(self._ledger)
        self._sends += 1
        asked_at = await off_loop(self._stamp, orphan_after(clock))
        left = send_seconds(clock) - (time.monotonic() - asked_at)
        if left <= 0:
            raise NotSent("the ledger answered too late to send the call.", where=self._where)
        self.has_passed = True
        return left

    def _stamp(self, held_for: timedelta) -> float:
        """Stamp the row, in a thread. Returns a monotonic time that is not later than the stamp, so the
        call's limit errs on the early side.
        """
        asked_at = time.monotonic()
        if not stamp_sent(self._ledger, self._row.id, self.token, self._sends, held_for):
            raise NotSent("another process has sent it meanwhile.", where=self._where)
        return asked_at
