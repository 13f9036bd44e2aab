"""Exports: all campaigns, ad groups, targets or ads of a profile as they are set now.

Media types and paths: the official Postman collection in amzn/ads-advanced-tools-docs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.errors import ConfigurationError, RequestRefused
from sellerops.calendar.slices import Slice
from sellerops.ledger import ReportRequest
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.amazon_ads.reports import (
    address_in,
    check_profile,
    facts_of,
    parse_status,
    require_profile,
    text,
)
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.report_api import Created, Listing, Report

KINDS = ("campaigns", "adGroups", "targets", "ads")
_EVERY_STATE = ["ENABLED", "PAUSED", "ARCHIVED"]
_EVERY_PRODUCT = ["SPONSORED_PRODUCTS", "SPONSORED_BRANDS", "SPONSORED_DISPLAY"]


@dataclass(frozen=True)
class ExportQuery:
    """What an export is asked for: every state and product, and so all of the profile."""

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    options: Mapping[str, str]

    def body(self) -> dict[str, Any]:
        """The export's request."""
        return {"stateFilter": _EVERY_STATE, "adProductFilter": _EVERY_PRODUCT}

    def answers(self, report: Report) -> bool:
        """Amazon lists no exports; one whose id was lost is left to itself."""
        return False


class Exports:
    """Exports of one kind; python-amazon-ad-api knows them as ``Exports``."""

    create, status, document = "createExport", "getExport", "getExport"
    finished = ""
    slowest_poll: timedelta | None = timedelta(minutes=5)
    listing: Listing[Any] | None = None

    def __init__(self, kind: str) -> None:
        if kind not in KINDS:
            raise ConfigurationError(
                f"there is no export of {kind!r}.",
                where="request.options.export",
                remedy=f"Known: {', '.join(KINDS)}.",
            )
        self._kind = kind
        self._media_type = f"application/vnd.{kind.lower()}export.v1+json"

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> ExportQuery:
        return ExportQuery(spec.report_type, slice_.marketplace_ids, slice_.start, slice_.end, options)

    def check(self, client: AdsClient, slice_: Slice) -> None:
        check_profile(client, slice_)

    async def prepare(self, client: AdsClient, slice_: Slice) -> None:
        await require_profile(client, slice_)

    async def ask(
        self, client: AdsClient, query: ExportQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        answer = await client.call(
            self.create,
            "POST",
            f"/{self._kind}/export",
            body=query.body(),
            leased=True,
            report_type=query.report_type,
            request_id=request.id,
            marketplace_ids=query.marketplace_ids,
            media_type=self._media_type,
            fence=fence,
        )
        return Created(text(answer, "exportId", self.create))

    def can_mend(self, error: RequestRefused) -> bool:
        return False

    async def mended(
        self, client: AdsClient, query: ExportQuery, request: ReportRequest, error: RequestRefused
    ) -> bool:
        return False

    async def look(self, client: AdsClient, request: ReportRequest) -> Report:
        body = await self._get(client, request)
        error = body.get("error")
        reason = str(error.get("message") or "") if isinstance(error, dict) else ""
        # Some exports tell no time of their making: ours of asking is before it.
        asked_at = request.creating_at or request.created_at
        told = {**body, "createdAt": body.get("createdAt") or asked_at.isoformat()}
        return parse_status(told, "exportId", reason)

    async def recent(self, client: AdsClient, query: ExportQuery, since: datetime) -> AsyncIterator[Report]:
        nothing: tuple[Report, ...] = ()
        for report in nothing:
            yield report

    async def address(self, client: AdsClient, request: ReportRequest) -> DocumentAddress:
        return address_in(await self._get(client, request), "exportId", request)

    def headers(self, client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
        return facts_of(client, request)

    async def _get(self, client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
        return await client.call(
            self.status,
            "GET",
            f"/exports/{request.report_id}",
            leased=True,
            report_type=request.report_type,
            report_id=request.report_id,
            request_id=request.id,
            marketplace_ids=request.marketplace_ids,
            media_type=self._media_type,
        )
