"""Reports, their documents and schedules, by seller. Instants are virtual UTC epoch seconds."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.reports import data
from amazon_sandbox.reports.requests import ReportFilter

if TYPE_CHECKING:
    from amazon_sandbox.reports.render import Rendered, RenderJob

FIRST_NUMBER = 50_000
_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DAY = 86_400


def iso(seconds: float) -> str:
    """An instant as the Reports API writes it: 2026-11-20T07:46:29+00:00."""
    return instant(seconds).isoformat(timespec="seconds")


@dataclass(slots=True)
class Document:
    """A document. `rendered` is None until it is written: for settlements, at the first getReportDocument."""

    id: str
    seller_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    created: float
    rendered: Rendered | None
    job: RenderJob | None = None
    family: str = "reports"


@dataclass(slots=True)
class Report:
    """One report and how it will be processed.

    `job` is what to write when it is due; without one its status becomes `ending`. A `repeat_of` ends as the
    earlier report does. `reads_needed` replaces time by the number of getReport calls.
    `processed` is False when it was cancelled before processing began. `family`: its API;
    `without_data`: its status when there is no data.
    """

    id: str
    number: int
    seller_id: str
    account: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    created: float
    start: float
    end: float
    processing_from: float
    due_at: float
    reads_needed: int | None = None
    job: RenderJob | None = None
    ending: str = "DONE"
    forced_status: str | None = None
    repeat_of: Report | None = None
    hides_document: bool = False
    schedule_id: str | None = None
    settlement_id: str | None = None
    status: str = "IN_QUEUE"
    reads: int = 0
    document: Document | None = None
    processed: bool = True
    rendering: asyncio.Task[Rendered | None] | None = None
    faults: list[str] = field(default_factory=list)
    family: str = "reports"
    without_data: str = "CANCELLED"

    def as_dict(self) -> dict[str, object]:
        """The model's Report."""
        body: dict[str, object] = {
            "reportType": self.report_type,
            "processingStatus": self.status,
            "marketplaceIds": list(self.marketplace_ids),
            "reportId": self.id,
            "createdTime": iso(self.created),
            "dataStartTime": iso(self.start),
            "dataEndTime": iso(self.end),
        }
        if self.schedule_id is not None:
            body["reportScheduleId"] = self.schedule_id
        if self.processed and self.status != "IN_QUEUE":
            body["processingStartTime"] = iso(self.processing_from)
            if self.status in data.FINAL:
                body["processingEndTime"] = iso(self.due_at)
        if self.document is not None and not self.hides_document:
            body["reportDocumentId"] = self.document.id
        return body


@dataclass(slots=True)
class Schedule:
    """A report schedule."""

    id: str
    seller_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    period: str
    options: dict[str, str]
    application: str
    next_creation: float

    def as_dict(self) -> dict[str, object]:
        """The model's ReportSchedule."""
        body: dict[str, object] = {
            "reportScheduleId": self.id,
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "period": self.period,
            "nextReportCreationTime": iso(self.next_creation),
        }
        if self.options:
            body["reportOptions"] = self.options
        return body


class SameReport(NamedTuple):
    """The key by which Amazon's cooldowns recognise identical requests. The window is None for snapshots."""

    application: str
    seller_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None


class ReportStore(FamilyState):
    """All reports, documents and schedules."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._random = random.Random(sandbox.simulation.seed)
        self._number = FIRST_NUMBER
        self._reports: dict[str, Report] = {}
        self._by_type: dict[tuple[str, str], list[Report]] = defaultdict(list)
        self._documents: dict[str, Document] = {}
        self.schedules: dict[str, Schedule] = {}
        self.latest: dict[SameReport, Report] = {}
        self.settlements: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._reports)

    def new_id(self, created: float) -> tuple[str, int]:
        """An id like Amazon's, a running number and the day of creation in six digits; and the number."""
        self._number += 1
        return f"{self._number}{int(created // DAY):06d}", self._number

    def new_document_id(self, region: str, number: int) -> str:
        """An id such as amzn1.spdoc.1.4.na.<uuid>.T3FQZOSEUW8WRT.5600."""
        unique = uuid.UUID(int=self._random.getrandbits(128), version=4)
        tail = "".join(self._random.choices(_ID_ALPHABET, k=13))
        return f"amzn1.spdoc.1.4.{region.lower()}.{unique}.T{tail}.{number}"

    def add(self, report: Report) -> None:
        """Keep a report. Those of one type stay in order of creation."""
        self._reports[report.id] = report
        kept = self._by_type[report.seller_id, report.report_type]
        kept.append(report)
        if len(kept) > 1 and kept[-2].created > report.created:
            kept.sort(key=_creation)

    def get(self, report_id: str, seller_id: str, now: float) -> Report | None:
        """A seller's report that is not yet too old."""
        report = self._reports.get(report_id)
        if (
            report is None
            or report.seller_id != seller_id
            or now - report.created > data.RETENTION.total_seconds()
        ):
            return None
        return report

    def keep_document(self, document: Document) -> None:
        """Keep a document."""
        self._documents[document.id] = document

    def document(self, document_id: str, seller_id: str | None = None) -> Document | None:
        """A document, of a seller when given."""
        document = self._documents.get(document_id)
        return document if document is not None and seller_id in (None, document.seller_id) else None

    def everything(self) -> Iterator[Report]:
        """All reports in order of number."""
        return iter(self._reports.values())

    def page(self, seller_id: str, wanted: ReportFilter, after: tuple[float, int] | None) -> Iterator[Report]:
        """Candidates of a page, by types, marketplaces and times, newest first, after a position."""
        kept = [
            report
            for report_type in dict.fromkeys(wanted.report_types)
            for report in self._by_type.get((seller_id, report_type), ())
        ]
        if len(wanted.report_types) > 1:
            kept.sort(key=_creation)
        for report in reversed(kept):
            if not wanted.since <= report.created <= wanted.until or (
                after is not None and _creation(report) >= after
            ):
                continue
            if not wanted.marketplace_ids or set(wanted.marketplace_ids) & set(report.marketplace_ids):
                yield report

    def reset(self) -> None:
        """Forget all and delete the documents' files; numbering continues, so that old ids stay unknown."""
        for document in self._documents.values():
            if document.rendered is not None:
                Path(document.rendered.path).unlink(missing_ok=True)
        for report in self._reports.values():
            if report.rendering is not None:
                report.rendering.cancel()
        self._reports.clear()
        self._by_type.clear()
        self._documents.clear()
        self.schedules.clear()
        self.latest.clear()
        self.settlements.clear()


def _creation(report: Report) -> tuple[float, int]:
    return report.created, report.number


def token_of(wanted: ReportFilter, last: Report) -> str:
    """The nextToken after a page that ended with `last`."""
    raw = json.dumps([*wanted, [last.created, last.number]], separators=(",", ":")).encode()
    return base64.b64encode(raw).decode()


def read_token(token: str) -> tuple[ReportFilter, tuple[float, int]] | None:
    """The filter and position of a nextToken; None for a token that was never issued."""
    try:
        types, statuses, marketplace_ids, since, until, size, (created, number) = json.loads(
            base64.b64decode(token, validate=True)
        )
        wanted = ReportFilter(
            tuple(types), tuple(statuses), tuple(marketplace_ids), float(since), float(until), int(size)
        )
        return wanted, (float(created), int(number))
    except (ValueError, TypeError):
        return None


def seconds_of(moment: datetime | None, default: float) -> float:
    """Epoch seconds of an instant."""
    return default if moment is None else moment.timestamp()
