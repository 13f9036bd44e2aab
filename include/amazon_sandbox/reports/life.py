"""The life of reports: made on request, by schedule or by Amazon, then queue, progress and end, by the virtual clock."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from amazon_sandbox.clock import instant
from amazon_sandbox.faults import Fault, Stage, Subject
from amazon_sandbox.reports import data
from amazon_sandbox.reports.render import Rendered, RenderJob
from amazon_sandbox.reports.requests import ReportSpecification, month_later
from amazon_sandbox.reports.state import Document, Report, SameReport, Schedule, seconds_of

if TYPE_CHECKING:
    from amazon_sandbox.sandbox import Sandbox
    from amazon_sandbox.world import Seller

# A due report whose document is still being written holds its reader this long (real seconds) before it shows IN_PROGRESS.
WAIT_FOR_DOCUMENT = 20.0
COOLDOWN = "cooldown"
BULK_TYPES = ("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",)
FATAL_TOO_LONG = "The requested date range is longer than this report type allows."


@dataclass(slots=True)
class Pace:
    """How fast reports finish, over the types' own pace. `reads`: after so many getReport calls instead of after a time."""

    queue_seconds: float | None = None
    progress_seconds: float | None = None
    reads: int | None = None
    compression: str | None = None


class Reports:
    """Makes reports and moves them on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._store = sandbox.reports
        self.pace = Pace()
        self.bulk_rows: int | None = None

    def create(
        self, seller: Seller, application: str, wanted: ReportSpecification
    ) -> tuple[Report, str | None]:
        """A report asked for now, and a note for the call log when it broke a cooldown."""
        now = self._sandbox.clock.now()
        report, note = self._make(seller, application, wanted, now)
        if report.job is not None:
            report.rendering = self._sandbox.renderer.submit(report.job)
        return report, note

    def catch_up(self, seller: Seller) -> None:
        """Make what schedules and Amazon have made by now."""
        now = self._sandbox.clock.now()
        for schedule in list(self._store.schedules.values()):
            if schedule.seller_id == seller.seller_id and schedule.next_creation <= now:
                self._run_schedule(schedule, seller, now)

    def appear_settlements(self, seller: Seller) -> None:
        """List the settlements Amazon has published by now."""
        now = self._sandbox.clock.now()
        published = self._sandbox.world.settlements(seller, instant(now))
        oldest = now - data.RETENTION.total_seconds()
        newest: Report | None = None
        for ref in published:
            created = ref.created_at.timestamp()
            key = (seller.seller_id, ref.settlement_id)
            if created < oldest:
                continue
            if key not in self._store.settlements:
                self._store.settlements[key] = self._settlement(
                    seller, created, ref.settlement_id, ref.marketplace_ids, ref.start, ref.end
                )
            newest = self._store.settlements[key]
        subject = Subject("getReports", seller.account, seller.seller_id, data.SETTLEMENTS)
        if newest is not None and self._sandbox.faults and self._sandbox.faults.draw(Stage.LISTING, subject):
            self._settlement(
                seller,
                now,
                newest.settlement_id or "",
                newest.marketplace_ids,
                instant(newest.start),
                instant(newest.end),
            )

    async def settle(self, reports: Iterable[Report]) -> None:
        """Bring reports to where they should be now."""
        now = self._sandbox.clock.now()
        due = [report for report in reports if self._advance(report, now)]
        if due:
            await asyncio.gather(*(self._finish(report) for report in due))

    def cancel(self, report: Report) -> bool:
        """Cancel a report that waits; False when it has begun."""
        if report.status != "IN_QUEUE":
            return False
        report.status, report.processed = "CANCELLED", False
        if report.rendering is not None:
            report.rendering.cancel()
        return True

    def _make(
        self, seller: Seller, application: str, wanted: ReportSpecification, now: float
    ) -> tuple[Report, str | None]:
        rules = data.rules_of(wanted.report_type)
        report = self._blank(seller, wanted, now)
        same = _same_report(application, seller, wanted, rules)
        earlier = self._store.latest.get(same) if rules.cooldown is not None else None
        note: str | None = None
        if (
            rules.cooldown is not None
            and earlier is not None
            and now - earlier.created < rules.cooldown.total_seconds()
        ):
            note = COOLDOWN
            if rules.when_repeated == "cached":
                report.repeat_of = earlier
                report.due_at = max(report.due_at, earlier.due_at)
            else:
                report.ending = "CANCELLED"
        elif _is_too_old(rules, wanted, now) or wanted.report_type not in self._sandbox.world.report_types:
            report.ending = "CANCELLED"
        else:
            report.job = self._job(seller, wanted, rules, now)
            if rules.cooldown is not None:
                self._store.latest[same] = report
        self._bend(report, now)
        self._store.add(report)
        return report, note

    def _blank(self, seller: Seller, wanted: ReportSpecification, now: float) -> Report:
        rules = data.rules_of(wanted.report_type)
        queue = rules.queue_seconds if self.pace.queue_seconds is None else self.pace.queue_seconds
        progress = (
            rules.progress_seconds if self.pace.progress_seconds is None else self.pace.progress_seconds
        )
        report_id, number = self._store.new_id(now)
        return Report(
            id=report_id,
            number=number,
            seller_id=seller.seller_id,
            account=seller.account,
            report_type=wanted.report_type,
            marketplace_ids=wanted.marketplace_ids,
            created=now,
            start=seconds_of(wanted.start, now),
            end=seconds_of(wanted.end, now),
            processing_from=now + queue,
            due_at=now + queue + progress,
            reads_needed=self.pace.reads,
        )

    def _job(
        self, seller: Seller, wanted: ReportSpecification, rules: data.TypeRules, now: float
    ) -> RenderJob:
        is_long = rules.max_range is not None and _length(wanted, now) > rules.max_range.total_seconds()
        start, end = _window(wanted, rules)
        bulk: int | None = None
        if self.bulk_rows is not None and wanted.report_type in BULK_TYPES:
            bulk, self.bulk_rows = self.bulk_rows, None
        return RenderJob(
            path=self._sandbox.renderer.new_path(),
            compressed=self._is_compressed(rules),
            account=seller.account,
            report_type=wanted.report_type,
            as_of=instant(now),
            marketplace_ids=wanted.marketplace_ids,
            start=start,
            end=end,
            options=tuple(wanted.options.items()),
            error_details=FATAL_TOO_LONG if is_long else None,
            bulk_rows=bulk,
        )

    def _is_compressed(self, rules: data.TypeRules) -> bool:
        return rules.compressed if self.pace.compression is None else self.pace.compression == "gzip"

    def _bend(self, report: Report, now: float) -> None:
        """Let the report and document faults that are set strike."""
        faults = self._sandbox.faults
        if not faults:
            return
        subject = Subject(
            "createReport", report.account, report.seller_id, report.report_type, report.marketplace_ids
        )
        for fault in faults.draw_all(Stage.REPORT, subject):
            report.faults.append(fault.kind.name)
            _bend_life(report, fault, now)
        if report.job is not None:
            struck = faults.draw_all(Stage.DOCUMENT, subject)
            report.faults.extend(fault.kind.name for fault in struck)
            report.job = replace(report.job, transforms=_transforms(struck))

    def _run_schedule(self, schedule: Schedule, seller: Seller, now: float) -> None:
        oldest = now - data.RETENTION.total_seconds()
        period = data.PERIODS[schedule.period]
        while schedule.next_creation <= now:
            made_at = schedule.next_creation
            moment = instant(made_at)
            following = month_later(moment) if period is None else moment + period
            schedule.next_creation = following.timestamp()
            if made_at < oldest:
                continue
            start = moment - (following - moment)
            wanted = ReportSpecification(
                schedule.report_type,
                schedule.marketplace_ids,
                start,
                moment,
                schedule.options,
                start.date(),
                moment.date(),
            )
            report, _ = self._make(seller, schedule.application, wanted, made_at)
            report.schedule_id = schedule.id

    def _settlement(
        self,
        seller: Seller,
        created: float,
        settlement_id: str,
        marketplace_ids: Iterable[str],
        start: datetime,
        end: datetime,
    ) -> Report:
        shops = tuple(marketplace_ids)
        report = self._blank(seller, ReportSpecification(data.SETTLEMENTS, shops, start, end, {}), created)
        report.processing_from = report.due_at = created
        report.reads_needed = None
        report.settlement_id = settlement_id
        rules = data.rules_of(data.SETTLEMENTS)
        report.job = RenderJob(
            path=self._sandbox.renderer.new_path(),
            compressed=self._is_compressed(rules),
            account=seller.account,
            report_type=data.SETTLEMENTS,
            as_of=instant(created),
            marketplace_ids=shops,
            settlement_id=settlement_id,
        )
        self._bend(report, created)
        self._store.add(report)
        return report

    def _advance(self, report: Report, now: float) -> bool:
        """Move a report by time or reads; True when it should end now."""
        if report.status in data.FINAL:
            return False
        if report.forced_status is not None:
            if report.forced_status not in data.STATUSES or now >= report.processing_from:
                report.status = report.forced_status
            return False
        if report.reads_needed is not None:
            if report.reads >= report.reads_needed:
                report.processing_from = report.due_at = min(now, report.due_at)
                return True
            report.status = "IN_PROGRESS" if report.reads else "IN_QUEUE"
            report.processing_from = min(now, report.processing_from)
            return False
        if now >= report.due_at:
            return True
        if now >= report.processing_from:
            report.status = "IN_PROGRESS"
        return False

    async def _finish(self, report: Report) -> None:
        if report.repeat_of is not None:
            await self._finish_repeat(report, report.repeat_of)
            return
        if report.job is None:
            report.status = report.ending
            return
        if report.rendering is None:
            report.rendering = self._sandbox.renderer.submit(report.job)
        done, _ = await asyncio.wait((report.rendering,), timeout=WAIT_FOR_DOCUMENT)
        if report.status in data.FINAL:
            return
        if not done:
            report.status = "IN_PROGRESS"
            return
        self._take_document(report, report.rendering)

    async def _finish_repeat(self, report: Report, earlier: Report) -> None:
        await self.settle((earlier,))
        if earlier.status in data.FINAL:
            report.status, report.document = earlier.status, earlier.document
        else:
            report.status = "IN_PROGRESS"

    def _take_document(self, report: Report, rendering: asyncio.Task[Rendered | None]) -> None:
        error = None if rendering.cancelled() else rendering.exception()
        if error is not None:
            # The world failed, which is a fault of the sandbox: loud here, FATAL to the client.
            traceback.print_exception(error, file=sys.stderr)
            report.faults.append(f"sandbox error: {error!r}")
            report.status = "FATAL"
            return
        rendered = None if rendering.cancelled() else rendering.result()
        if rendered is None:
            report.status = "CANCELLED"
            return
        seller = self._sandbox.seller(report.seller_id)
        document_id = self._store.new_document_id(seller.region, data.rules_of(report.report_type).number)
        report.document = Document(
            document_id, report.seller_id, report.report_type, report.marketplace_ids, report.due_at, rendered
        )
        self._store.keep_document(report.document)
        report.status = "FATAL" if rendered.fatal else report.ending
        report.rendering = None


def _bend_life(report: Report, fault: Fault, now: float) -> None:
    name, options = fault.kind.name, fault.options
    if name in ("cancelled", "fatal"):
        report.ending, report.job, report.repeat_of = name.upper(), None, None
    elif name == "fatal_with_document" and report.job is not None:
        text = "A client error occurred. Please double check that your parameters are valid."
        report.job = replace(report.job, error_details=str(options.get("detail", text)))
    elif name == "unknown_status":
        report.forced_status = str(options.get("status", "SUSPENDED"))
    elif name == "stuck":
        report.forced_status = str(options.get("status", "IN_PROGRESS"))
    elif name == "slow_report":
        report.due_at += float(options.get("seconds", 3600))
    elif name == "done_without_document":
        report.hides_document = True
    elif name == "late_data" and now < report.end + 3600 * float(options.get("hours", 48)):
        report.ending, report.job, report.repeat_of = "CANCELLED", None, None


def _transforms(faults: Iterable[Fault]) -> tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]:
    return tuple((fault.kind.name, _frozen(fault.options)) for fault in faults)


def _frozen(options: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(options.items())


def _same_report(
    application: str, seller: Seller, wanted: ReportSpecification, rules: data.TypeRules
) -> SameReport:
    window = (None, None) if rules.is_snapshot else (_seconds(wanted.start), _seconds(wanted.end))
    shops = tuple(sorted(wanted.marketplace_ids))
    return SameReport(application, seller.seller_id, wanted.report_type, shops, *window)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _is_too_old(rules: data.TypeRules, wanted: ReportSpecification, now: float) -> bool:
    return rules.oldest is not None and seconds_of(wanted.start, now) < now - rules.oldest.total_seconds()


def _length(wanted: ReportSpecification, now: float) -> float:
    return seconds_of(wanted.end, now) - seconds_of(wanted.start, now)


def _window(
    wanted: ReportSpecification, rules: data.TypeRules
) -> tuple[datetime | date | None, datetime | date | None]:
    if rules.is_snapshot:
        return None, None
    if rules.by_days:
        return wanted.start_day, wanted.end_day
    return wanted.start, wanted.end
