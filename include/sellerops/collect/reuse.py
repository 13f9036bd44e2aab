"""A report that is there already, made by us or by another application, spares a createReport token.

getReports has a bucket of its own, but a small one, which lost creates and settlements need too: it is asked
seldom (``reuse`` in rate_limits.yaml), and what it tells serves all slices of the account through the ledger.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sellerops.archive import ArchivedDocument
from sellerops.base.errors import RequestRefused, SellerOpsError
from sellerops.collect.context import Job, Tools, fresh_after, key_of, now, off_loop
from sellerops.collect.report_claims import claim_request
from sellerops.ledger import ReportRequest, listings, notifications
from sellerops.ledger.listings import ListedReport, WantedReport
from sellerops.rate_limits import Granted
from sellerops.sources.common.placeholders import iso
from sellerops.sources.common.report_api import Listing, ProcessingStatus, Query, Report

log = logging.getLogger(__name__)

_ALIVE = (ProcessingStatus.IN_QUEUE, ProcessingStatus.IN_PROGRESS, ProcessingStatus.DONE)
# getReports refuses a createdSince older than its retention, by Amazon's clock.
_MARGIN = timedelta(minutes=5)
# Reports of which notifications told, looked up for one request: the newest are the likeliest.
_MOST_LOOKED_UP = 10
# Analytics documents begin with what was asked for (their JSON schemas: reportSpecification).
_HEAD = 65_536
_OPTIONS = re.compile(r'"reportOptions"\s*:\s*(\{[^{}]*\})')
_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], asyncio.Lock]] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True)
class _Span:
    """From when on a report may serve the job, and from when on Amazon is asked to list."""

    usable: datetime
    listed: datetime


async def reuse(tools: Tools, job: Job, request: ReportRequest, query: Query) -> bool:
    """Give a PLANNED request a report that Amazon has already; False when there is none to be had cheaply.

    Options are not told by getReports. So a report of another application serves where there are none, or
    where the document names them (``discard_if_unfit`` looks when it is archived); and a report of our own request
    that was given up, under the same options, always.
    """
    listing = tools.report_api.listing
    if listing is None or not tools.limits.config.reuse.pages:
        return False
    span = _span(tools, job, listing, await now(tools.ledger))
    wanted = _wanted(tools, job, request, query, span)
    for look in (_look_up_told, _list_when_due):
        await look(tools, listing, query, span.listed)
        found = await off_loop(tools.ledger.database.run, lambda c: listings.find_report(c, wanted))
        if found is not None:
            return await off_loop(_take, tools, job, request, query, found)
    return False


def discard_if_unfit(tools: Tools, request: ReportRequest, document: ArchivedDocument) -> bool:
    """Whether a reused report turns out to answer other options; it is then given up for a new one."""
    if request.created_by != "reused" or not request.options:
        return False
    with tools.archive.open(document.uri) as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace")
    found = _OPTIONS.search(head)
    told = json.loads(found[1]) if found else {}
    if all(told.get(name) == value for name, value in request.options.items()):
        return False
    log.info("request %s: report %s has other options (%s)", request.id, request.report_id, told or "untold")
    tools.ledger.database.run(lambda c: listings.mark_unfit(c, request.id))
    return True


def _span(tools: Tools, job: Job, listing: Listing[Any], moment: datetime) -> _Span:
    """A report made before its window had closed would be half of it.

    The list reaches back as far as the cooldown, too: other applications' reports start ours.
    """
    since = max(fresh_after(tools.spec, job, moment), moment - listing.retention + _MARGIN)
    cooldown = tools.limits.published_cooldown(tools.spec.report_type, tools.spec.request.cooldown)
    usable = max(since, job.slice_.end) if job.slice_.end else since
    return _Span(usable, min(since, moment - cooldown - _MARGIN) if cooldown else since)


def _wanted(tools: Tools, job: Job, request: ReportRequest, query: Query, span: _Span) -> WantedReport:
    return WantedReport(
        account_id=request.account_id,
        report_type=query.report_type,
        marketplace_ids=query.marketplace_ids,
        window_start=query.start.replace(microsecond=0) if query.start else None,
        window_end=query.end.replace(microsecond=0) if query.end else None,
        created_since=span.usable,
        key=key_of(tools.spec, job.slice_).digest,
        any_options=not query.options or tools.spec.format.kind == "json",
    )


def _take(tools: Tools, job: Job, request: ReportRequest, query: Query, found: ListedReport) -> bool:
    claim = claim_request(tools.ledger, request)
    if claim.request is None:
        return False
    log.info("request %s uses report %s, made %s", request.id, found.report_id, found.created_at)
    tools.ledger.record_created(request.id, found.report_id, "reused", found.created_at)
    tools.ledger.database.run(lambda c: listings.note_reuse(c, request.id, job.run, "amazon"))
    _note_made(tools, query, found)
    return True


async def _look_up_told(tools: Tools, listing: Listing[Any], query: Query, since: datetime) -> None:
    """Ask about finished reports that notifications told of and nobody here asked for.

    A notification names no shop and no window; getReport does, from a bucket far larger than getReports'.
    """
    run = tools.ledger.database.run
    account_id, report_type = tools.account.id, query.report_type
    async with _lock(account_id, report_type):
        told = await off_loop(run, lambda c: notifications.unrequested(c, account_id, report_type, since))
        for report_id in told[:_MOST_LOOKED_UP]:
            bucket = tools.client.bucket(tools.report_api.status_operation)
            lease = await off_loop(tools.limits.try_acquire, bucket, tools.client.priority)
            if not isinstance(lease, Granted):
                break
            try:
                known = [_listed(await listing.report(tools.client, report_id))]
            except RequestRefused as error:
                log.info("report %s, of which a notification told: %s", report_id, error)
                refused = partial(notifications.mark_looked_up, account_id=account_id, report_id=report_id)
                await off_loop(run, refused)
            except SellerOpsError as error:
                # Nothing depends on it, as below.
                log.info("reports that notifications told of are not looked up: %s", error)
                break
            else:
                await off_loop(run, partial(listings.add_listed, account_id=account_id, reports=known))
                await off_loop(_note_all_made, tools, query, known)


def _lock(account_id: str, report_type: str) -> asyncio.Lock:
    locks = _locks.setdefault(asyncio.get_running_loop(), {})
    return locks.setdefault((account_id, report_type), asyncio.Lock())


async def _list_when_due(tools: Tools, listing: Listing[Any], query: Query, since: datetime) -> None:
    """One listing for all slices of the account that want reports of this type."""
    run = tools.ledger.database.run
    account_id, report_type = tools.account.id, query.report_type
    async with _lock(account_id, report_type):
        every = tools.limits.config.reuse.every
        due = await off_loop(run, lambda c: listings.begin_listing(c, account_id, report_type, since, every))
        if not due:
            return
        try:
            reports = await _list(tools, listing, report_type, since)
        except SellerOpsError as error:
            # Nothing depends on it: without a list a report is created, and says itself what is wrong.
            log.info("%s is not listed: %s", report_type, error)
            reports = None
        if reports is None:
            await off_loop(run, lambda c: listings.forget_listing(c, account_id, report_type))
            return
        told = [_listed(report) for report in reports]
        await off_loop(run, lambda c: listings.finish_listing(c, account_id, report_type, since, told))
        await off_loop(_note_all_made, tools, query, told)


async def _list(
    tools: Tools, listing: Listing[Any], report_type: str, since: datetime
) -> list[Report] | None:
    """Newest first, as many pages as there are cheap tokens; None when there is not even one."""
    rules, client = tools.limits.config.reuse, tools.client
    found: list[Report] = []
    until: datetime | None = None
    for page in range(rules.pages):
        bucket = client.bucket(listing.operation)
        lease = await off_loop(tools.limits.try_acquire, bucket, client.priority, leave=rules.leave)
        if not isinstance(lease, Granted):
            return found if page else None
        count = 0
        async for report in listing.reports(
            client, report_type, created_since=since, created_until=until, statuses=_ALIVE, leased=True
        ):
            found.append(report)
            count += 1
            if count == listing.page_size:
                break
        if count < listing.page_size:
            break
        until = found[-1].created_at
    return found


def _note_all_made(tools: Tools, query: Query, reports: list[ListedReport]) -> None:
    """Amazon counts cooldowns for the seller: another application's report starts ours."""
    cooldown = tools.limits.published_cooldown(query.report_type, tools.spec.request.cooldown)
    oldest = tools.ledger.clock().now() - cooldown
    for report in reports:
        if report.created_at > oldest:
            _note_made(tools, query, report)


def _note_made(tools: Tools, query: Query, report: ListedReport) -> None:
    window = ""
    if query.start and report.window_start and report.window_end:
        window = f"{iso(report.window_start)}/{iso(report.window_end)}"
    tools.limits.mark_created(
        tools.account, query.report_type, report.marketplace_ids, window, at=report.created_at
    )


def _listed(report: Report) -> ListedReport:
    return ListedReport(
        report.report_id,
        report.report_type,
        report.marketplace_ids,
        report.start,
        report.end,
        str(report.status),
        report.created_at,
    )
