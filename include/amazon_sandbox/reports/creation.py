"""Creates reports: on request, by schedule, or as Amazon publishes them. Decides how each will end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.reports import data
from amazon_sandbox.reports.faults import apply_document_faults, apply_report_faults
from amazon_sandbox.reports.render import Renderer, RenderJob
from amazon_sandbox.reports.requests import ReportSpecification, month_later
from amazon_sandbox.reports.state import Report, ReportStore, SameReport, Schedule, seconds_of

if TYPE_CHECKING:
    from amazon_sandbox.simulation import Seller, SettlementRef

COOLDOWN = "cooldown"
BULK_TYPES = (
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT",
)
_TOO_LONG = "The requested date range is longer than this report type allows."


@dataclass(slots=True)
class Pace:
    """How fast reports finish. `reads`: after this many getReport calls instead of after a time;
    `rows_per_page`: of the results of Data Kiosk queries.
    """

    queue_seconds: float | None = None
    progress_seconds: float | None = None
    reads: int | None = None
    compression: str | None = None
    rows_per_page: int | None = None


class ReportCreator(FamilyState):
    """Creates reports for the sandbox's sellers."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._store = sandbox.state(ReportStore)
        self.pace = Pace()
        self.bulk_rows: int | None = None

    def reset(self) -> None:
        """Return to each type's own pace and size."""
        self.pace = Pace()
        self.bulk_rows = None

    def create(
        self, seller: Seller, application: str, wanted: ReportSpecification
    ) -> tuple[Report, str | None]:
        """Create a report requested now; also a note for the call log if the request violated a cooldown."""
        report, note = self._make(seller, application, wanted, self._sandbox.clock.now())
        if report.job is not None:
            report.rendering = self._sandbox.state(Renderer).submit(report.job)
        return report, note

    def run_schedules(self, seller: Seller) -> None:
        """Create the reports that the seller's schedules should have created by now."""
        if not self._store.schedules:
            return
        now = self._sandbox.clock.now()
        for schedule in list(self._store.schedules.values()):
            if schedule.seller_id == seller.seller_id and schedule.next_creation <= now:
                self._run_schedule(schedule, seller, now)

    def publish_settlements(self, seller: Seller) -> None:
        """Add the settlements that Amazon has published by now and still retains."""
        now = self._sandbox.clock.now()
        oldest = now - data.RETENTION.total_seconds()
        newest: SettlementRef | None = None
        for ref in self._sandbox.simulation.settlements(seller, instant(now)):
            if ref.created_at.timestamp() < oldest:
                continue
            newest = ref
            if (seller.seller_id, ref.settlement_id) not in self._store.settlements:
                self._store.settlements.add((seller.seller_id, ref.settlement_id))
                self._settlement(seller, ref, ref.created_at.timestamp())
        subject = Subject("getReports", seller.account, seller.seller_id, data.SETTLEMENTS)
        fault = self._sandbox.faults.draw(Stage.LISTING, subject) if newest is not None else None
        if newest is not None and fault is not None:
            self._settlement(seller, newest, now, is_corrected=fault.kind.name == "settlement_corrected")

    def _make(
        self, seller: Seller, application: str, wanted: ReportSpecification, now: float
    ) -> tuple[Report, str | None]:
        rules = data.rules_of(wanted.report_type)
        report = self._blank(seller, wanted, now)
        same = _same_report(application, seller, wanted, rules)
        earlier = self._within_cooldown(same, rules, now)
        if earlier is not None:
            if rules.when_repeated == "cached":
                report.repeat_of = earlier
                report.due_at = max(report.due_at, earlier.due_at)
            else:
                report.ending = "CANCELLED"
        elif (
            _is_too_old(rules, wanted, now) or wanted.report_type not in self._sandbox.simulation.report_types
        ):
            report.ending = "CANCELLED"
        else:
            report.job = self._job(seller, wanted, rules, now)
            if rules.cooldown is not None:
                self._store.latest[same] = report
        self._apply_faults(report, wanted.start_day, now)
        self._store.add(report)
        return report, None if earlier is None else COOLDOWN

    def _within_cooldown(self, same: SameReport, rules: data.TypeRules, now: float) -> Report | None:
        """An identical report within its cooldown. A failed or cancelled one does not count."""
        earlier = self._store.latest.get(same)
        if rules.cooldown is None or earlier is None or earlier.status in ("CANCELLED", "FATAL"):
            return None
        return earlier if now - earlier.created < rules.cooldown.total_seconds() else None

    def _blank(self, seller: Seller, wanted: ReportSpecification, created: float) -> Report:
        rules = data.rules_of(wanted.report_type)
        queue = rules.queue_seconds if self.pace.queue_seconds is None else self.pace.queue_seconds
        progress = (
            rules.progress_seconds if self.pace.progress_seconds is None else self.pace.progress_seconds
        )
        report_id, number = self._store.new_id(created)
        return Report(
            id=report_id,
            number=number,
            seller_id=seller.seller_id,
            account=seller.account,
            report_type=wanted.report_type,
            marketplace_ids=wanted.marketplace_ids,
            created=created,
            start=seconds_of(wanted.start, created),
            end=seconds_of(wanted.end, created),
            processing_from=created + queue,
            due_at=created + queue + progress,
            reads_needed=self.pace.reads,
        )

    def _job(
        self, seller: Seller, wanted: ReportSpecification, rules: data.TypeRules, now: float
    ) -> RenderJob:
        length = seconds_of(wanted.end, now) - seconds_of(wanted.start, now)
        is_too_long = rules.max_range is not None and length > rules.max_range.total_seconds()
        start, end = _window(wanted, rules)
        bulk: int | None = None
        if self.bulk_rows is not None and wanted.report_type in BULK_TYPES:
            bulk, self.bulk_rows = self.bulk_rows, None
        return RenderJob(
            path=self._sandbox.state(Renderer).new_path(),
            compressed=self._is_compressed(rules),
            account=seller.account,
            report_type=wanted.report_type,
            as_of=instant(now),
            marketplace_ids=wanted.marketplace_ids,
            start=start,
            end=end,
            options=tuple(wanted.options.items()),
            error_details=_TOO_LONG if is_too_long else None,
            bulk_rows=bulk,
        )

    def _is_compressed(self, rules: data.TypeRules) -> bool:
        return rules.compressed if self.pace.compression is None else self.pace.compression == "gzip"

    def _apply_faults(self, report: Report, day: date | None, now: float) -> None:
        subject = Subject(
            "createReport", report.account, report.seller_id, report.report_type, report.marketplace_ids, day
        )
        apply_report_faults(self._sandbox.faults, report, subject, now)
        apply_document_faults(self._sandbox.faults, report, subject)

    def _run_schedule(self, schedule: Schedule, seller: Seller, now: float) -> None:
        oldest = now - data.RETENTION.total_seconds()
        period = data.PERIODS[schedule.period]
        while schedule.next_creation <= now:
            created = schedule.next_creation
            moment = instant(created)
            following = month_later(moment) if period is None else moment + period
            schedule.next_creation = following.timestamp()
            if created < oldest:
                continue
            start = moment - (following - moment)
            wanted = ReportSpecification(
                report_type=schedule.report_type,
                marketplace_ids=schedule.marketplace_ids,
                start=start,
                end=moment,
                options=schedule.options,
                start_day=start.date(),
                end_day=moment.date(),
            )
            report, _ = self._make(seller, schedule.application, wanted, created)
            report.schedule_id = schedule.id

    def _settlement(
        self, seller: Seller, ref: SettlementRef, created: float, *, is_corrected: bool = False
    ) -> None:
        marketplace_ids = tuple(ref.marketplace_ids)
        wanted = ReportSpecification(data.SETTLEMENTS, marketplace_ids, ref.start, ref.end, {})
        report = self._blank(seller, wanted, created)
        report.processing_from = report.due_at = created
        report.reads_needed = None
        report.settlement_id = ref.settlement_id
        report.job = RenderJob(
            path=self._sandbox.state(Renderer).new_path(),
            compressed=self._is_compressed(data.rules_of(data.SETTLEMENTS)),
            account=seller.account,
            report_type=data.SETTLEMENTS,
            as_of=instant(created),
            marketplace_ids=marketplace_ids,
            settlement_id=ref.settlement_id,
            transforms=(("lines_joined", ()),) if is_corrected else (),
        )
        self._apply_faults(report, wanted.start_day, created)
        self._store.add(report)


def _same_report(
    application: str, seller: Seller, wanted: ReportSpecification, rules: data.TypeRules
) -> SameReport:
    start, end = (None, None) if rules.is_snapshot else (wanted.start, wanted.end)
    marketplace_ids = tuple(sorted(wanted.marketplace_ids))
    return SameReport(application, seller.seller_id, wanted.report_type, marketplace_ids, start, end)


def _is_too_old(rules: data.TypeRules, wanted: ReportSpecification, now: float) -> bool:
    return rules.oldest is not None and seconds_of(wanted.start, now) < now - rules.oldest.total_seconds()


def _window(
    wanted: ReportSpecification, rules: data.TypeRules
) -> tuple[datetime | date | None, datetime | date | None]:
    if rules.is_snapshot:
        return None, None
    if rules.by_days:
        return wanted.start_day, wanted.end_day
    return wanted.start, wanted.end
