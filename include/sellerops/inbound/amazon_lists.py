"""Reads from the Fulfillment Inbound API: single answers, and lists with all their pages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sellerops.base.errors import AmazonUnavailable, Throttled, UnexpectedAnswer
from sellerops.collect.context import backoff_pause
from sellerops.ledger.waits import now, sleep_until
from sellerops.sources.common.operations import check_only_reads
from sellerops.sources.common.paging import PageWatch

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.sources.amazon_sp.client import SpApiClient

log = logging.getLogger(__name__)

BASE = "/inbound/fba/2024-03-20"
BASE_V0 = "/fba/inbound/v0"

# Tries of one call before its temporary error ends the step, which Airflow then retries.
_TRIES = 6
# The largest pageSize that the API's model allows, by the name of the list.
_PAGE_SIZES = {
    "inboundPlans": 30,
    "packingOptions": 20,
    "placementOptions": 20,
    "transportationOptions": 20,
    "contentUpdatePreviews": 20,
    "deliveryWindowOptions": 100,
}
# For items and boxes of a packing group; those of a plan or a shipment have a different maximum.
_GROUP_PAGE_SIZE = 100
_PAGE_SIZE = 1000


def plan_path(plan_id: str, *parts: str) -> str:
    """The path of a plan, or of a resource in it."""
    return "/".join(
        (BASE, "inboundPlans", quote(plan_id, safe=""), *(quote(part, safe="") for part in parts))
    )


class AmazonReads:
    """Calls that only read. Temporary errors are retried with growing pauses, then raised."""

    def __init__(self, client: SpApiClient, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """One answer. ``query`` values that are lists are repeated: ``mskus=a&mskus=b``."""
        return await self._call(operation, "GET", with_query(path, query))

    async def post(self, operation: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One answer to a POST that changes nothing at Amazon.

        Raises ConfigurationError for an operation that is not known to be read-only.
        """
        check_only_reads(operation, path)
        return await self._call(operation, "POST", path, body)

    async def list_all(
        self, operation: str, path: str, name: str, query: Mapping[str, Any] | None = None
    ) -> list[Mapping[str, Any]]:
        """All entries of list ``name``, from all pages. UnexpectedAnswer if it is missing or never ends."""
        size = _PAGE_SIZES.get(name, _GROUP_PAGE_SIZE if "/packingGroups/" in path else _PAGE_SIZE)
        arguments: dict[str, Any] = {**(query or {}), "pageSize": size}
        entries: list[Mapping[str, Any]] = []
        watch = PageWatch(operation, path)
        while True:
            page = await self.get(operation, path, arguments)
            found = page.get(name)
            if not isinstance(found, list):
                raise UnexpectedAnswer(f"{operation} answered without `{name}`.", where=path)
            if not watch.is_repeat(found):
                entries += found
            token = (page.get("pagination") or {}).get("nextToken")
            if not token:
                return entries
            arguments = {**arguments, "paginationToken": watch.use(str(token))}

    async def _call(
        self, operation: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        for attempt in range(_TRIES):
            try:
                return await self._client.call(operation, method, path, body=body)
            except Throttled as error:
                # The next lease waits until the bucket has a token again.
                if attempt == _TRIES - 1:
                    raise
                log.info("%s is throttled: %s", operation, error.cause)
            except AmazonUnavailable as error:
                if attempt == _TRIES - 1:
                    raise
                log.info("%s: %s", operation, error.cause)
                await self._pause(backoff_pause(attempt, 0.5))
        raise AssertionError("unreachable")

    async def _pause(self, pause: timedelta) -> None:
        await sleep_until(self._ledger, await now(self._ledger) + pause)


def with_query(path: str, query: Mapping[str, Any] | None) -> str:
    """``path`` with its query; lists become repeated arguments, and None is left out."""
    arguments = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(arguments, doseq=True)}" if arguments else path


def escaped_sku(sku: str) -> str:
    """A SKU as the argument ``mskus`` expects it before the usual encoding of a query.

    Source: Amazon's model of listPrepDetails: ``%``, ``+`` and ``,`` in an MSKU are percent-encoded twice.
    """
    return sku.replace("%", "%25").replace("+", "%2B").replace(",", "%2C")
