"""The two ways to ask Amazon for a document and wait for it: reports and Data Kiosk queries.

All that collecting does with either stands in ``collect`` once; here is only in what they differ.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED
from sellerops.slices import Slice
from sellerops.sources.amazon_sp import data_kiosk
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.documents import DocumentAddress
from sellerops.sources.amazon_sp.reports import Report, ReportQuery, query_of
from sellerops.specs import ReportSpec


class Asking(Protocol):
    """Calls of one API. The lease of the operation is held by the caller, but for ``recent``, which takes
    its own.
    """

    create: str
    status: str
    document: str
    # The type of Amazon's notification that one has ended.
    finished: str
    # Whether what other applications asked for may be listed and used.
    lists_others: bool

    def query(self, spec: ReportSpec, piece: Slice, options: Mapping[str, str]) -> ReportQuery:
        """What to create for a request with these options."""
        ...

    async def ask(self, client: SpApiClient, query: ReportQuery, request_id: int) -> str:
        """Create; the id."""
        ...

    async def look(self, client: SpApiClient, report_id: str, request_id: int) -> Report:
        """How it stands. RequestRefused when it can never end."""
        ...

    def recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        """What was created since then and may be the query's."""
        ...

    async def address(self, client: SpApiClient, document_id: str, request_id: int) -> DocumentAddress:
        """Where a document is for five minutes."""
        ...


class Reports:
    """The Reports API 2021-06-30."""

    create, status, document = "createReport", "getReport", "getReportDocument"
    finished = REPORT_FINISHED
    lists_others = True

    def query(self, spec: ReportSpec, piece: Slice, options: Mapping[str, str]) -> ReportQuery:
        return query_of(spec, piece)

    async def ask(self, client: SpApiClient, query: ReportQuery, request_id: int) -> str:
        return await client.create_report(query, leased=True, request_id=request_id)

    async def look(self, client: SpApiClient, report_id: str, request_id: int) -> Report:
        return await client.get_report(report_id, leased=True, request_id=request_id)

    def recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        return client.get_reports(
            query.report_type, created_since=since, marketplace_ids=query.marketplace_ids
        )

    async def address(self, client: SpApiClient, document_id: str, request_id: int) -> DocumentAddress:
        return await client.get_report_document(document_id, leased=True, request_id=request_id)


class RestrictedReports(Reports):
    """Reports whose documents need a restricted data token each."""

    async def address(self, client: SpApiClient, document_id: str, request_id: int) -> DocumentAddress:
        return await client.get_report_document(
            document_id, leased=True, request_id=request_id, restricted=True
        )


class DataKiosk:
    """The Data Kiosk API 2023-11-15."""

    create, status, document = "createQuery", "getQuery", "getDocument"
    finished = QUERY_FINISHED
    lists_others = False

    def query(self, spec: ReportSpec, piece: Slice, options: Mapping[str, str]) -> ReportQuery:
        return data_kiosk.query_of_options(spec, piece, options)

    async def ask(self, client: SpApiClient, query: ReportQuery, request_id: int) -> str:
        return await data_kiosk.create_query(client, query, request_id)

    async def look(self, client: SpApiClient, report_id: str, request_id: int) -> Report:
        return await data_kiosk.get_query(client, report_id, request_id)

    def recent(self, client: SpApiClient, query: ReportQuery, since: datetime) -> AsyncIterator[Report]:
        return data_kiosk.get_queries(client, since)

    async def address(self, client: SpApiClient, document_id: str, request_id: int) -> DocumentAddress:
        return await data_kiosk.get_document(client, document_id, request_id)


_REPORTS, _RESTRICTED, _DATA_KIOSK = Reports(), RestrictedReports(), DataKiosk()


def asking_of(spec: ReportSpec) -> Asking:
    """How the spec's documents are asked for."""
    if spec.request.how == "queried":
        return _DATA_KIOSK
    return _RESTRICTED if spec.request.restricted else _REPORTS
