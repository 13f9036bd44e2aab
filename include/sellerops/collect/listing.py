"""Reports that Amazon makes on its own schedule (settlements): found with getReports, never asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sellerops.collect.context import Job, Tools, key_of, now, off_loop
from sellerops.ledger import ReportRequest
from sellerops.marketplaces import all_marketplaces
from sellerops.sources.amazon_sp.reports import RETENTION, ProcessingStatus, Report

# getReports refuses a createdSince older than its retention, by Amazon's clock.
_MARGIN = timedelta(minutes=5)


async def find_listed(tools: Tools, job: Job, *, leased: bool = False) -> list[ReportRequest]:
    """The requests of all finished reports that Amazon made in the slice's window, oldest first.

    ``leased``: the first page's getReports token is held already.
    """
    piece = job.piece
    assert piece.start is not None
    assert piece.end is not None
    moment = await now(tools.ledger)
    found = [
        report
        async for report in tools.client.get_reports(
            tools.spec.report_type,
            created_since=max(piece.start, moment - RETENTION + _MARGIN),
            created_until=piece.end if piece.end < moment else None,
            statuses=(ProcessingStatus.DONE,),
            leased=leased,
        )
        if report.status is ProcessingStatus.DONE
    ]
    return [
        await off_loop(_open, tools, job, report) for report in sorted(found, key=lambda one: one.created_at)
    ]


def _open(tools: Tools, job: Job, report: Report) -> ReportRequest:
    assert report.document_id is not None
    key = replace(key_of(tools.spec, job.piece), window_start=report.start, window_end=report.end)
    known = {shop.id for shop in all_marketplaces().values()}
    shops = tuple(shop for shop in report.marketplace_ids if shop in known) or job.piece.marketplace_ids
    return tools.ledger.find_or_open_listed(
        key,
        report.report_id,
        report.document_id,
        report.created_at,
        report.start,
        report.end,
        shops,
        job.run,
    )
