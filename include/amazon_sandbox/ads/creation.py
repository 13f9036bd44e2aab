"""Makes Ads reports and exports and decides how each will end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from amazon_sandbox.ads import data
from amazon_sandbox.ads.state import AdsReport
from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.reports.creation import apply_report_fault
from amazon_sandbox.reports.render import Rendered, RenderJob
from amazon_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from amazon_sandbox.ads.accounts import Profile
    from amazon_sandbox.core.sandbox import Sandbox
    from amazon_sandbox.simulation import Seller

Writer = Callable[[Simulation, RenderJob], Rendered | None]


class AdsReportCreator:
    """Makes the reports and exports of the sandbox's profiles, at the pace of its reports."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def create(
        self,
        seller: Seller,
        profile: Profile,
        report_type: str,
        asked: dict[str, Any],
        options: tuple[tuple[str, str], ...],
        writer: Writer,
        *,
        report_id: str | None = None,
        same: str = "",
        seconds: tuple[float, float] = (data.QUEUE_SECONDS, data.PROGRESS_SECONDS),
    ) -> AdsReport:
        """A report asked for now. `seconds`: how long it waits and how long it is made."""
        sandbox, now = self._sandbox, self._sandbox.clock.now()
        pace, shops = sandbox.report_creator.pace, (profile.marketplace.marketplace_id,)
        queue = seconds[0] if pace.queue_seconds is None else pace.queue_seconds
        progress = seconds[1] if pace.progress_seconds is None else pace.progress_seconds
        report = AdsReport(
            id=report_id or sandbox.ads.new_id(),
            number=sandbox.ads.new_number(),
            seller_id=seller.seller_id,
            account=seller.account,
            report_type=report_type,
            marketplace_ids=shops,
            created=now,
            start=now,
            end=now,
            processing_from=now + queue,
            due_at=now + queue + progress,
            reads_needed=pace.reads,
            profile_id=profile.id,
            asked=asked,
            same=same,
        )
        subject = Subject(_operation(report_type), seller.account, seller.seller_id, report_type, shops)
        struck = sandbox.faults.draw_all(Stage.DOCUMENT, subject) if sandbox.faults else []
        report.job = RenderJob(
            path=sandbox.renderer.new_path(),
            compressed=True,
            account=seller.account,
            report_type=report_type,
            as_of=instant(now),
            marketplace_ids=shops,
            options=options,
            transforms=tuple((fault.kind.name, tuple(fault.options.items())) for fault in struck),
            writer=writer,
        )
        report.faults.extend(fault.kind.name for fault in struck)
        if sandbox.faults:
            for fault in sandbox.faults.draw_all(Stage.REPORT, subject):
                report.faults.append(fault.kind.name)
                apply_report_fault(report, fault, now)
        sandbox.ads.add(report)
        if report.job is not None:
            report.rendering = sandbox.renderer.submit(report.job)
        return report


def _operation(report_type: str) -> str:
    return "createExport" if report_type.startswith("exports.") else "createAdsReport"
