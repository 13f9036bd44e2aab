"""What the clients of both Amazon APIs do around each call: lease its quota, log it and learn from it."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sellerops.base.errors import SellerOpsError
from sellerops.ledger import ApiCall, Ledger
from sellerops.rate_limits import Bucket, Priority, QuotaLedger, acquire
from sellerops.settings.accounts import Account
from sellerops.sources.common.call_log import CallRecord, logged_call, record_call
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.lwa import Credentials

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class AccountClient(ABC):
    """Calls for one account.

    Cheap to create, and without open connections of its own: all clients with the same credentials share the
    connections of an event loop and the access token of the process. ``priority``: that of its quota leases.
    """

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        ledger: Ledger,
        limits: QuotaLedger,
        *,
        priority: Priority = Priority.SCHEDULE,
    ) -> None:
        self.account = account
        self.ledger = ledger
        self.limits = limits
        self.priority = priority
        self._credentials = credentials

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account.id!r}, {self._credentials.endpoint!r})"

    @property
    def document_origins(self) -> frozenset[str]:
        """The origins besides Amazon's hosts from which the connection allows documents to be downloaded."""
        return self._credentials.document_origins

    def bucket(self, operation: str) -> Bucket:
        """The token bucket of one operation for this application and account."""
        return Bucket(self.account.application, self.account.id, operation)

    async def lease(self, operation: str, deadline: datetime | None = None) -> None:
        """Wait for the right to make one call of ``operation``; backfills wait in order of ``deadline``."""
        await acquire(self.limits, self.bucket(operation), self.priority, deadline)

    async def _logged(
        self,
        operation: str,
        send: Callable[[CallRecord], Awaitable[_Result]],
        fence: Fence | None,
        **about: Any,
    ) -> _Result:
        """Make one call, with the lease held. A success or a SellerOpsError is learned from and logged.

        :param about: further fields of its row in the ledger (``ApiCall``).
        """

        def log_call(call: CallRecord, tokens: Sequence[CallRecord]) -> None:
            made = call.to_api_call(self.account.id, **about)
            # Learn first, so that other processes pause at once when Amazon throttles.
            try:
                self._learn(made, call.error)
            except SellerOpsError as error:
                log.warning("learned nothing from %s of %s: %s", operation, self.account.id, error)
            for each in (*(token.to_api_call(self.account.id) for token in tokens), made):
                record_call(self.ledger, each)

        async with logged_call(operation, fence, log_call) as call:
            return await send(call)

    @abstractmethod
    def _learn(self, call: ApiCall, error: SellerOpsError | None) -> None:
        """Learn what the answer says about the operation's quota. Runs in a thread."""
