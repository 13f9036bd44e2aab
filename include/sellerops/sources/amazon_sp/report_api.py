"""The two ways to ask the Selling Partner API for a document: reports and Data Kiosk queries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.errors import RequestRefused
from sellerops.calendar.slices import Slice
from sellerops.ledger import ReportRequest
from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_sp import data_kiosk
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.reports import PAGE_SIZE, RETENTION, ReportQuery, query_of
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.report_api import Created, Listing, ProcessingStatus, Report, ReportApi


class AllReports:
    """getReports: the account's reports, whichever application made them."""

    operation = "getReports"
    page_size = PAGE_SIZE
    retention = RETENTION

    def reports(
        self,
        client: SpApiClient,
        report_type: str,
        *,
        created_since: datetime,
        created_until: datetime | None = None,
        statuses: tuple[ProcessingStatus, ...] = (),
        leased: bool = False,
    ) -> AsyncIterator[Report]:
        return client.get_reports(
            report_type,
            created_since=created_since,
            created_until=created_until,
            statuses=statuses,
            leased=leased,
        )

    async def report(self, client: SpApiClient, report_id: str) -> Report:
        return await client.get_report(report_id, leased=True)


class _Plain:
    """What neither API has."""

    slowest_poll: timedelta | None = None

    def check(self, client: SpApiClient, slice_: Slice) -> None:
        return None

    async def prepare(self, client: SpApiClient, slice_: Slice) -> None:
        return None

    def can_mend(self, error: RequestRefused) -> bool:
        return False

    async def mended(
        self, client: SpApiClient, query: ReportQuery, request: ReportRequest, error: RequestRefused
    ) -> bool:
        return False

    def headers(self, client: SpApiClient, request: ReportRequest) -> Mapping[str, Any]:
        return {}


class Reports(_Plain):
    """The Reports API 2021-06-30."""

    create, status, document = "createReport", "getReport", "getReportDocument"
    finished = REPORT_FINISHED
    listing: Listing[SpApiClient] | None = AllReports()

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> ReportQuery:
        return query_of(spec, slice_)

    async def ask(
        self, client: SpApiClient, query: ReportQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        return Created(await client.create_report(query, leased=True, request_id=request.id, fence=fence))

    async def look(self, client: SpApiClient, request: ReportRequest) -> Report:
        return await client.get_report(request.report_id or "", leased=True, request_id=request.id)

    def recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        return client.get_reports(
            query.report_type, created_since=since, marketplace_ids=query.marketplace_ids
        )

    async def address(self, client: SpApiClient, request: ReportRequest) -> DocumentAddress:
        return await client.get_report_document(request.document_id or "", leased=True, request_id=request.id)


class RestrictedReports(Reports):
    """Reports whose documents need a restricted data token each."""

    async def address(self, client: SpApiClient, request: ReportRequest) -> DocumentAddress:
        return await client.get_report_document(
            request.document_id or "", leased=True, request_id=request.id, restricted=True
        )


class DataKiosk(_Plain):
    """The Data Kiosk API 2023-11-15."""

    create, status, document = "createQuery", "getQuery", "getDocument"
    finished = QUERY_FINISHED
    listing: Listing[SpApiClient] | None = None

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> ReportQuery:
        return data_kiosk.query_of_options(spec, slice_, options)

    async def ask(
        self, client: SpApiClient, query: ReportQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        return Created(await data_kiosk.create_query(client, query, request.id, fence))

    async def look(self, client: SpApiClient, request: ReportRequest) -> Report:
        return await data_kiosk.get_query(client, request.report_id or "", request.id)

    def recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        return data_kiosk.get_queries(client, since)

    async def address(self, client: SpApiClient, request: ReportRequest) -> DocumentAddress:
        return await data_kiosk.get_document(client, request.document_id or "", request.id)


_REPORTS, _RESTRICTED, _DATA_KIOSK = Reports(), RestrictedReports(), DataKiosk()


def report_api_of(spec: ReportSpec) -> ReportApi[SpApiClient]:
    """How the spec's documents are asked for."""
    if spec.request.how == "queried":
        return _DATA_KIOSK
    return _RESTRICTED if spec.request.restricted else _REPORTS
