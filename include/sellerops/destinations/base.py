"""What every destination takes and answers. Only spec, slice and rows go between source and destination."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sellerops.base.errors import UnreadableDocument
from sellerops.base.redaction import redact
from sellerops.calendar.slices import Slice
from sellerops.formats.rows import LOST, STRUCTURAL, RejectReason, RowStream
from sellerops.ledger.models import LoadCounts
from sellerops.settings.specs import ReportSpec, TableSpec, WriteDisposition

# So many rows of other days are another window's document; a few are neighbours of a quiet window.
_ANOTHER_WINDOW = 10

if TYPE_CHECKING:
    from sellerops.destinations.rejects import RejectSpool
    from sellerops.ledger.models import ReportRequest, RunRef


@dataclass(frozen=True)
class ConnectionValues:
    """The plain values of the Airflow connection ``sellerops_<name>``: the address of a destination that has
    no type of its own for it. ``extra``: the connection's extra as JSON values.
    """

    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class RequestMeta:
    """What the ledger knows about the document that is loaded.

    ``reported_at``: aware; Amazon's createdTime of the report, the as-of of its data. ``marketplace_ids``:
    the shops Amazon says the document is about. ``where`` names the document in errors, e.g. its archive
    address. ``facts``: what the request tells of all rows, such as the profile's id and currency.
    ``run``: who loads it; None outside Airflow.
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
        """From an archived request. Raises UnreadableDocument when it does not say when Amazon made it."""
        if request.reported_at is None:
            raise UnreadableDocument(
                "the request has no `reported_at`: it is not known how old the data are.",
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
        """From a request of which Amazon said that there is no data (CANCELLED)."""
        return cls(
            reported_at=request.reported_at or request.updated_at,
            request_id=request.id,
            marketplace_ids=tuple(request.marketplace_ids),
            where=f"report_request {request.id} (no data)",
        )


def facts_of(told: Mapping[str, Any]) -> dict[str, str]:
    """The facts among what is kept of a request's document (ledger, archive); empty when there are none."""
    return {str(name): str(value) for name, value in (told.get("facts") or {}).items() if value is not None}


@dataclass(frozen=True)
class LoadJob:
    """One table of one document for one slice.

    ``is_confirmed_empty``: there is no document; Amazon says twice that it has no data. ``is_replay``: the
    document was accepted once and is only loaded again. ``quarantined_with``: the table of the same document that is
    quarantined, so that this one has to wait too. ``is_dry_run``: judge the document, then raise Rehearsed.
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
        """The shop of all rows, where the slice is one shop's."""
        marketplace = self.slice.marketplace
        return marketplace.id if marketplace else None

    @property
    def ledger_marketplace(self) -> str:
        """The shop as the ledger keys it: empty for a report that covers an account's whole region."""
        return (self.marketplace_id or "") if self.spec.scope == "marketplace" else ""

    def row_values(self, load_id: int) -> dict[str, Any]:
        """What all rows share, by system column. The marketplace is None where each row names its own."""
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
        """Whose days a load replaces: the shop's, or the region's where one document covers all shops."""
        return self.ledger_marketplace or self.slice.region


@dataclass(frozen=True)
class WriteCounts:
    """What a write did with the rows it was given; ``replaced``: rows of earlier loads it deleted."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    replaced: int = 0

    @property
    def stored(self) -> int:
        return self.inserted + self.updated + self.unchanged + self.superseded

    def __add__(self, other: WriteCounts) -> WriteCounts:
        return WriteCounts(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class LoadResult(LoadCounts):
    """The counts of one load, and what else is known of it.

    ``new_columns`` appeared with this load, ``missing_columns`` of the spec are not in the file.
    ``changed_columns``: what this load recorded in ``sellerops.schema_change``, kind by column. ``job_ids``: the
    jobs that the destination ran, under its own names.
    """

    load_id: int
    table: str
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    changed_columns: dict[str, str] = field(default_factory=dict)
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    job_ids: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        job: LoadJob,
        load_id: int,
        counts: LoadCounts,
        *,
        losing: int,
        new_columns: Iterable[str],
        changed_columns: dict[str, str],
        job_ids: tuple[str, ...] = (),
    ) -> LoadResult:
        """Of a finished load. ``losing``: rows rejected because another of the document has their key."""
        reasons = {str(reason): count for reason, count in job.rows.rejected.items()}
        return cls(
            load_id=load_id,
            table=job.full_name,
            new_columns=tuple(name for name in new_columns if name in job.rows.drift.added),
            missing_columns=tuple(job.rows.drift.missing),
            changed_columns=changed_columns,
            rejected_by_reason={**reasons, **({"duplicate_key": losing} if losing else {})},
            job_ids=job_ids,
            **asdict(counts),
        )

    def __str__(self) -> str:
        """``amazon_sp.sales_daily: 41 of 42 rows stored (3 new, 2 changed, 36 unchanged), 1 rejected; load 7,
        0.2 s``.
        """
        what = {
            "new": self.inserted,
            "changed": self.updated,
            "unchanged": self.unchanged,
            "older than the stored ones": self.superseded,
        }
        parts = ", ".join(f"{count:,} {word}" for word, count in what.items() if count)
        also = [
            f"{self.rejected:,} rejected" if self.rejected else "",
            f"{self.replaced:,} earlier rows replaced" if self.replaced else "",
            f"{self.damaged_texts:,} damaged texts marked" if self.damaged_texts else "",
            f"new columns: {', '.join(self.new_columns)}" if self.new_columns else "",
            f"not in the document: {', '.join(self.missing_columns)}" if self.missing_columns else "",
            f"load {self.load_id}",
            f"{self.seconds:.1f} s",
        ]
        stored = f"{self.stored:,} of {self.rows_in_file:,} rows stored" + (f" ({parts})" if parts else "")
        return f"{self.table}: {stored}; {', '.join(filter(None, also))}"


def load_counts(job: LoadJob, written: WriteCounts, *, losing: int, begun: float) -> LoadCounts:
    """The counts of a load that ``written`` ends. ``begun``: ``time.monotonic()`` at its start."""
    return LoadCounts(
        rows_in_file=job.rows.rows_in_file,
        rejected=sum(job.rows.rejected.values()) + losing,
        stored=written.stored,
        damaged_texts=job.rows.marked_texts,
        seconds=time.monotonic() - begun,
        **asdict(written),
    )


class Destination(Protocol):
    """A place for rows. ``load`` is one transaction: all of the document's rows of the table, or nothing."""

    name: str

    def load(self, job: LoadJob) -> LoadResult:
        """Store the rows of ``job``; may be repeated and may run beside other loads at will."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


def refuse_mostly_rejected(job: LoadJob, *, where: str) -> None:
    """Raise UnreadableDocument when more than half of the rows cannot be kept.

    Either it is another document, or the spec asks for values that Amazon leaves empty. Rows of days far from
    the window count too when nothing else is left.
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
        f"{unlike} of {rows.rows_in_file} rows cannot be kept.{shown}",
        where=where,
        remedy=remedy,
        rows_in_file=rows.rows_in_file,
        unreadable=unlike,
    )
