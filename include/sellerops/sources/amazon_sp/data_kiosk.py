"""The objects and calls of the Data Kiosk API 2023-11-15 (model file dataKiosk_2023-11-15.json).

A query is created, polled and downloaded like a report, so it is represented as a ``Report`` with the query's
text and the token of the next page. DONE without a document means no data, which a report calls CANCELLED.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sellerops.base.errors import ConfigurationError, RequestRefused, UnexpectedAnswer
from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.reports import MOST_PAGES, ReportQuery
from sellerops.sources.common.answers import text_field, time_field, unknown_status
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.paging import PageWatch
from sellerops.sources.common.placeholders import iso
from sellerops.sources.common.report_api import AFTER, TOKEN, ProcessingStatus, Report

BASE = "/dataKiosk/2023-11-15"
# The model's limit, counted after unnecessary whitespace is removed.
MOST_CHARACTERS = 8_000
PAGE_SIZE = 100

# The option of a request that holds the query's text.
TEXT = "query"
_OURS = frozenset((TEXT, AFTER, TOKEN))


@dataclass(frozen=True)
class KioskQuery(ReportQuery):
    """The arguments of createQuery. The text already contains the window and the marketplaces."""

    text: str = ""
    token: str | None = None

    def body(self) -> dict[str, Any]:
        """The CreateQuerySpecification."""
        return {"query": self.text} | ({"paginationToken": self.token} if self.token else {})

    def answers(self, report: Report) -> bool:
        """Whether ``report`` has the text of this query. Amazon does not return which page a query is for."""
        return isinstance(report, KioskReport) and _collapsed(report.text) == self.text


@dataclass(frozen=True)
class KioskReport(Report):
    """A query as Amazon reports it. ``was_cancelled``: a call cancelled it, whether or not it has data."""

    text: str = ""
    was_cancelled: bool = False


def query_of_options(spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> KioskQuery:
    """The query of a request with these options. The name of an option in braces in the query's text, such as
    that of a split request, is replaced by the option's values as a list of strings. ConfigurationError when
    the query is longer than Amazon accepts.
    """
    written = options[TEXT]
    for name in options.keys() - _OURS:
        written = written.replace(f"{{{name}}}", json.dumps(options[name].split()))
    written = _collapsed(written)
    if len(written) > MOST_CHARACTERS:
        raise ConfigurationError(
            f"the query has {len(written)} characters; Amazon accepts {MOST_CHARACTERS}.",
            where=f"{spec.name}, {slice_.label}",
            remedy="Ask for fewer fields in `request.query`, or for fewer values in `request.split.at_most`.",
        )
    return KioskQuery(
        spec.report_type,
        slice_.marketplace_ids,
        slice_.start,
        slice_.end,
        options,
        text=written,
        token=options.get(TOKEN),
    )


async def create_query(client: SpApiClient, query: ReportQuery, request_id: int, fence: Fence) -> str:
    """Create a query and return its id. The caller holds the lease. Not idempotent, like createReport."""
    body = await client.call(
        "createQuery",
        "POST",
        f"{BASE}/queries",
        body=query.body(),
        leased=True,
        report_type=query.report_type,
        request_id=request_id,
        fence=fence,
    )
    return text_field(body, "queryId", "createQuery")


async def get_query(client: SpApiClient, query_id: str, request_id: int) -> KioskReport:
    """A query's status. The caller holds the lease. RequestRefused when Amazon does not know the query or a
    call has cancelled it.
    """
    body = await client.call(
        "getQuery",
        "GET",
        f"{BASE}/queries/{query_id}",
        leased=True,
        report_id=query_id,
        request_id=request_id,
    )
    report = parse_query(body)
    if report.was_cancelled:
        raise RequestRefused(
            f"query {query_id} was cancelled outside sellerops.",
            where="getQuery",
            remedy="Clear the task to create it again.",
        )
    return report


async def get_queries(client: SpApiClient, created_since: datetime) -> AsyncIterator[KioskReport]:
    """This application's queries, newest first; each page takes a lease."""
    arguments = {"createdSince": iso(created_since), "pageSize": str(PAGE_SIZE)}
    watch = PageWatch("getQueries", "getQueries", most_pages=MOST_PAGES)
    while True:
        body = await client.call("getQueries", "GET", f"{BASE}/queries", query=arguments)
        queries = body.get("queries")
        if not isinstance(queries, list):
            raise UnexpectedAnswer("getQueries answered without a list of queries.", where="getQueries")
        watch.is_repeat([each.get("queryId") for each in queries])
        for each in queries:
            yield parse_query(each)
        token = _next_token(body)
        if token is None:
            return
        # The model requires all other parameters to be as in the call that returned the token.
        arguments["paginationToken"] = watch.use(token)


async def get_document(client: SpApiClient, document_id: str, request_id: int) -> DocumentAddress:
    """A new address of a document; it expires after 5 minutes. The caller holds the lease."""
    body = await client.call(
        "getDocument", "GET", f"{BASE}/documents/{document_id}", leased=True, request_id=request_id
    )
    return DocumentAddress(
        document_id=text_field(body, "documentId", "getDocument"),
        url=text_field(body, "documentUrl", "getDocument"),
    )


def parse_query(body: Mapping[str, Any]) -> KioskReport:
    """A Query of the model. UnexpectedAnswer names the field that does not match it."""
    where = f"query {body.get('queryId', '?')}"
    status = body.get("processingStatus")
    if status not in ProcessingStatus.__members__:
        raise unknown_status("processingStatus", status, where)
    created_at = time_field(body, "createdTime", where)
    if created_at is None:
        raise UnexpectedAnswer("the query has no createdTime.", where=where)
    document_id = body.get("errorDocumentId" if status == ProcessingStatus.FATAL else "dataDocumentId")
    is_empty = status == ProcessingStatus.DONE and not document_id
    return KioskReport(
        report_id=text_field(body, "queryId", where),
        report_type="",
        status=ProcessingStatus.CANCELLED if is_empty else ProcessingStatus(str(status)),
        created_at=created_at,
        document_id=str(document_id) if document_id else None,
        marketplace_ids=(),
        start=None,
        end=None,
        text=text_field(body, "query", where),
        next_token=_next_token(body) if document_id else None,
        was_cancelled=status == ProcessingStatus.CANCELLED,
    )


def _next_token(body: Mapping[str, Any]) -> str | None:
    pagination = body.get("pagination")
    token = pagination.get("nextToken") if isinstance(pagination, dict) else None
    return str(token) if token else None


def _collapsed(written: str) -> str:
    """On one line; spaces carry no meaning in our queries' strings."""
    return " ".join(written.split())
