"""The result of a load: what happened to the rows of one document in one table."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, field

from sellerops.destinations.jobs import LoadJob
from sellerops.ledger.models import LoadCounts


@dataclass(frozen=True)
class WriteCounts:
    """What a write did with the rows it was given. ``replaced``: rows of earlier loads that it deleted."""

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


def load_counts(job: LoadJob, written: WriteCounts, *, losing: int, begun: float) -> LoadCounts:
    """The counts of a load that wrote ``written``. ``begun``: ``time.monotonic()`` at its start."""
    return LoadCounts(
        rows_in_file=job.rows.rows_in_file,
        rejected=sum(job.rows.rejected.values()) + losing,
        stored=written.stored,
        damaged_texts=job.rows.marked_texts,
        seconds=time.monotonic() - begun,
        **asdict(written),
    )


@dataclass(frozen=True)
class LoadResult(LoadCounts):
    """The counts of one load, and what else is known about it.

    ``new_columns`` appeared with this load; ``missing_columns`` are in the spec but not in the file.
    ``changed_columns``: what this load recorded in ``sellerops.schema_change``, kind by column. ``job_ids``:
    the jobs that the destination ran, by its own ids.
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
        """The result of a finished load. ``losing``: rows rejected in favour of another with their key."""
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
        states = {
            "new": self.inserted,
            "changed": self.updated,
            "unchanged": self.unchanged,
            "older than the stored ones": self.superseded,
        }
        parts = ", ".join(f"{count:,} {state}" for state, count in states.items() if count)
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
