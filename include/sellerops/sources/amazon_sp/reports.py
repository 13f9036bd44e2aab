"""The objects of the Reports API 2021-06-30 (model file reports_2021-06-30.json), parsed strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.calendar.slices import Slice
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops.sources.common.answers import text_field, time_field, unknown_status
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.placeholders import iso, options_of
from sellerops.sources.common.report_api import ProcessingStatus, Report

# The most that getReports accepts.
PAGE_SIZE = 100
# More pages than 90 days of reports of one type fill; at getReports' rate, reading them takes some hours.
MOST_PAGES = 200
# getReports lists no report older than this.
RETENTION = timedelta(days=90)


@dataclass(frozen=True)
class ReportPage:
    """One page of getReports."""

    reports: tuple[Report, ...]
    next_token: str | None


@dataclass(frozen=True)
class ReportQuery:
    """The arguments of createReport; ``start``/``end`` as sent (aware, UTC), None for a type without a
    window.

    ``stated``: dates sent only because the type requires them. They select no data, so two queries that
    differ only in them are the same.
    """

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    options: Mapping[str, str]
    stated: tuple[datetime, datetime] | None = None

    def body(self) -> dict[str, Any]:
        """The CreateReportSpecification."""
        body: dict[str, Any] = {"reportType": self.report_type, "marketplaceIds": list(self.marketplace_ids)}
        window = (self.start, self.end) if self.start and self.end else self.stated
        if window:
            body["dataStartTime"], body["dataEndTime"] = map(iso, window)
        if self.options:
            body["reportOptions"] = dict(self.options)
        return body

    def answers(self, report: Report) -> bool:
        """Whether ``report`` is what this query would create, apart from reportOptions, which Amazon does not
        return.
        """
        same_window = not self.start or (report.start, report.end) == (
            _seconds(self.start),
            _seconds(self.end),
        )
        return (
            report.report_type == self.report_type
            and set(report.marketplace_ids) == set(self.marketplace_ids)
            and same_window
        )


def query_of(spec: ReportSpec, slice_: Slice) -> ReportQuery:
    """The query of a slice.

    Types that report whole marketplace days, weeks, months or quarters read only the dates of dataStartTime
    and dataEndTime, both inclusive: they get the local dates at 00:00 UTC, since a later time could be in the
    future for marketplaces in Asia. Others get the window's instants. A snapshot has no window, or a stated
    one that ends at its moment (``request.window_back``).
    """
    start, end = slice_.start, slice_.end
    by_date = spec.period.kind is PeriodKind.DAY or spec.period.kind.is_whole_only
    if by_date and spec.period.clock == "marketplace" and slice_.first_day and slice_.last_day:
        start = datetime.fromisoformat(f"{slice_.first_day}T00:00:00+00:00")
        end = datetime.fromisoformat(f"{slice_.last_day}T00:00:00+00:00")
    return ReportQuery(
        spec.report_type, slice_.marketplace_ids, start, end, options_of(spec, slice_), _stated(spec, slice_)
    )


def _stated(spec: ReportSpec, slice_: Slice) -> tuple[datetime, datetime] | None:
    if not slice_.snapshot_at or not spec.request.window_back:
        return None
    moment = datetime.fromisoformat(slice_.snapshot_at)
    return moment - spec.request.window_back, moment


def parse_report(body: Mapping[str, Any]) -> Report:
    """A Report of the model. UnexpectedAnswer names the field that does not match it."""
    where = f"report {body.get('reportId', '?')}"
    status = body.get("processingStatus")
    if status not in ProcessingStatus.__members__:
        raise unknown_status("processingStatus", status, where)
    document_id = body.get("reportDocumentId")
    if status == ProcessingStatus.DONE and not document_id:
        raise UnexpectedAnswer("the report is DONE but has no reportDocumentId.", where=where)
    created_at = time_field(body, "createdTime", where)
    if created_at is None:
        raise UnexpectedAnswer("the report has no createdTime.", where=where)
    return Report(
        report_id=text_field(body, "reportId", where),
        report_type=text_field(body, "reportType", where),
        status=ProcessingStatus(str(status)),
        created_at=created_at,
        document_id=str(document_id) if document_id else None,
        marketplace_ids=tuple(map(str, body.get("marketplaceIds") or ())),
        start=time_field(body, "dataStartTime", where),
        end=time_field(body, "dataEndTime", where),
    )


def parse_page(body: Mapping[str, Any]) -> ReportPage:
    """A GetReportsResponse of the model."""
    reports = body.get("reports")
    if not isinstance(reports, list):
        raise UnexpectedAnswer("getReports answered without a list of reports.", where="getReports")
    token = body.get("nextToken")
    return ReportPage(tuple(map(parse_report, reports)), str(token) if token else None)


def parse_created(body: Mapping[str, Any]) -> str:
    """The report id of a CreateReportResponse."""
    return text_field(body, "reportId", "createReport")


def parse_document(body: Mapping[str, Any]) -> DocumentAddress:
    """A ReportDocument of the model."""
    compression = body.get("compressionAlgorithm")
    return DocumentAddress(
        document_id=text_field(body, "reportDocumentId", "getReportDocument"),
        url=text_field(body, "url", "getReportDocument"),
        compression=str(compression) if compression else None,
    )


def _seconds(moment: datetime | None) -> datetime | None:
    """As sent: Amazon's times are whole seconds."""
    return moment.replace(microsecond=0) if moment else None
