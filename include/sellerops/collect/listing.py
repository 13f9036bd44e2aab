"""Finds reports that Amazon creates on its own schedule (settlements), with getReports."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.collect.context import Job, Tools, key_of
from sellerops.ledger import ReportRequest
from sellerops.ledger.waits import now, off_loop
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.sources.common.report_api import Listing, ProcessingStatus, Report

# getReports refuses a createdSince older than its retention, by Amazon's clock.
LISTING_MARGIN = timedelta(minutes=5)


async def find_listed(tools: Tools, job: Job) -> list[ReportRequest]:
    """The requests of all finished reports that Amazon created in the slice's window, oldest first. Each page
    of the list takes a getReports token.
    """
    slice_ = job.slice_
    assert slice_.start is not None
    assert slice_.end is not None
    moment = await now(tools.ledger)
    listing = listing_of(tools)
    found = [
        report
        async for report in listing.reports(
            tools.client,
            tools.spec.report_type,
            created_since=max(slice_.start, moment - listing.retention + LISTING_MARGIN),
            created_until=slice_.end if slice_.end < moment else None,
            statuses=(ProcessingStatus.DONE,),
        )
        if report.status is ProcessingStatus.DONE
    ]
    return [
        await off_loop(_open, tools, job, report) for report in sorted(found, key=lambda one: one.created_at)
    ]


def listing_of(tools: Tools) -> Listing[Any]:
    """The list in which to find the report. Raises ConfigurationError if its source has none."""
    listing = tools.report_api.listing
    if listing is None:
        raise ConfigurationError(
            f"{tools.spec.source} cannot list reports.",
            where=f"{tools.spec.path or tools.spec.name}, key `request.how`",
            remedy="Use `created`, or `called` with an operation.",
        )
    return listing


def _open(tools: Tools, job: Job, report: Report) -> ReportRequest:
    assert report.document_id is not None
    key = replace(key_of(tools.spec, job.slice_), window_start=report.start, window_end=report.end)
    known = {marketplace.id for marketplace in all_marketplaces().values()}
    marketplace_ids = tuple(one for one in report.marketplace_ids if one in known)
    return tools.ledger.find_or_open_listed(
        key,
        report.report_id,
        report.document_id,
        report.created_at,
        report.start,
        report.end,
        marketplace_ids or job.slice_.marketplace_ids,
        job.run,
    )
