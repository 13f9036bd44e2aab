"""Exports: all campaigns, ad groups, targets or ads of a profile as they are configured now.

Media types and paths: the official Postman collection in amzn/ads-advanced-tools-docs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice
from sellerops.ledger import ReportRequest
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.amazon_ads.reports import ProfileApi, address_in, parse_status
from sellerops.sources.common.answers import text_field
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.report_api import Created, Report

KINDS = ("campaigns", "adGroups", "targets", "ads")
_EVERY_STATE = ["ENABLED", "PAUSED", "ARCHIVED"]
_EVERY_PRODUCT = ["SPONSORED_PRODUCTS", "SPONSORED_BRANDS", "SPONSORED_DISPLAY"]


@dataclass(frozen=True)
class ExportQuery:
    """An export to create, with every state and product, so it covers the whole profile."""

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    options: Mapping[str, str]

    def body(self) -> dict[str, Any]:
        """The body of the create request."""
        return {"stateFilter": _EVERY_STATE, "adProductFilter": _EVERY_PRODUCT}

    def answers(self, report: Report) -> bool:
        """Always False: Amazon lists no exports, so one whose id was lost is left alone."""
        return False


class Exports(ProfileApi):
    """Exports of one kind, as in ``Exports`` of python-amazon-ad-api."""

    create_operation = "createExport"
    status_operation = document_operation = "getExport"

    def __init__(self, kind: str) -> None:
        if kind not in KINDS:
            raise ConfigurationError(
                f"unknown export {kind!r}.",
                where="request.options.export",
                remedy=f"Known: {', '.join(KINDS)}.",
            )
        self._kind = kind
        self._media_type = f"application/vnd.{kind.lower()}export.v1+json"

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> ExportQuery:
        return ExportQuery(spec.report_type, slice_.marketplace_ids, slice_.start, slice_.end, options)

    async def create(
        self, client: AdsClient, query: ExportQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        answer = await client.call(
            self.create_operation,
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
        return Created(text_field(answer, "exportId", self.create_operation))

    async def get_report(self, client: AdsClient, request: ReportRequest) -> Report:
        body = await self._get(client, request)
        error = body.get("error")
        reason = str(error.get("message") or "") if isinstance(error, dict) else ""
        # Some exports have no creation time. The request's own time is earlier, which is safe.
        requested_at = request.creating_at or request.created_at
        dated = {**body, "createdAt": body.get("createdAt") or requested_at.isoformat()}
        return parse_status(dated, "exportId", reason)

    async def get_address(self, client: AdsClient, request: ReportRequest) -> DocumentAddress:
        return address_in(await self._get(client, request), "exportId", request)

    async def _get(self, client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
        return await client.call(
            self.status_operation,
            "GET",
            f"/exports/{request.report_id}",
            leased=True,
            report_type=request.report_type,
            report_id=request.report_id,
            request_id=request.id,
            marketplace_ids=request.marketplace_ids,
            media_type=self._media_type,
        )
