"""The last look before a create is sent: is the claim still ours?

Whatever took long between the claim and this look (quota, cooldown, token, the ledger itself), another
follower may meanwhile have settled the claim. One statement asks and stamps the moment of sending, from which
``orphan_after`` counts; so only the call itself needs a limit, and not all that comes before it.
"""

from __future__ import annotations

import time
import uuid

from sellerops.base.errors import RetryableError
from sellerops.collect.context import clock_of, off_loop
from sellerops.collect.report_claims import renew_claim
from sellerops.ledger import Ledger
from sellerops.sources.common.deadline import send_seconds


class ClaimLost(RetryableError):
    """Nothing was sent: the request is another follower's by now, or the ledger answered too late."""


class CreateFence:
    """The fence of one claim; passed anew when a refused token makes the call go out a second time."""

    def __init__(self, ledger: Ledger, request_id: int, token: uuid.UUID) -> None:
        self._ledger, self._id, self._token = ledger, request_id, token

    async def __call__(self) -> float:
        """Real seconds that are left for the call. ClaimLost when it must not be sent."""
        limit = send_seconds(await clock_of(self._ledger))
        asked_at = await off_loop(self._renew)
        left = limit - (time.monotonic() - asked_at)
        if left <= 0:
            raise ClaimLost("the ledger confirmed the claim too late to send.", where=self._where)
        return left

    def _renew(self) -> float:
        """In a thread. The stamp is not older than what this returns, so the call ends early, never late."""
        asked_at = time.monotonic()
        if not renew_claim(self._ledger, self._id, self._token):
            raise ClaimLost("another follower has taken over.", where=self._where)
        return asked_at

    @property
    def _where(self) -> str:
        return f"report_request {self._id}"
