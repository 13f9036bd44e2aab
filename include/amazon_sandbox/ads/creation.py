"""Creates Ads reports and exports and decides how each will end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from amazon_sandbox.ads import data
from amazon_sandbox.ads.state import AdsReport, AdsStore
from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Subject
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.reports.creation import ReportCreator
from amazon_sandbox.reports.faults import apply_document_faults, apply_report_faults
from amazon_sandbox.reports.render import Rendered, Renderer, RenderJob
from amazon_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from amazon_sandbox.ads.accounts import Profile
    from amazon_sandbox.simulation import Seller

Writer = Callable[[Simulation, RenderJob], Rendered | None]


def create_report(
    sandbox: Sandbox,
    seller: Seller,
    profile: Profile,
    report_type: str,
    request_body: dict[str, Any],
    options: tuple[tuple[str, str], ...],
    writer: Writer,
    *,
    report_id: str | None = None,
    same: str = "",
    seconds: tuple[float, float] = (data.QUEUE_SECONDS, data.PROGRESS_SECONDS),
) -> AdsReport:
    """Create a report or an export that is requested now, at the pace of the sandbox's reports.

    `seconds`: how long it usually waits in the queue, and how long it is then processed.
    """
    now, store, renderer = sandbox.clock.now(), sandbox.state(AdsStore), sandbox.state(Renderer)
    pace, marketplace_ids = sandbox.state(ReportCreator).pace, (profile.marketplace.marketplace_id,)
    queue = seconds[0] if pace.queue_seconds is None else pace.queue_seconds
    progress = seconds[1] if pace.progress_seconds is None else pace.progress_seconds
    report = AdsReport(
        id=report_id or store.new_id(),
        number=store.new_number(),
        seller_id=seller.seller_id,
        account=seller.account,
        report_type=report_type,
        marketplace_ids=marketplace_ids,
        created=now,
        start=now,
        end=now,
        processing_from=now + queue,
        due_at=now + queue + progress,
        reads_needed=pace.reads,
        profile_id=profile.id,
        request_body=request_body,
        same=same,
    )
    report.job = RenderJob(
        path=renderer.new_path(),
        compressed=True,
        account=seller.account,
        report_type=report_type,
        as_of=instant(now),
        marketplace_ids=marketplace_ids,
        options=options,
        writer=writer,
    )
    subject = Subject(_operation(report_type), seller.account, seller.seller_id, report_type, marketplace_ids)
    apply_document_faults(sandbox.faults, report, subject)
    apply_report_faults(sandbox.faults, report, subject, now)
    store.add(report)
    if report.job is not None:
        report.rendering = renderer.submit(report.job)
    return report


def _operation(report_type: str) -> str:
    return "createExport" if report_type.startswith("exports.") else "createAdsReport"
