"""What is known of a call to Amazon, and how it comes into the ledger's table ``api_call``."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sellerops.base.errors import SellerOpsError
from sellerops.ledger import ApiCall, Ledger
from sellerops.sources.common.deadline import Fence

log = logging.getLogger(__name__)

# The parts of Amazon that are called beside the APIs of a source.
LOGIN, DOCUMENTS = "lwa", "documents"
_VERSIONED = re.compile(r"/(.+?/(?:v\d+|\d{4}-\d{2}-\d{2}))(?:/|$)")
_VERSION = re.compile(r"v\d+|")


@dataclass
class CallRecord:
    """What is known of one call: filled in while it is under way.

    ``fence``: passed each time before the call is sent. ``api``: as ``sp_api_of`` names it, or one of the
    names above. ``status``, ``request_id``: of the last answer. ``seconds`` count from here.
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

    def end(self, error: SellerOpsError | None = None) -> None:
        """Say how the call ended."""
        self.seconds, self.error = round(time.monotonic() - self.started, 3), error

    def of(self, account_id: str, **about: Any) -> ApiCall:
        """As a row of the ledger; ``about``: its other fields."""
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
    """The part of Amazon Ads that a path belongs to: ``ads/profiles`` of /v2/profiles."""
    parts = [part for part in path.split("?")[0].split("/") if not _VERSION.fullmatch(part)]
    return f"ads/{parts[0]}" if parts else "ads"


# Tokens that were asked for in the course of a call; None: nobody writes them down.
_tokens: ContextVar[list[CallRecord] | None] = ContextVar("sellerops_token_calls", default=None)


@contextmanager
def collect_token_calls() -> Iterator[list[CallRecord]]:
    """The token requests that the block causes, for its caller to log."""
    found: list[CallRecord] = []
    mark = _tokens.set(found)
    try:
        yield found
    finally:
        _tokens.reset(mark)


@contextmanager
def record_token_call() -> Iterator[CallRecord]:
    """Note a request for an access token for whoever caused it."""
    facts = CallRecord("requestAccessToken", api=LOGIN, method="POST")
    noted = _tokens.get()
    try:
        yield facts
    except SellerOpsError as error:
        facts.end(error)
        raise
    else:
        facts.end()
    finally:
        if noted is not None and facts.seconds is not None:
            noted.append(facts)


def record_call(ledger: Ledger, call: ApiCall) -> None:
    """Log the call. A ledger that is away must not cost the answer, least of all a report id."""
    try:
        ledger.log_call(call)
    except SellerOpsError as error:
        log.warning("the call %s of %s is not in the ledger: %s", call.operation, call.account_id, error)
