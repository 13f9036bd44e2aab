"""Records calls to Amazon and logs them in the ledger's table ``api_call``."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sellerops.base.errors import SellerOpsError
from sellerops.ledger import ApiCall, Ledger
from sellerops.sources.common.deadline import Fence

log = logging.getLogger(__name__)

# The parts of Amazon that are called besides the APIs of a source.
LOGIN, DOCUMENTS = "lwa", "documents"
_VERSIONED = re.compile(r"/(.+?/(?:v\d+|\d{4}-\d{2}-\d{2}))(?:/|$)")
_VERSION = re.compile(r"v\d+|")


@dataclass
class CallRecord:
    """What we know about one call, filled in while it is in progress.

    ``fence``: awaited each time before the call is sent. ``api``: as ``sp_api_of`` or ``ads_api_of`` names
    it, or one of the names above. ``status``, ``request_id``: those of the last answer. ``seconds`` count
    from the record's creation, or from ``start``.
    """

    operation: str
    fence: Fence | None = None
    api: str | None = None
    method: str | None = None
    status: int | None = None
    request_id: str | None = None
    rate_limit: float | None = None
    error: SellerOpsError | None = None
    started: float = field(default_factory=time.monotonic, repr=False)
    seconds: float | None = None

    def start(self) -> None:
        """Count ``seconds`` from now on: the time before was spent waiting for the call's turn."""
        self.started = time.monotonic()

    def end(self, error: SellerOpsError | None = None) -> None:
        """Record that the call has ended, and with which error."""
        self.seconds, self.error = round(time.monotonic() - self.started, 3), error

    def to_api_call(self, account_id: str, **about: Any) -> ApiCall:
        """The call's row in the ledger; ``about``: its other fields."""
        error = self.error
        return ApiCall(
            account_id=account_id,
            operation=self.operation,
            api=self.api,
            http_method=self.method,
            status=self.status,
            seconds=self.seconds,
            rate_limit=self.rate_limit,
            amazon_request_id=self.request_id,
            error_type=type(error).__name__ if error else None,
            error_code=(str(error.details.get("code") or "") or None) if error else None,
            error=str(error) if error else None,
            **about,
        )


def sp_api_of(path: str) -> str:
    """The API of a path of the Selling Partner API, with its version: ``fba/inventory/v1``."""
    found = _VERSIONED.match(path)
    return found.group(1) if found else path.strip("/").partition("/")[0]


def ads_api_of(path: str) -> str:
    """The part of Amazon Ads that a path belongs to: ``ads/profiles`` for /v2/profiles."""
    parts = [part for part in path.split("?")[0].split("/") if not _VERSION.fullmatch(part)]
    return f"ads/{parts[0]}" if parts else "ads"


# The call that the running task is making.
current_call: ContextVar[CallRecord | None] = ContextVar("sellerops_current_call", default=None)
# The token requests that a call caused; None if they are not to be logged.
_tokens: ContextVar[list[CallRecord] | None] = ContextVar("sellerops_token_calls", default=None)

# Logs a call that has ended and the token requests it caused; runs in a thread.
LogCall = Callable[[CallRecord, Sequence[CallRecord]], None]


@asynccontextmanager
async def logged_call(operation: str, fence: Fence | None, log_call: LogCall) -> AsyncIterator[CallRecord]:
    """Wrap one call and yield its record, which ``log_call`` gets on success and after a SellerOpsError."""
    call = CallRecord(operation, fence)
    mark = current_call.set(call)
    with collect_token_calls() as tokens:
        try:
            yield call
        except SellerOpsError as error:
            call.end(error)
            await asyncio.to_thread(log_call, call, tokens)
            raise
        finally:
            current_call.reset(mark)
    call.end()
    await asyncio.to_thread(log_call, call, tokens)


@contextmanager
def collect_token_calls() -> Iterator[list[CallRecord]]:
    """Collect the token requests that the block causes, for the caller to log."""
    found: list[CallRecord] = []
    mark = _tokens.set(found)
    try:
        yield found
    finally:
        _tokens.reset(mark)


@contextmanager
def record_token_call() -> Iterator[CallRecord]:
    """Record a request for an access token with the call that caused it."""
    call = CallRecord("requestAccessToken", api=LOGIN, method="POST")
    caused = _tokens.get()
    try:
        yield call
    except SellerOpsError as error:
        call.end(error)
        raise
    else:
        call.end()
    finally:
        if caused is not None and call.seconds is not None:
            caused.append(call)


def record_call(ledger: Ledger, call: ApiCall) -> None:
    """Log the call. An unavailable ledger only causes a warning: the answer, such as a report id, must not be
    lost.
    """
    try:
        ledger.log_call(call)
    except SellerOpsError as error:
        log.warning("could not log the call %s of %s: %s", call.operation, call.account_id, error)
