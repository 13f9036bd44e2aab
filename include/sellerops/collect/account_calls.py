"""Implements ``Calls`` for operations: leases quota for each call, waits and retries."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sellerops.base.errors import (
    AmazonUnavailable,
    GiveUpError,
    SellerOpsError,
    Throttled,
)
from sellerops.collect.asins import known_asins
from sellerops.collect.context import Tools, backoff_pause
from sellerops.collect.offers import listed_offers
from sellerops.ledger.waits import now, off_loop, sleep_until
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.operations import Offer, check_only_reads
from sellerops.sources.common.placeholders import iso

log = logging.getLogger(__name__)


class AccountCalls:
    """The calls of one wait. They only read, so they are retried after temporary errors until ``until``.
    After that no call is made: raises the last temporary error if there was one, else GiveUpError.

    ``made``: number of answered calls; ``first_at``: when the first of them was made, on the ledger's clock.
    """

    def __init__(
        self,
        tools: Tools,
        request_id: int,
        *,
        until: datetime,
        share: float,
        marketplace_ids: tuple[str, ...] = (),
    ) -> None:
        self._tools, self._request_id = tools, request_id
        self._marketplace_ids = marketplace_ids
        self._until, self._share = until, share
        self.made = 0
        self.first_at: datetime | None = None

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        return await self._call(operation, "GET", path, query=query_texts(query or {}))

    async def post(
        self, operation: str, path: str, body: Mapping[str, Any] | Sequence[Any]
    ) -> Mapping[str, Any]:
        check_only_reads(operation, f"{self._tools.spec.report_type}, request {self._request_id}")
        return await self._call(operation, "POST", path, body=body)

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        return await off_loop(known_asins, self._tools.ledger, self._tools.account.id, marketplace_id)

    async def offers(self, marketplace_id: str) -> Sequence[Offer]:
        return await off_loop(listed_offers, self._tools.ledger, self._tools.account.id, marketplace_id)

    async def _call(self, operation: str, method: str, path: str, **content: Any) -> Answer:
        failures = 0
        temporary: SellerOpsError | None = None
        while True:
            await self._tools.client.lease(operation)
            called_at = await now(self._tools.ledger)
            if called_at >= self._until:
                raise temporary or self._too_long(operation)
            try:
                answer = await self._tools.client.call(
                    operation,
                    method,
                    path,
                    leased=True,
                    report_type=self._tools.spec.report_type,
                    request_id=self._request_id,
                    marketplace_ids=self._marketplace_ids,
                    **content,
                )
            except Throttled as error:
                # The next lease waits until the bucket has a token again.
                temporary = error
                log.info("%s of request %s is throttled: %s", operation, self._request_id, error.cause)
            except AmazonUnavailable as error:
                temporary = error
                log.info("%s of request %s: %s", operation, self._request_id, error)
                pause = backoff_pause(failures, self._share)
                failures += 1
                await sleep_until(self._tools.ledger, await now(self._tools.ledger) + pause)
            else:
                self.made += 1
                self.first_at = self.first_at or called_at
                return answer

    def _too_long(self, operation: str) -> GiveUpError:
        rules = self._tools.spec.request
        return GiveUpError(
            f"{operation} was still incomplete after {self.made} calls in "
            f"{rules.give_up_after.total_seconds() / 3600:g} h.",
            where=f"{self._tools.spec.report_type}, request {self._request_id}",
            remedy="Nothing was stored. Clear the task to read it again, or raise `request.give_up_after`.",
            request_id=self._request_id,
        )


def query_texts(query: Mapping[str, Any]) -> dict[str, str]:
    """A query as Amazon expects it: without None, lists joined by commas, times in UTC."""
    return {name: _text(value) for name, value in query.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list | tuple):
        return ",".join(_text(one) for one in value)
    return str(value)
