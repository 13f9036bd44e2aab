"""Rows of the ledger: requests, runs, loads, calls, slices. Datetimes are aware, in UTC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any


class RequestStatus(StrEnum):
    """Amazon's processing statuses, and ours before (PLANNED, CREATING) and after (ARCHIVED, FAILED)."""

    PLANNED = "PLANNED"
    CREATING = "CREATING"
    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    ARCHIVED = "ARCHIVED"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"
    FAILED = "FAILED"

    @property
    def is_active(self) -> bool:
        return self in ACTIVE

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL


ACTIVE = frozenset(
    {
        RequestStatus.PLANNED,
        RequestStatus.CREATING,
        RequestStatus.IN_QUEUE,
        RequestStatus.IN_PROGRESS,
        RequestStatus.DONE,
    }
)
TERMINAL = frozenset(RequestStatus) - ACTIVE


class SliceState(StrEnum):
    """The state of one day of one marketplace."""

    PLANNED = "PLANNED"
    REQUESTED = "REQUESTED"
    LOADED = "LOADED"
    CONFIRMED_EMPTY = "CONFIRMED_EMPTY"
    LATE = "LATE"
    QUARANTINED = "QUARANTINED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class RunRef:
    """The Airflow task instance (or script) on whose behalf something is written."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1
    report: str = ""


@dataclass(frozen=True)
class RequestKey:
    """Identifies a request. Snapshots have no window; the order of marketplaces does not matter."""

    source: str
    report_type: str
    account_id: str
    marketplace_ids: tuple[str, ...]
    window_start: datetime | None
    window_end: datetime | None
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all fields, the same in every process."""
        parts = [
            self.source,
            self.report_type,
            self.account_id,
            sorted(self.marketplace_ids),
            _utc(self.window_start),
            _utc(self.window_end),
            sorted(self.options.items()),
        ]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


@dataclass(frozen=True)
class ReportRequest:
    """One row of ``report_request``: a report request, from plan to archive.

    ``reported_at`` is Amazon's createdTime, the as-of time of the data. ``created_by``: ``us``, ``adopted``
    (our own report, found again after a crash), ``reused`` (another application's) or ``amazon`` (not
    requested by us: created on Amazon's schedule, or a file in the drop folder); None until the report
    exists. ``look_after``: before this time it is too early to look for the file on its page.
    """

    id: int
    source: str
    report: str
    report_type: str
    options: dict[str, str]
    account_id: str
    region: str
    marketplace_ids: tuple[str, ...]
    window_start: datetime | None
    window_end: datetime | None
    status: RequestStatus
    report_id: str | None
    document_id: str | None
    reported_at: datetime | None
    created_by: str | None
    creating_at: datetime | None
    document_lease_at: datetime | None
    archive_uri: str | None
    archive_bytes: int | None
    content_sha256: str | None
    document_headers: dict[str, Any]
    error_type: str | None
    error: str | None
    dag_id: str
    run_id: str
    task_try: int
    created_at: datetime
    updated_at: datetime
    look_after: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LoadCounts:
    """What happened to the rows of one document in one table.

    ``rows_in_file = stored + rejected`` and ``stored = inserted + updated + unchanged + superseded`` always
    hold: the database refuses counts that do not add up. ``superseded``: not written, because the table holds
    rows of a newer document. ``replaced``: rows of earlier loads that this one deleted. ``damaged_texts``:
    texts of accepted rows that arrived damaged and carry a mark. ``bytes_processed``: what the destination's
    jobs read, None where the destination does not report it.
    """

    rows_in_file: int = 0
    stored: int = 0
    rejected: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    replaced: int = 0
    damaged_texts: int = 0
    seconds: float = 0.0
    bytes_processed: int | None = None


@dataclass(frozen=True)
class LoadRecord(LoadCounts):
    """One load of one document into one table, as the ledger keeps it.

    ``load_id`` comes from ``new_load_id``; with None the load gets a new one. ``marketplace_id`` is empty for
    a whole region.
    """

    report: str
    account_id: str
    marketplace_id: str
    table: str
    destination: str
    started_at: datetime
    request_id: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    load_id: int | None = None


@dataclass(frozen=True)
class ApiCall:
    """One call to Amazon. ``status`` is None if there was no answer; ``rate_limit`` is in calls per second.

    ``called_at`` None means now, by the ledger's clock. If ``marketplace_ids`` is empty, those of
    ``request_id`` are stored, if any. ``error_code`` is Amazon's; ``error_type`` is the name of our
    exception.
    """

    account_id: str
    operation: str
    status: int | None
    seconds: float | None = None
    rate_limit: float | None = None
    amazon_request_id: str | None = None
    report_type: str | None = None
    report_id: str | None = None
    request_id: int | None = None
    error_type: str | None = None
    error: str | None = None
    called_at: datetime | None = None
    api: str | None = None
    http_method: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    error_code: str | None = None


@dataclass(frozen=True)
class SliceRow:
    """One row of ``slice_state``: a day of a marketplace (``marketplace_id`` empty: the whole region)."""

    report: str
    account_id: str
    marketplace_id: str
    day: date
    snapshot_at: datetime | None
    state: SliceState
    request_id: int | None
    load_id: int | None
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    error_type: str | None
    error: str | None
    remedy: str | None
    updated_at: datetime
