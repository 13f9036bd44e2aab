"""What a load will change in its table, counted before writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Any

from sellerops.base.errors import CheckFailed
from sellerops.destinations.bigquery.bounds import Bounds
from sellerops.destinations.bigquery.history import History
from sellerops.destinations.bigquery.statements import Parameters, Statements
from sellerops.destinations.bigquery.units import UnitMerge, UnitMoves
from sellerops.destinations.intents import Change
from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.ledger_rows import Watermarks
from sellerops.destinations.restatement_history import keeps_restatements
from sellerops.destinations.results import WriteCounts
from sellerops.settings.specs import WriteDisposition


@dataclass(frozen=True)
class Plan:
    """What a load will do.

    ``write``: the script and its parameters; None if there is nothing to write. ``days``: the days whose
    watermarks rise. ``staged``: rows that arrived, of which ``losing`` lose to another row of the document.
    """

    staged: int
    losing: int
    counts: WriteCounts = field(default_factory=WriteCounts)
    days: Sequence[date] = ()
    write: tuple[str, Parameters] | None = None
    changes: Iterable[Change] = field(default=(), repr=False)


@dataclass
class Planner:
    """Plans a load by querying. ``run`` runs a named statement of the load; ``after`` is the name of a table
    for merging units.
    """

    statements: Statements
    after: str
    history: History
    marks: Watermarks
    job: LoadJob
    run: Callable[[str, tuple[str, Any]], Any]
    where: str

    def plan(self) -> Plan:
        staged, losing, first, last, dateless = self._row("look", self.statements.summarize())
        disposition = self.job.table_spec.write_disposition
        if disposition is WriteDisposition.MERGE:
            own = Bounds(first, last, dateless > 0) if first else None
            if first is None and dateless and self.statements.shape.partition:
                own = Bounds(date.min, date.min, or_none=True)
            return self._merge(staged, losing, own)
        stale = set(self.marks.newer_days(self.job.slice.days, self.job.request.reported_at))
        if disposition is WriteDisposition.SNAPSHOT:
            return self._snapshot(staged, losing, first, is_stale=bool(stale))
        return self._replace(staged, losing, [day for day in self.job.slice.days if day not in stale])

    def _merge(self, staged: int, losing: int, own: Bounds | None) -> Plan:
        if staged == losing:
            return Plan(staged, losing)
        it, bounds = self.statements, own
        if it.shape.partition and not it.shape.partition_is_fixed:
            # The stored row may be of another day than the document's, so both partitions are merged.
            first, last, dateless, count = self._row("positions", it.key_positions())
            if count:
                stored = (
                    Bounds(first, last, dateless > 0) if first else Bounds(date.min, date.min, or_none=True)
                )
                bounds = _joined(own, stored)
        if it.shape.unit:
            return self._merge_units(staged, losing, UnitMerge(it, self.after, bounds))
        given, inserted, updated, superseded = self._row("count", it.count_merge(bounds))
        changes: Iterable[Change] = ()
        if updated and keeps_restatements(self.job.table_spec):
            changes = self.history.changes(self.run("history", self.history.of_merge(bounds)))
        return Plan(
            staged,
            losing,
            WriteCounts(inserted, updated, given - inserted - updated - superseded, superseded),
            write=it.upsert(bounds, inserted + updated) if inserted or updated else None,
            changes=changes,
        )

    def _merge_units(self, staged: int, losing: int, merge: UnitMerge) -> Plan:
        self.run("units", merge.create_after())
        given, written, updated, replaced, unchanged, after = self._row("count", merge.count())
        changes: Iterable[Change] = ()
        if (updated or replaced) and keeps_restatements(self.job.table_spec):
            changes = self.history.changes(self.run("history", self.history.of_units(merge)))
        return Plan(
            staged,
            losing,
            WriteCounts(written - updated, updated, unchanged, given - written - unchanged, replaced),
            write=merge.write(written) if after else None,
            changes=changes,
        )

    def _replace(self, staged: int, losing: int, fresh: Sequence[date]) -> Plan:
        accepted = staged - losing
        if not fresh:
            return Plan(staged, losing, WriteCounts(superseded=accepted))
        it = self.statements
        moves = self._moves(fresh)
        inserted, replaced = self._row("count", moves.count() if moves else it.count_replace(fresh))
        if inserted and not it.shape.unit and it.shape.day not in it.shape.key:
            self._refuse_elsewhere(fresh)
        known = self.marks.loaded_days(fresh)
        changes: Iterable[Change] = ()
        if known and keeps_restatements(self.job.table_spec):
            changes = self.history.changes(self.run("history", self.history.of_days(known)))
        write = moves.write(inserted) if moves else it.replace(fresh, inserted)
        return Plan(
            staged,
            losing,
            WriteCounts(inserted=inserted, superseded=accepted - inserted, replaced=replaced),
            days=fresh,
            write=write if inserted or replaced else None,
            changes=changes,
        )

    def _moves(self, fresh: Sequence[date]) -> UnitMoves | None:
        """The stored rows of the document's units on other days; None if there are none."""
        it = self.statements
        if not it.shape.unit:
            return None
        first, last, *_ = self._row("elsewhere", it.key_positions(beside=fresh))
        return UnitMoves(it, fresh, Bounds(first, last)) if first else None

    def _snapshot(self, staged: int, losing: int, first: date | None, *, is_stale: bool) -> Plan:
        accepted = staged - losing
        if is_stale:
            return Plan(staged, losing, WriteCounts(superseded=accepted))
        moment = self.statements.values["snapshot_at"]
        bounds = Bounds.of_days([moment.astimezone(UTC).date()], "UTC", is_instant=True)
        inserted, replaced = self._row("count", self.statements.count_snapshot(bounds))
        return Plan(
            staged,
            losing,
            WriteCounts(inserted=inserted, replaced=replaced),
            days=self.job.slice.days,
            write=self.statements.snapshot(bounds, inserted) if inserted or replaced else None,
        )

    def _refuse_elsewhere(self, days: Sequence[date]) -> None:
        """Refuse what Postgres' unique index would: a key stored on a day that this load does not replace."""
        *_, count = self._row("elsewhere", self.statements.key_positions(beside=days))
        if count:
            raise CheckFailed(
                f"the table has the same key on two days: {count} rows.",
                where=self.where,
                remedy="Nothing was stored. Add the day column to `primary_key` in the spec, or use `merge`.",
            )

    def _row(self, step: str, statement: tuple[str, Parameters]) -> tuple[Any, ...]:
        (row,) = self.run(step, statement)
        return tuple(row.values())


def _joined(one: Bounds | None, other: Bounds) -> Bounds:
    if one is None or one.first == date.min:
        return Bounds(other.first, other.last, other.or_none or one is not None)
    if other.first == date.min:
        return Bounds(one.first, one.last, or_none=True)
    return one.joined(other)
