"""Makes queries and decides how each will end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.data_kiosk import data
from amazon_sandbox.data_kiosk.results import write
from amazon_sandbox.data_kiosk.state import Query
from amazon_sandbox.reports.creation import apply_report_fault
from amazon_sandbox.reports.render import RenderJob
from amazon_sandbox.sp_api.next_tokens import Continued, next_token

if TYPE_CHECKING:
    from amazon_sandbox.core.sandbox import Sandbox
    from amazon_sandbox.data_kiosk.language import Asked
    from amazon_sandbox.simulation import Seller

OPERATION = "createQuery"


class QueryProcessor:
    """Makes queries of the sandbox's sellers, at the pace of its reports."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def create(
        self, seller: Seller, application: str, text: str, asked: Asked, page: Continued | None
    ) -> Query:
        """A query asked for now, or the next page of one."""
        sandbox, now = self._sandbox, self._sandbox.clock.now()
        pace = sandbox.report_creator.pace
        queue = data.QUEUE_SECONDS if pace.queue_seconds is None else pace.queue_seconds
        progress = data.PROGRESS_SECONDS if pace.progress_seconds is None else pace.progress_seconds
        query_id, number = sandbox.queries.new_id(now)
        query = Query(
            id=query_id,
            number=number,
            seller_id=seller.seller_id,
            account=seller.account,
            report_type=asked.report_type,
            marketplace_ids=asked.marketplace_ids,
            created=now,
            start=now,
            end=now,
            processing_from=now + queue,
            due_at=now + queue + progress,
            reads_needed=pace.reads,
            text=text,
            application=application,
            retention=asked.retention,
            as_of=page.as_of if page else now,
        )
        query.job = RenderJob(
            path=sandbox.renderer.new_path(),
            compressed=pace.compression != "none",
            account=seller.account,
            report_type=asked.report_type,
            as_of=instant(query.as_of),
            marketplace_ids=asked.marketplace_ids,
            options=(
                ("query", text),
                ("first_row", str(page.place[0] if page else 0)),
                ("rows", str(pace.rows_per_page or data.ROWS_PER_PAGE)),
            ),
            writer=write,
        )
        self._bend(query, now)
        sandbox.queries.add(query)
        if query.job is not None:
            query.rendering = sandbox.renderer.submit(query.job)
        return query

    def finish(self, query: Query) -> None:
        """Tell of the next page once the document of a query is there."""
        rendered = query.document.rendered if query.document else None
        if query.next_token is None and rendered is not None and rendered.next_row is not None:
            sandbox = self._sandbox
            following = rendered.next_row
            if "repeated_result" in query.faults and query.job is not None:
                following = int(dict(query.job.options)["first_row"])
            query.next_token = next_token(
                sandbox.signing_key,
                OPERATION,
                {"query": query.text},
                [following],
                query.as_of,
                sandbox.clock.now(),
            )

    def _bend(self, query: Query, now: float) -> None:
        faults = self._sandbox.faults
        if not faults:
            return
        subject = Subject(OPERATION, query.account, query.seller_id, query.report_type, query.marketplace_ids)
        for fault in faults.draw_all(Stage.REPORT, subject):
            query.faults.append(fault.kind.name)
            apply_report_fault(query, fault, now)
