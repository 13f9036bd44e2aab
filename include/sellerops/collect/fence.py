"""The last check before a create is sent: is the claim still ours?

If anything between the claim and this check took long (quota, cooldown, token, the ledger itself), another
follower may have settled the claim. A single statement checks the claim and stamps the time of sending, from
which ``orphan_after`` counts; so only the call itself needs a time limit, not everything before it.
"""

from __future__ import annotations

import time
import uuid

from sellerops.base.errors import RetryableError
from sellerops.collect.report_claims import renew_claim
from sellerops.ledger import Ledger
from sellerops.ledger.waits import clock_of, off_loop
from sellerops.sources.common.deadline import send_seconds


class ClaimLost(RetryableError):
    """Nothing was sent: another follower has the request now, or the ledger answered too late."""


class CreateFence:
    """The fence of one claim. It must be passed again when the call is repeated with a renewed token."""

    def __init__(self, ledger: Ledger, request_id: int, token: uuid.UUID) -> None:
        self._ledger, self._id, self._token = ledger, request_id, token

    async def __call__(self) -> float:
        """Return the real seconds left for the call. Raises ClaimLost when it must not be sent."""
        limit = send_seconds(await clock_of(self._ledger))
        asked_at = await off_loop(self._renew)
        left = limit - (time.monotonic() - asked_at)
        if left <= 0:
            raise ClaimLost("the ledger confirmed the claim too late to send the call.", where=self._where)
        return left

    def _renew(self) -> float:
        """Runs in a thread. The stamp is no older than the returned time, so the call's limit errs on the
        early side.
        """
        asked_at = time.monotonic()
        if not renew_claim(self._ledger, self._id, self._token):
            raise ClaimLost("another follower has taken over the request.", where=self._where)
        return asked_at

    @property
    def _where(self) -> str:
        return f"report_request {self._id}"
