"""Collects an API operation like a report: its pages become the lines of one document in the archive.

All of this runs in the triggerer, because paging mostly waits for quota, which should not occupy a worker. An
interrupted wait leaves nothing behind; the next one starts again with the first page, which is safe because
the calls only read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import IO, Any

from sellerops.archive import ArchivedDocument, DocumentMeta
from sellerops.base.errors import ConfigurationError, RequestRefused, SellerOpsError
from sellerops.collect.account_calls import AccountCalls
from sellerops.collect.context import Job, Tools, poll_offset
from sellerops.collect.document_meta import document_meta
from sellerops.collect.outcomes import WaitOutcome, WaitResult, stored_error
from sellerops.collect.paging_claims import HEARTBEAT, claim_paging, record_paged, renew_paging
from sellerops.collect.report_claims import release_claim
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.ledger.waits import clock_of, now, off_loop, sleep_until
from sellerops.sources.common.answers import json_line
from sellerops.sources.common.operations import Operation, OperationInput, Page
from sellerops.sources.common.placeholders import options_of
from sellerops.sources.registry import source_of

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/jsonl; charset=utf-8"
# A next-page token may expire between two calls (some after 30 s). All pages are then read again, at most
# this many times.
_FRESH_STARTS = 5
# How often a wait that does not page checks whether the one that pages has ended.
_FOLLOW_EVERY = timedelta(seconds=15)
_SHORTEST_BEAT = 0.15
_CHUNK = 1 << 16
_SPOOL_IN_MEMORY = 1 << 20


class OperationPager:
    """Takes one request from PLANNED to ARCHIVED. If several waits have the same request, one pages and the
    others follow it.
    """

    def __init__(self, tools: Tools, job: Job, request_id: int) -> None:
        self._tools, self._job, self._id = tools, job, request_id
        self._pages = operation_of(tools)
        self._token = uuid.uuid4()

    async def follow(self) -> WaitResult:
        """Page, or follow the wait that pages, until READY or FAILED. Temporary errors are retried for the
        spec's ``give_up_after``.
        """
        while True:
            request = await off_loop(self._tools.ledger.get_request, self._id)
            if request.status is RequestStatus.ARCHIVED:
                return WaitResult(WaitOutcome.READY, "the answers are in the archive", (self._id,))
            if request.status.is_terminal:
                return WaitResult(WaitOutcome.FAILED, request.status, (self._id,), stored_error(request))
            if await off_loop(claim_paging, self._tools.ledger, self._id, self._token):
                await self._page(request)
                continue
            await sleep_until(self._tools.ledger, await now(self._tools.ledger) + _FOLLOW_EVERY)

    async def _page(self, request: ReportRequest) -> None:
        """Archive all pages while holding the claim. If the claim is lost meanwhile, only this reading is
        discarded.
        """
        reading = asyncio.ensure_future(self._archive(request))
        beating = asyncio.ensure_future(self._beat())
        try:
            await asyncio.wait({reading, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                beating.result()
                log.warning("request %s: another wait took over the paging", self._id)
                return
            reading.result()
        except RequestRefused as error:
            await off_loop(self._tools.ledger.record_failed, self._id, error)
            raise
        finally:
            await _end(reading, beating)
            await self._release()

    async def _beat(self) -> None:
        """Renew the claim until it is no longer ours."""
        while True:
            clock = await clock_of(self._tools.ledger)
            await asyncio.sleep(max(_SHORTEST_BEAT, clock.real_seconds(HEARTBEAT.total_seconds())))
            if not await off_loop(renew_paging, self._tools.ledger, self._id, self._token):
                return

    async def _release(self) -> None:
        """Release the claim if we still have it; if that fails, it expires by itself."""
        try:
            await asyncio.shield(off_loop(release_claim, self._tools.ledger, self._id, self._token))
        except SellerOpsError as error:
            log.warning("request %s: could not release the claim: %s", self._id, error)

    async def _archive(self, request: ReportRequest) -> None:
        started = await now(self._tools.ledger)
        calls = AccountCalls(
            self._tools,
            self._id,
            until=started + self._tools.spec.request.give_up_after,
            share=poll_offset(request),
            marketplace_ids=request.marketplace_ids,
        )
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY) as spool:
            count = await self._spool(calls, spool)
            reported_at = calls.first_at or started
            headers = await off_loop(self._tools.report_api.headers, self._tools.client, request)
            meta = self._meta(request, reported_at, {"pages": count, **headers})
            document = await asyncio.to_thread(self._put, spool, meta)
        kept = await off_loop(
            record_paged,
            self._tools.ledger,
            self._id,
            self._token,
            reported_at=reported_at,
            uri=document.uri,
            nbytes=document.nbytes,
            sha256=document.sha256,
            headers=document.headers,
        )
        if not kept:
            log.warning("request %s: another wait finished first; this reading is discarded", self._id)

    async def _spool(self, calls: AccountCalls, spool: IO[bytes]) -> int:
        """Write each page to ``spool`` as a line and return their number. Starts again if a page token
        expires.
        """
        for fresh_starts in range(_FRESH_STARTS + 1):
            count, before = 0, calls.made
            calls.first_at = None
            await asyncio.to_thread(_empty, spool)
            try:
                async for page in self._pages(calls, await self._input()):
                    await asyncio.to_thread(_write, spool, page)
                    count += 1
                return count
            except RequestRefused as error:
                if calls.made == before or fresh_starts == _FRESH_STARTS:
                    raise
                log.info("request %s starts again after %s pages: %s", self._id, count, error.cause)
        raise AssertionError("unreachable: the last try returns or raises")

    async def _input(self) -> OperationInput:
        return OperationInput(
            slice_=self._job.slice_,
            options=options_of(self._tools.spec, self._job.slice_),
            now=await now(self._tools.ledger),
        )

    def _put(self, spool: IO[bytes], meta: DocumentMeta) -> ArchivedDocument:
        """Runs in a thread."""
        spool.seek(0)
        return self._tools.archive.put_stream(_chunks(spool), meta)

    def _meta(
        self, request: ReportRequest, reported_at: datetime, headers: Mapping[str, Any]
    ) -> DocumentMeta:
        return document_meta(
            self._tools,
            replace(request, created_by="us", reported_at=reported_at),
            self._job.slice_,
            fetch=f"{request.id} {reported_at.isoformat()}",
            fetched_at=reported_at.isoformat(),
            response={"content_type": CONTENT_TYPE, **headers},
            operation=self._tools.spec.request.operation,
        )


def operation_of(tools: Tools) -> Operation:
    """The spec's operation. Raises ConfigurationError, which lists the known operations, if it is unknown."""
    name = tools.spec.request.operation or ""
    operations = source_of(tools.spec.source).operations
    if name not in operations:
        raise ConfigurationError(
            f"unknown operation {name!r}.",
            where=f"{tools.spec.path or tools.spec.name}, key `request.operation`",
            remedy=f"Known: {', '.join(sorted(operations))}.",
        )
    return operations[name]


async def _end(*tasks: asyncio.Future[None]) -> None:
    """Cancel the tasks that are still running and wait until they have ended."""
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, SellerOpsError):
            await task


def _empty(spool: IO[bytes]) -> None:
    spool.seek(0)
    spool.truncate()


def _write(spool: IO[bytes], page: Page) -> None:
    spool.write(json_line(page.request, page.answer, page.name))


def _chunks(spool: IO[bytes]) -> Iterator[bytes]:
    while chunk := spool.read(_CHUNK):
        yield chunk


__all__ = ["CONTENT_TYPE", "OperationPager", "operation_of"]
