"""Reuses existing reports, ours or another application's, which saves createReport tokens.

getReports has its own bucket, but a small one, which lost creates and settlements need too. So it is called
rarely (``reuse`` in rate_limits.yaml), and the ledger shares its answers among all slices of the account.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sellerops.archive import ArchivedDocument
from sellerops.base.errors import RequestRefused, SellerOpsError
from sellerops.collect.context import Job, Tools, fresh_after, key_of
from sellerops.collect.listing import LISTING_MARGIN
from sellerops.collect.report_claims import claim_request
from sellerops.ledger import ReportRequest, listings, notifications
from sellerops.ledger.listings import ListedReport, WantedReport
from sellerops.ledger.waits import now, off_loop
from sellerops.rate_limits import Granted
from sellerops.sources.common.placeholders import iso
from sellerops.sources.common.report_api import Listing, ProcessingStatus, Query, Report

log = logging.getLogger(__name__)

_ALIVE = (ProcessingStatus.IN_QUEUE, ProcessingStatus.IN_PROGRESS, ProcessingStatus.DONE)
# At most this many notified reports are looked up per request; the newest are the likeliest to fit.
_MOST_LOOKED_UP = 10
# Analytics documents begin with their request (reportSpecification in their JSON schemas).
_HEAD = 65_536
_OPTIONS = re.compile(r'"reportOptions"\s*:\s*(\{[^{}]*\})')
_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], asyncio.Lock]] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True)
class _Span:
    """The creation time from which a report may serve the job, and the one from which reports are listed."""

    usable: datetime
    listed: datetime


async def reuse(tools: Tools, job: Job, request: ReportRequest, query: Query) -> bool:
    """Give a PLANNED request an existing report; False if none can be found cheaply.

    getReports does not return options. So another application's report is reused only if the request has no
    options, or if the document names them (``discard_if_unfit`` checks them once it is archived). A report
    that one of our own requests gave up is always reused if the options are the same.
    """
    listing = tools.report_api.listing
    if listing is None or not tools.limits.config.reuse.pages:
        return False
    span = _span(tools, job, listing, await now(tools.ledger))
    wanted = _wanted(tools, job, request, query, span)
    for look in (_look_up_notified, _list_when_due):
        await look(tools, listing, query, span.listed)
        found = await off_loop(tools.ledger.database.run, lambda c: listings.find_report(c, wanted))
        if found is not None:
            return await off_loop(_take, tools, job, request, query, found)
    return False


def discard_if_unfit(tools: Tools, request: ReportRequest, document: ArchivedDocument) -> bool:
    """Give a reused report up for a new one if its document has other options; whether it was given up."""
    if request.created_by != "reused" or not request.options:
        return False
    with tools.archive.open(document.uri) as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace")
    found = _OPTIONS.search(head)
    options = json.loads(found[1]) if found else {}
    if all(options.get(name) == value for name, value in request.options.items()):
        return False
    log.info("request %s: report %s has other options: %s", request.id, request.report_id, options or "none")
    tools.ledger.database.run(lambda c: listings.mark_unfit(c, request.id))
    return True


def _span(tools: Tools, job: Job, listing: Listing[Any], moment: datetime) -> _Span:
    """The job's ``_Span``. A report created before its window had closed would be incomplete.

    The list also goes back as far as the cooldown, because other applications' reports start it too.
    """
    since = max(fresh_after(tools.spec, job, moment), moment - listing.retention + LISTING_MARGIN)
    cooldown = tools.limits.published_cooldown(tools.spec.report_type, tools.spec.request.cooldown)
    usable = max(since, job.slice_.end) if job.slice_.end else since
    return _Span(usable, min(since, moment - cooldown - LISTING_MARGIN) if cooldown else since)


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
    log.info("request %s reuses report %s, created %s", request.id, found.report_id, found.created_at)
    tools.ledger.record_created(request.id, found.report_id, "reused", found.created_at)
    tools.ledger.database.run(lambda c: listings.note_reuse(c, request.id, job.run, "amazon"))
    _mark_created(tools, query, found)
    return True


async def _look_up_notified(tools: Tools, listing: Listing[Any], query: Query, since: datetime) -> None:
    """Look up finished reports that notifications announced and none of our requests created.

    A notification names neither marketplace nor window; getReport does, and its bucket is far larger than
    getReports'.
    """
    run = tools.ledger.database.run
    account_id, report_type = tools.account.id, query.report_type
    async with _lock(account_id, report_type):
        announced = await off_loop(
            run, lambda c: notifications.unrequested(c, account_id, report_type, since)
        )
        for report_id in announced[:_MOST_LOOKED_UP]:
            bucket = tools.client.bucket(tools.report_api.status_operation)
            lease = await off_loop(tools.limits.try_acquire, bucket, tools.client.priority)
            if not isinstance(lease, Granted):
                break
            try:
                known = [_listed(await listing.report(tools.client, report_id))]
            except RequestRefused as error:
                log.info("report %s, announced by a notification: %s", report_id, error)
                refused = partial(notifications.mark_looked_up, account_id=account_id, report_id=report_id)
                await off_loop(run, refused)
            except SellerOpsError as error:
                # Only an optimisation, as in ``_list_when_due``.
                log.info("cannot look up reports announced by notifications: %s", error)
                break
            else:
                await off_loop(run, partial(listings.add_listed, account_id=account_id, reports=known))
                await off_loop(_mark_all_created, tools, query, known)


def _lock(account_id: str, report_type: str) -> asyncio.Lock:
    locks = _locks.setdefault(asyncio.get_running_loop(), {})
    return locks.setdefault((account_id, report_type), asyncio.Lock())


async def _list_when_due(tools: Tools, listing: Listing[Any], query: Query, since: datetime) -> None:
    """List once for all slices of the account that want reports of this type."""
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
            # Only an optimisation: without the list a report is created, and errors of that are reported.
            log.info("cannot list %s: %s", report_type, error)
            reports = None
        if reports is None:
            await off_loop(run, lambda c: listings.forget_listing(c, account_id, report_type))
            return
        listed = [_listed(report) for report in reports]
        await off_loop(run, lambda c: listings.finish_listing(c, account_id, report_type, since, listed))
        await off_loop(_mark_all_created, tools, query, listed)


async def _list(
    tools: Tools, listing: Listing[Any], report_type: str, since: datetime
) -> list[Report] | None:
    """List reports, newest first: as many pages as there are spare tokens and ``reuse.pages`` allows. None if
    there is not even one token.
    """
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


def _mark_all_created(tools: Tools, query: Query, reports: list[ListedReport]) -> None:
    """Start cooldowns for listed reports: Amazon counts them per seller, so another application's report
    starts ours.
    """
    cooldown = tools.limits.published_cooldown(query.report_type, tools.spec.request.cooldown)
    oldest = tools.ledger.clock().now() - cooldown
    for report in reports:
        if report.created_at > oldest:
            _mark_created(tools, query, report)


def _mark_created(tools: Tools, query: Query, report: ListedReport) -> None:
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
