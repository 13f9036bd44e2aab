"""Creates queries, decides how each will end, and advances them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Subject
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.data_kiosk import data, economics_faults
from amazon_sandbox.data_kiosk.faults import REPEATED_RESULT
from amazon_sandbox.data_kiosk.results import write
from amazon_sandbox.data_kiosk.state import Query, QueryStore
from amazon_sandbox.reports.creation import ReportCreator
from amazon_sandbox.reports.faults import apply_report_faults
from amazon_sandbox.reports.processing import ReportProcessor
from amazon_sandbox.reports.render import Renderer, RenderJob
from amazon_sandbox.sp_api.next_tokens import PagePosition, next_token

if TYPE_CHECKING:
    from amazon_sandbox.data_kiosk.language import ParsedQuery
    from amazon_sandbox.simulation import Seller

OPERATION = "createQuery"


def create(
    sandbox: Sandbox,
    seller: Seller,
    application: str,
    text: str,
    parsed: ParsedQuery,
    page: PagePosition | None,
) -> Query:
    """Create a query requested now, or the next page of one, at the pace of the sandbox's reports."""
    now, store, renderer = sandbox.clock.now(), sandbox.state(QueryStore), sandbox.state(Renderer)
    pace = sandbox.state(ReportCreator).pace
    queue = data.QUEUE_SECONDS if pace.queue_seconds is None else pace.queue_seconds
    progress = data.PROGRESS_SECONDS if pace.progress_seconds is None else pace.progress_seconds
    query_id, number = store.new_id(now)
    query = Query(
        id=query_id,
        number=number,
        seller_id=seller.seller_id,
        account=seller.account,
        report_type=parsed.report_type,
        marketplace_ids=parsed.marketplace_ids,
        created=now,
        start=now,
        end=now,
        processing_from=now + queue,
        due_at=now + queue + progress,
        reads_needed=pace.reads,
        text=text,
        application=application,
        retention=parsed.retention,
        as_of=page.as_of if page else now,
    )
    query.job = RenderJob(
        path=renderer.new_path(),
        compressed=pace.compression != "none",
        account=seller.account,
        report_type=parsed.report_type,
        as_of=instant(query.as_of),
        marketplace_ids=parsed.marketplace_ids,
        options=(
            ("query", text),
            ("first_row", str(page.position[0] if page else 0)),
            ("rows", str(pace.rows_per_page or data.ROWS_PER_PAGE)),
        ),
        writer=write,
    )
    subject = Subject(OPERATION, query.account, query.seller_id, query.report_type, query.marketplace_ids)
    apply_report_faults(sandbox.faults, query, subject, now)
    spoiling = " ".join(name for name in query.faults if name in economics_faults.NAMES)
    if spoiling and query.job is not None and parsed.dataset == data.DATASETS[1]:
        query.job = replace(query.job, options=(*query.job.options, ("faults", spoiling)))
    store.add(query)
    if query.job is not None:
        query.rendering = renderer.submit(query.job)
    return query


async def advance(sandbox: Sandbox, query: Query) -> None:
    """Advance a query to the state it should have now."""
    await sandbox.state(ReportProcessor).advance((query,))
    name_next_page(sandbox, query)


def name_next_page(sandbox: Sandbox, query: Query) -> None:
    """Give the query the token of its next page, if there is one, once its document is written."""
    rendered = query.document.rendered if query.document else None
    if query.next_token is not None or rendered is None or rendered.next_row is None:
        return
    following = rendered.next_row
    if REPEATED_RESULT in query.faults and query.job is not None:
        following = int(dict(query.job.options)["first_row"])
    query.next_token = next_token(sandbox, OPERATION, {"query": query.text}, [following], query.as_of)
