"""The Selling Partner API for one account: every call leased, checked, logged and learned from.

Calls go through python-amazon-sp-api's async client (QUIRKS.md lists its gaps, all closed here). Errors are
typed: CredentialsError, RequestRefused and UnexpectedAnswer are final for the call; Throttled and
AmazonUnavailable are temporary. ``error.details["sent"]`` is False when the call cannot have reached Amazon.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sellerops.base.errors import SellerOpsError, Throttled, UnexpectedAnswer
from sellerops.ledger import ApiCall
from sellerops.rate_limits import Bucket
from sellerops.sources.amazon_sp import reports
from sellerops.sources.amazon_sp.reports import MOST_PAGES, PAGE_SIZE, ReportQuery
from sellerops.sources.amazon_sp.transport import JSON_HEADERS, answer_of, one_call_token, session
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.call_log import CallRecord
from sellerops.sources.common.client import AccountClient
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.paging import PageWatch
from sellerops.sources.common.placeholders import iso
from sellerops.sources.common.report_api import ProcessingStatus, Report

# The statuses of answers with x-amzn-RateLimit-Limit, according to Amazon's usage plan documentation.
_HAS_RATE = {200, 201, 202, 204, 400, 404}
# Every poll returns the same rate, so it is stored only when it changes or after this many seconds.
_LEARN_AGAIN = 60.0
_learned: dict[Bucket, tuple[float, float]] = {}


class SpApiClient(AccountClient):
    """The Reports API 2021-06-30 of one account, and any other operation by ``call``."""

    async def ready(self) -> None:
        """Open the shared session now, off the loop. CredentialsError when the credentials are incomplete.

        The library takes half a second to import. A thousand calls in progress at that time would compete for
        the interpreter's lock and block the loop, so a wait does this before anything else.
        """
        await session(self._credentials, self.account.region)

    async def create_report(
        self,
        query: ReportQuery,
        *,
        leased: bool = False,
        request_id: int | None = None,
        fence: Fence | None = None,
    ) -> str:
        """Request a report and return its id. Not idempotent: after a failure with ``sent`` True a report may
        exist all the same.

        ``fence`` is awaited right before the call is sent and returns how many real seconds it may take.
        """
        if not leased:
            await self.lease("createReport")
        body = await self._call(
            "createReport",
            lambda api: api.create_report(**query.body()),
            report_type=query.report_type,
            request_id=request_id,
            marketplace_ids=query.marketplace_ids,
            fence=fence,
        )
        return reports.parse_created(body)

    async def get_report(
        self, report_id: str, *, leased: bool = False, request_id: int | None = None
    ) -> Report:
        """A report's status. RequestRefused (404) when Amazon does not know it."""
        if not leased:
            await self.lease("getReport")
        body = await self._call(
            "getReport", lambda api: api.get_report(report_id), report_id=report_id, request_id=request_id
        )
        return reports.parse_report(body)

    async def get_reports(
        self,
        report_type: str,
        *,
        created_since: datetime,
        created_until: datetime | None = None,
        statuses: tuple[ProcessingStatus, ...] = (),
        marketplace_ids: tuple[str, ...] = (),
        leased: bool = False,
    ) -> AsyncIterator[Report]:
        """All reports of a type, each once, newest first as Amazon lists them. Each page takes a lease,
        except the first if ``leased``. UnexpectedAnswer for a list without an end.
        """
        query: dict[str, Any] = {
            "reportTypes": [report_type],
            "createdSince": iso(created_since),
            "pageSize": PAGE_SIZE,
        }
        if created_until:
            query["createdUntil"] = iso(created_until)
        if statuses:
            query["processingStatuses"] = [str(status) for status in statuses]
        if marketplace_ids:
            query["marketplaceIds"] = list(marketplace_ids)
        watch = PageWatch("getReports", report_type, most_pages=MOST_PAGES)
        known: set[str] = set()
        while True:
            if not leased:
                await self.lease("getReports")
            leased = False
            page = reports.parse_page(await self._page(query, report_type, marketplace_ids))
            # Compared by id, because a report whose status has changed is listed again.
            watch.is_repeat([report.report_id for report in page.reports])
            for report in page.reports:
                if report.report_id not in known:
                    known.add(report.report_id)
                    yield report
            if page.next_token is None:
                return
            # The model allows no other parameter beside nextToken.
            query = {"nextToken": watch.use(page.next_token)}

    async def get_report_document(
        self,
        document_id: str,
        *,
        leased: bool = False,
        request_id: int | None = None,
        restricted: bool = False,
    ) -> DocumentAddress:
        """A new address of a document; it expires after 5 minutes.

        ``restricted``: with a restricted data token for this document, discarded after the call.
        CredentialsError (403) where the application has no role for it.
        """
        if not leased:
            await self.lease("getReportDocument")
        mark = one_call_token.set(await self._document_token(document_id, request_id) if restricted else None)
        try:
            body = await self._call(
                "getReportDocument", lambda api: api.get_report_document(document_id), request_id=request_id
            )
        finally:
            one_call_token.reset(mark)
        return reports.parse_document(body)

    async def _document_token(self, document_id: str, request_id: int | None) -> str:
        """A restricted data token (Tokens API 2021-03-01) for one document's exact path."""
        answer = await self.call(
            "createRestrictedDataToken",
            "POST",
            "/tokens/2021-03-01/restrictedDataToken",
            body={
                "restrictedResources": [
                    {"method": "GET", "path": f"/reports/2021-06-30/documents/{document_id}"}
                ]
            },
            request_id=request_id,
        )
        token = answer.get("restrictedDataToken")
        if not isinstance(token, str) or not token:
            raise UnexpectedAnswer(
                "createRestrictedDataToken answered without a token.", where=self._credentials.endpoint
            )
        return token

    async def cancel_report(self, report_id: str) -> None:
        """Cancel a report that is still IN_QUEUE. RequestRefused once Amazon processes it."""
        await self.lease("cancelReport")
        await self._call("cancelReport", lambda api: api.cancel_report(report_id), report_id=report_id)

    async def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        leased: bool = False,
        report_type: str | None = None,
        report_id: str | None = None,
        request_id: int | None = None,
        marketplace_ids: tuple[str, ...] = (),
        fence: Fence | None = None,
    ) -> Answer:
        """Make one call of any operation and return the answer as Amazon wrote it. It is sent again only if
        its token has expired.

        ``fence``: as in ``create_report``, for calls that are not idempotent.
        """
        if not leased:
            await self.lease(operation)

        async def send(_: CallRecord) -> Answer:
            opened = await session(self._credentials, self.account.region)
            response = await opened.transport.request(
                method,
                self._credentials.endpoint.rstrip("/") + path,
                params=query,
                content=json.dumps(body).encode() if body is not None else None,
                headers=JSON_HEADERS,
            )
            # A page of orders is large, and parsing it would block the loop.
            return await asyncio.to_thread(answer_of, response, operation)

        return await self._logged(
            operation,
            send,
            fence,
            report_type=report_type,
            report_id=report_id,
            request_id=request_id,
            marketplace_ids=marketplace_ids,
        )

    async def _page(
        self, query: dict[str, Any], report_type: str, marketplace_ids: tuple[str, ...]
    ) -> dict[str, Any]:
        return await self._call(
            "getReports",
            lambda api: api.get_reports(**query),
            report_type=report_type,
            marketplace_ids=marketplace_ids,
        )

    async def _call(
        self,
        operation: str,
        send: Callable[[Any], Awaitable[Any]],
        *,
        fence: Fence | None = None,
        **about: Any,
    ) -> dict[str, Any]:
        """Make one call through the library, with the lease held. Returns the answer's body, including the
        nextToken, which the library removes from it.
        """

        async def send_by_library(_: CallRecord) -> Any:
            return await send((await session(self._credentials, self.account.region)).reports)

        answer = await self._logged(operation, send_by_library, fence, **about)
        payload = answer.payload if isinstance(answer.payload, dict) else {}
        return {**payload, "nextToken": answer.next_token} if answer.next_token else dict(payload)

    def _learn(self, call: ApiCall, error: SellerOpsError | None) -> None:
        bucket = self.bucket(call.operation)
        if isinstance(error, Throttled):
            _learned.pop(bucket, None)
            self.limits.record_refusal(bucket)
        elif call.rate_limit and call.status in _HAS_RATE:
            rate, at = _learned.get(bucket, (0.0, 0.0))
            if rate != call.rate_limit or time.monotonic() - at > _LEARN_AGAIN:
                self.limits.learn_rate(bucket, call.rate_limit)
                _learned[bucket] = (call.rate_limit, time.monotonic())
