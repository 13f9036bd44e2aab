"""Amazon's work on a requested report: IN_QUEUE, IN_PROGRESS, its end; by the virtual clock or by reads."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Iterable

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.reports import data
from amazon_sandbox.reports.render import Rendered, Renderer, RenderJob
from amazon_sandbox.reports.state import Document, Report, ReportStore

# Real seconds that a read of a due report waits for its document; after that it shows IN_PROGRESS. Less than
# the 5 s after which httpx, and so python-amazon-sp-api, times out.
WAIT_FOR_DOCUMENT = 4.0


class ReportProcessor(FamilyState):
    """Advances reports when they are read."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._store = sandbox.state(ReportStore)

    async def advance(self, reports: Iterable[Report]) -> None:
        """Bring reports to the state they should have now."""
        now = self._sandbox.clock.now()
        due = [report for report in reports if _advance(report, now)]
        if due:
            await asyncio.gather(*(self._finish(report) for report in due))

    def cancel(self, report: Report) -> bool:
        """Cancel a queued report; False when processing has begun."""
        if report.status != "IN_QUEUE":
            return False
        report.status, report.processed = "CANCELLED", False
        if report.rendering is not None:
            report.rendering.cancel()
        return True

    async def rendered(self, document: Document) -> Rendered | None:
        """A document's file, written now if it does not exist yet; None when that failed."""
        if document.rendered is None and document.job is not None:
            document.rendered = await self._sandbox.state(Renderer).submit(document.job)
        return document.rendered

    async def _finish(self, report: Report) -> None:
        if report.repeat_of is not None:
            await self._finish_repeat(report, report.repeat_of)
            return
        if report.job is None:
            report.status = report.ending
            return
        if report.settlement_id is not None and report.job.error_details is None:
            self._give_document(report, None, report.job)
            return
        if report.rendering is None:
            report.rendering = self._sandbox.state(Renderer).submit(report.job)
        rendering = report.rendering
        done, _ = await asyncio.wait((rendering,), timeout=WAIT_FOR_DOCUMENT)
        if report.status in data.FINAL:
            return  # another read was faster, or it was cancelled
        if done:
            self._take_document(report, rendering)
        else:
            report.status = "IN_PROGRESS"

    async def _finish_repeat(self, report: Report, earlier: Report) -> None:
        await self.advance((earlier,))
        if earlier.status in data.FINAL:
            report.status, report.document = earlier.status, earlier.document
        else:
            report.status = "IN_PROGRESS"

    def _take_document(self, report: Report, rendering: asyncio.Task[Rendered | None]) -> None:
        report.rendering = None
        error = None if rendering.cancelled() else rendering.exception()
        if error is not None:
            # The simulation failed, which is a bug of the sandbox: print it; the client sees FATAL.
            traceback.print_exception(error, file=sys.stderr)
            report.faults.append(f"sandbox error: {error!r}")
            report.status = "FATAL"
            return
        rendered = None if rendering.cancelled() else rendering.result()
        if rendered is None:
            report.status = report.without_data
        else:
            self._give_document(report, rendered, None)

    def _give_document(self, report: Report, rendered: Rendered | None, job: RenderJob | None) -> None:
        seller = self._sandbox.seller(report.seller_id)
        report.document = Document(
            id=self._store.new_document_id(seller.region, data.rules_of(report.report_type).number),
            seller_id=report.seller_id,
            report_type=report.report_type,
            marketplace_ids=report.marketplace_ids,
            created=report.due_at,
            rendered=rendered,
            job=job,
            family=report.family,
        )
        self._store.keep_document(report.document)
        report.status = "FATAL" if rendered is not None and rendered.fatal else report.ending


def _advance(report: Report, now: float) -> bool:
    """Advance a report by time or by reads; True when it should end now."""
    if report.status in data.FINAL:
        return False
    if report.forced_status is not None:
        if report.forced_status not in data.STATUSES or now >= report.processing_from:
            report.status = report.forced_status
        return False
    if report.reads_needed is not None:
        if report.reads >= report.reads_needed:
            report.processing_from = min(now, report.processing_from)
            report.due_at = min(now, report.due_at)
            return True
        report.status = "IN_PROGRESS" if report.reads else "IN_QUEUE"
        report.processing_from = min(now, report.processing_from)
        return False
    if now >= report.due_at:
        return True
    if now >= report.processing_from:
        report.status = "IN_PROGRESS"
    return False
