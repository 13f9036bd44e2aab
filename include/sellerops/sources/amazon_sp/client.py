"""The Reports API for one account: every call leased, checked, learnt from and written down.

Calls go through python-amazon-sp-api's async client (QUIRKS.md says what had to be closed). Errors are typed:
CredentialsError, RequestRefused and UnexpectedAnswer are final for the call; Throttled and AmazonUnavailable
pass. ``error.details["sent"]`` is False when the call cannot have reached Amazon.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sellerops.base.errors import SellerOpsError, Throttled, UnexpectedAnswer
from sellerops.ledger import ApiCall, Ledger
from sellerops.rate_limits import Bucket, Priority, QuotaLedger, acquire
from sellerops.settings.accounts import Account
from sellerops.sources.amazon_sp import reports
from sellerops.sources.amazon_sp.reports import MOST_PAGES, PAGE_SIZE, ReportQuery
from sellerops.sources.amazon_sp.transport import (
    Session,
    answer_of,
    current_call,
    one_call_token,
    session,
)
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.call_log import CallRecord, collect_token_calls, record_call
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.paging import PageWatch
from sellerops.sources.common.placeholders import iso
from sellerops.sources.common.report_api import ProcessingStatus, Report

log = logging.getLogger(__name__)

# Amazon's usage plan documentation: x-amzn-RateLimit-Limit comes with these answers only.
_TELLS_RATE = {200, 201, 202, 204, 400, 404}
# The same rate is told with every poll; it is written down when it changes, and again after a minute.
_LEARN_AGAIN = 60.0
_learnt: dict[Bucket, tuple[float, float]] = {}

_Result = TypeVar("_Result")


class SpApiClient:
    """The Reports API 2021-06-30 of one account.

    Cheap to make and free of open connections: those, and the access token, are shared by all clients of the
    same credentials on one event loop. ``priority`` is what its quota leases are taken with.
    """

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        ledger: Ledger,
        limits: QuotaLedger,
        *,
        priority: Priority = Priority.SCHEDULE,
    ) -> None:
        self.account = account
        self._credentials = credentials
        self._ledger = ledger
        self._limits = limits
        self.priority = priority

    def __repr__(self) -> str:
        return f"SpApiClient({self.account.id!r}, {self._credentials.endpoint!r})"

    @property
    def document_origins(self) -> frozenset[str]:
        """Where documents may be fetched from, beside Amazon's hosts, because the connection says so."""
        return self._credentials.document_origins

    def bucket(self, operation: str) -> Bucket:
        """The token bucket of one operation for this application and account."""
        return Bucket(self.account.application, self.account.id, operation)

    async def ready(self) -> None:
        """Open the shared session now, off the loop. CredentialsError when a part of them is missing.

        The library takes half a second to import. Were a thousand calls under way meanwhile, they would fight
        over the interpreter's lock and hold up the loop; so a wait does it before anything else.
        """
        await session(self._credentials, self.account.region)

    async def lease(self, operation: str, deadline: datetime | None = None) -> None:
        """Wait for the right to make one call of ``operation``; backfills in order of their ``deadline``."""
        await acquire(self._limits, self.bucket(operation), self.priority, deadline)

    async def create_report(
        self,
        query: ReportQuery,
        *,
        leased: bool = False,
        request_id: int | None = None,
        fence: Fence | None = None,
    ) -> str:
        """Ask for a report, return its id. Not idempotent: after ``sent`` failures a report may exist all the
        same.

        ``fence`` is passed right before the call is sent and says how long it may then take.
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
        """How a report stands. RequestRefused (404) when Amazon does not know it."""
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
        """All reports of a type, each once, newest first as Amazon lists them; each page takes a lease, if
        not ``leased`` the first too. UnexpectedAnswer for a list without an end.
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
            # By id: a report that moved on meanwhile is told again with another status.
            watch.is_repeat([report.report_id for report in page.reports])
            for report in page.reports:
                if report.report_id not in known:
                    known.add(report.report_id)
                    yield report
            if page.next_token is None:
                return
            # The model: nextToken as the only parameter.
            query = {"nextToken": watch.use(page.next_token)}

    async def get_report_document(
        self,
        document_id: str,
        *,
        leased: bool = False,
        request_id: int | None = None,
        restricted: bool = False,
    ) -> DocumentAddress:
        """A fresh address of a document; it dies after 5 minutes.

        ``restricted``: with a restricted data token for this very document, thrown away after the call.
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
        """Cancel a report that is still IN_QUEUE. RequestRefused when it has begun."""
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
        """One call of any operation: sent once, its answer as Amazon wrote it.

        ``fence``: as in ``create_report``, for what is not idempotent.
        """
        if not leased:
            await self.lease(operation)

        async def send(opened: Session) -> Answer:
            response = await opened.transport.request(
                method,
                self._credentials.endpoint.rstrip("/") + path,
                params=query,
                content=json.dumps(body).encode() if body is not None else None,
                headers={"user-agent": "sellerops (Language=Python)", "content-type": "application/json"},
            )
            # A page of orders is large: read where it does not hold up the loop.
            return await asyncio.to_thread(answer_of, response, operation)

        return await self._written_down(
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
        report_type: str | None = None,
        report_id: str | None = None,
        request_id: int | None = None,
        marketplace_ids: tuple[str, ...] = (),
        fence: Fence | None = None,
    ) -> dict[str, Any]:
        """One call whose lease is held: the answer's body, with nextToken where the library took it out."""
        answer = await self._written_down(
            operation,
            lambda opened: send(opened.reports),
            fence,
            report_type=report_type,
            report_id=report_id,
            request_id=request_id,
            marketplace_ids=marketplace_ids,
        )
        payload = answer.payload if isinstance(answer.payload, dict) else {}
        return {**payload, "nextToken": answer.next_token} if answer.next_token else dict(payload)

    async def _written_down(
        self,
        operation: str,
        send: Callable[[Session], Awaitable[_Result]],
        fence: Fence | None,
        **about: Any,
    ) -> _Result:
        """One call whose lease is held; learnt from and logged, however it ends."""
        facts = CallRecord(operation, fence)
        mark = current_call.set(facts)
        with collect_token_calls() as tokens:
            try:
                answer = await send(await session(self._credentials, self.account.region))
            except SellerOpsError as error:
                facts.end(error)
                await self._write_down(facts, tokens, about)
                raise
            finally:
                current_call.reset(mark)
        facts.end()
        await self._write_down(facts, tokens, about)
        return answer

    async def _write_down(
        self, facts: CallRecord, tokens: Sequence[CallRecord], about: dict[str, Any]
    ) -> None:
        call = facts.of(self.account.id, **about)
        asked = [each.of(self.account.id) for each in tokens]
        await asyncio.to_thread(self._keep, call, asked, isinstance(facts.error, Throttled))

    def _keep(self, call: ApiCall, tokens: Sequence[ApiCall], refused: bool) -> None:
        """Log the tokens and the call, and learn from it."""
        for each in (*tokens, call):
            record_call(self._ledger, each)
        try:
            self._learn(call, refused)
        except SellerOpsError as error:
            log.warning("nothing is learnt from %s of %s: %s", call.operation, call.account_id, error)

    def _learn(self, call: ApiCall, refused: bool) -> None:
        bucket = self.bucket(call.operation)
        if refused:
            _learnt.pop(bucket, None)
            self._limits.refused(bucket)
        elif call.rate_limit and call.status in _TELLS_RATE:
            rate, at = _learnt.get(bucket, (0.0, 0.0))
            if rate != call.rate_limit or time.monotonic() - at > _LEARN_AGAIN:
                self._limits.learn(bucket, call.rate_limit)
                _learnt[bucket] = (call.rate_limit, time.monotonic())
