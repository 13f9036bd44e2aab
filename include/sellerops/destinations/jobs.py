"""The input of a load: one table of one document for one slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import UnreadableDocument
from sellerops.base.redaction import redact
from sellerops.calendar.slices import Slice
from sellerops.formats.rows import LOST, STRUCTURAL, RejectReason, RowStream
from sellerops.settings.specs import ReportSpec, TableSpec, WriteDisposition

if TYPE_CHECKING:
    from sellerops.destinations.rejects import RejectSpool
    from sellerops.ledger.models import ReportRequest, RunRef

# With this many rows of other days, the document is of another window; a quiet window may have a few.
_ANOTHER_WINDOW = 10


@dataclass(frozen=True)
class RequestMeta:
    """What the ledger knows about the document to load.

    ``reported_at``: the report's createdTime at Amazon (aware), the time as of which its data holds.
    ``marketplace_ids``: the marketplaces that Amazon says the document covers. ``where`` names the document
    in errors, e.g. by its archive address. ``facts``: what the request says about all rows, such as the
    profile's id and currency. ``run``: the task that loads the document; None outside Airflow.
    """

    reported_at: datetime
    request_id: int | None = None
    content_type: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    where: str = "document"
    facts: Mapping[str, str] = field(default_factory=dict)
    run: RunRef | None = None

    @classmethod
    def of(cls, request: ReportRequest) -> RequestMeta:
        """From an archived request. Raises UnreadableDocument when ``reported_at`` is unknown."""
        if request.reported_at is None:
            raise UnreadableDocument(
                "the request has no `reported_at`, so the age of its data is unknown.",
                where=f"report_request {request.id}",
                remedy="Clear the fetch task of this slice.",
            )
        headers = {name.lower().replace("-", "_"): value for name, value in request.document_headers.items()}
        return cls(
            reported_at=request.reported_at,
            request_id=request.id,
            content_type=headers.get("content_type"),
            marketplace_ids=tuple(request.marketplace_ids),
            where=request.archive_uri or f"report_request {request.id}",
            facts=facts_of(request.document_headers),
        )

    @classmethod
    def of_no_data(cls, request: ReportRequest) -> RequestMeta:
        """From a request that Amazon answered with "no data" (CANCELLED)."""
        return cls(
            reported_at=request.reported_at or request.updated_at,
            request_id=request.id,
            marketplace_ids=tuple(request.marketplace_ids),
            where=f"report_request {request.id} (no data)",
        )


def facts_of(headers: Mapping[str, Any]) -> dict[str, str]:
    """The facts in a document's stored headers (ledger, archive); empty if it has none."""
    return {
        str(name): str(value) for name, value in (headers.get("facts") or {}).items() if value is not None
    }


@dataclass(frozen=True)
class LoadJob:
    """One table of one document for one slice.

    ``is_confirmed_empty``: there is no document because Amazon has twice answered "no data". ``is_replay``:
    the document was accepted before and is loaded again. ``quarantined_with``: a quarantined table of the
    same document, with which this one is quarantined too. ``is_dry_run``: only judge the document; raises
    Quarantined or DryRunPassed.
    """

    spec: ReportSpec
    table: str
    slice: Slice
    request: RequestMeta
    rows: RowStream
    rejects: RejectSpool
    is_confirmed_empty: bool = False
    is_replay: bool = False
    quarantined_with: str | None = None
    is_dry_run: bool = False

    @property
    def table_spec(self) -> TableSpec:
        return self.spec.tables[self.table]

    @property
    def full_name(self) -> str:
        """``<source>.<table>``: schema (dataset) and table."""
        return f"{self.spec.source}.{self.table}"

    @property
    def marketplace_id(self) -> str | None:
        """The marketplace of all rows, if the slice has exactly one."""
        marketplace = self.slice.marketplace
        return marketplace.id if marketplace else None

    @property
    def ledger_marketplace(self) -> str:
        """The marketplace in the ledger's keys: empty for a report that covers an account's whole region."""
        return (self.marketplace_id or "") if self.spec.scope == "marketplace" else ""

    def row_values(self, load_id: int) -> dict[str, Any]:
        """The values that all rows share, by column. The marketplace is None if each row names its own."""
        values: dict[str, Any] = {
            "account_id": self.slice.account_id,
            "marketplace_id": self.marketplace_id,
            "region": self.slice.region,
            "load_id": load_id,
            "reported_at": self.request.reported_at,
        }
        if self.table_spec.write_disposition is WriteDisposition.SNAPSHOT:
            values["snapshot_at"] = datetime.fromisoformat(self.slice.snapshot_at or "")
        if self.table_spec.day_from_window:
            values[self.table_spec.day_from_window] = self.slice.days[0]
        return values

    @property
    def place(self) -> str:
        """Where a load replaces days: in its marketplace, or in the region if a document covers all
        marketplaces.
        """
        return self.ledger_marketplace or self.slice.region


def refuse_mostly_rejected(job: LoadJob, *, where: str) -> None:
    """Raise UnreadableDocument when more than half of the rows would be rejected.

    Either it is another document, or the spec requires values that Amazon leaves empty. If no row is
    accepted, rows of days far from the window count too. In a replay, only rows that cannot be read count.
    """
    rows = job.rows
    reasons = STRUCTURAL if job.is_replay else LOST
    unlike = sum(rows.rejected[reason] for reason in reasons)
    if not rows.accepted and not job.is_replay and rows.rows_far_outside >= _ANOTHER_WINDOW:
        unlike += rows.rows_far_outside
    if unlike * 2 <= rows.rows_in_file:
        return
    example = rows.first_reject
    shown, remedy = "", ""
    if example:
        shown = f" The first is line {example.source_line} ({example.reason}"
        shown += (
            f" in {example.column_name}: {(example.value or '')[:60]!r})." if example.column_name else ")."
        )
        if example.raw_line and not example.column_name:
            shown = f"{shown[:-2]}: {redact(example.raw_line)[:60]!r})."
        if example.reason is RejectReason.MISSING_KEY:
            remedy = (
                f"If Amazon may leave `{example.column_name}` empty, add `absent: none` to the column in "
                f"{job.spec.path or job.spec.name}, then clear the load task."
            )
    raise UnreadableDocument(
        f"{unlike} of {rows.rows_in_file} rows cannot be stored.{shown}",
        where=where,
        remedy=remedy,
        rows_in_file=rows.rows_in_file,
        unreadable=unlike,
    )
