"""The two APIs of the Selling Partner API that provide documents: Reports and Data Kiosk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from sellerops.calendar.slices import Slice
from sellerops.ledger import ReportRequest
from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_sp import data_kiosk
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.reports import PAGE_SIZE, RETENTION, ReportQuery, query_of
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.report_api import (
    Created,
    Listing,
    ProcessingStatus,
    Report,
    ReportApi,
    SimpleReportApi,
)


class AllReports:
    """getReports: the account's reports, whichever application created them."""

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


class Reports(SimpleReportApi):
    """The Reports API 2021-06-30."""

    create_operation = "createReport"
    status_operation = "getReport"
    document_operation = "getReportDocument"
    notification_type = REPORT_FINISHED
    listing: Listing[SpApiClient] | None = AllReports()

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> ReportQuery:
        return query_of(spec, slice_)

    async def create(
        self, client: SpApiClient, query: ReportQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        return Created(await client.create_report(query, leased=True, request_id=request.id, fence=fence))

    async def get_report(self, client: SpApiClient, request: ReportRequest) -> Report:
        return await client.get_report(request.report_id or "", leased=True, request_id=request.id)

    def list_recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        return client.get_reports(
            query.report_type, created_since=since, marketplace_ids=query.marketplace_ids
        )

    async def get_address(self, client: SpApiClient, request: ReportRequest) -> DocumentAddress:
        return await client.get_report_document(request.document_id or "", leased=True, request_id=request.id)


class RestrictedReports(Reports):
    """Reports whose documents each need a restricted data token."""

    async def get_address(self, client: SpApiClient, request: ReportRequest) -> DocumentAddress:
        return await client.get_report_document(
            request.document_id or "", leased=True, request_id=request.id, restricted=True
        )


class DataKiosk(SimpleReportApi):
    """The Data Kiosk API 2023-11-15."""

    create_operation = "createQuery"
    status_operation = "getQuery"
    document_operation = "getDocument"
    notification_type = QUERY_FINISHED

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> ReportQuery:
        return data_kiosk.query_of_options(spec, slice_, options)

    async def create(
        self, client: SpApiClient, query: ReportQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        return Created(await data_kiosk.create_query(client, query, request.id, fence))

    async def get_report(self, client: SpApiClient, request: ReportRequest) -> Report:
        return await data_kiosk.get_query(client, request.report_id or "", request.id)

    def list_recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        return data_kiosk.get_queries(client, since)

    async def get_address(self, client: SpApiClient, request: ReportRequest) -> DocumentAddress:
        return await data_kiosk.get_document(client, request.document_id or "", request.id)


_REPORTS, _RESTRICTED, _DATA_KIOSK = Reports(), RestrictedReports(), DataKiosk()


def report_api_of(spec: ReportSpec) -> ReportApi[SpApiClient]:
    """The API that the spec's documents are requested from."""
    if spec.request.how == "queried":
        return _DATA_KIOSK
    return _RESTRICTED if spec.request.restricted else _REPORTS
