"""Rebuilding what has changed: one mart at a time, inputs before their readers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from sellerops.base.errors import CheckFailed, ConfigurationError
from sellerops.base.postgres import LOADING
from sellerops.destinations.mart_store import MARTS, BuildCounts, BuildPlan, MartStore, Span
from sellerops.ledger import Ledger
from sellerops.marts.changes import collect_changes, of_accounts, queue_readers
from sellerops.marts.computed import COMPUTED, Computed, Work, computed_class
from sellerops.marts.graph import bounded, in_build_order, merged, searched_columns
from sellerops.marts.pending import (
    Pending,
    add_pending,
    days_built,
    note_build,
    pending,
    remove_pending,
    waiting_marts,
)
from sellerops.marts.registration import forget_definitions, known_accounts, register
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import SpanSql, is_reference, physical_name
from sellerops.reference.config_tables import synchronise
from sellerops.settings.specs import ColumnType

# More spans of a mart are joined to one per account: each is a statement of its own.
MOST_SPANS = 40

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
Columns = Mapping[str, ColumnType]


@dataclass(frozen=True)
class MartBuild:
    """What a rebuild of a mart did: nothing, if no input has changed."""

    mart: str
    destination: str
    spans: tuple[Span, ...] = ()
    counts: BuildCounts = field(default_factory=BuildCounts)
    seconds: float = 0.0


class MartBuilder:
    """Builds marts in one destination.

    :param marts: all marts: a rebuilt mart queues the marts that read it, whichever are built now.
    :param declared: the columns of a landed or reference table by its spec, named as in a mart's ``inputs``;
        raises ConfigurationError for an unknown table.
    :param run: ids of the DAG and its run, for the record.
    :param broken: names of marts whose file cannot be read just now (``register``).
    """

    def __init__(
        self,
        ledger: Ledger,
        store: MartStore,
        marts: Sequence[MartSpec],
        declared: Callable[[str], Columns],
        *,
        run: tuple[str, str] | None = None,
        broken: Collection[str] = (),
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._marts = in_build_order(marts)
        self._by_name = {mart.name: mart for mart in self._marts}
        self._declared = declared
        self._run = run
        self._broken = broken

    @property
    def marts(self) -> list[MartSpec]:
        """All marts, inputs before their readers."""
        return list(self._marts)

    def look(self) -> int:
        """Take over what has changed since the last look; returns the number of changes."""
        tables = [name for mart in self._marts for name in mart.tables_read if is_reference(name)]
        with self._ledger.connection() as connection:
            synchronise(connection, {name.partition(".")[2] for name in tables})
        with self._ledger.connection() as connection:
            register(connection, self._store.name, self._marts, self._broken)
        self._store.prepare(searched_columns(self._marts))
        # The rows of loads are looked for meanwhile, which may take minutes in large tables.
        with self._ledger.database.connection(LOADING) as connection:
            changes = collect_changes(connection, self._store, self._marts)
        for mart in self._marts:
            if mart.name in COMPUTED and (due := list(computed_class(mart).due(self._work(mart)))):
                self.queue(mart, due, cause="time")
        return changes

    def queue(self, mart: MartSpec, spans: Iterable[Span], *, cause: str) -> None:
        """Queue partitions by hand. Those of a mart without days are queued whole."""
        found = [span if mart.day else replace(span, first_day=None, last_day=None) for span in spans]
        with self._ledger.connection() as connection:
            add_pending(connection, mart.name, self._store.name, merged(found), cause=cause)

    def of_accounts(self, span: Span) -> list[Span]:
        """The span; of each account with loads in this destination, if it names none."""
        with self._ledger.connection() as connection:
            return of_accounts(span, known_accounts(connection, self._store.name))

    def queue_again(self, mart: MartSpec) -> bool:
        """Queue what this run has rebuilt of a mart; returns whether that was anything."""
        with self._ledger.connection() as connection:
            days = days_built(connection, mart.name, self._store.name, self._run) if self._run else []
        spans = [one for first, last in days for one in self.of_accounts(Span("", None, first, last))]
        self.queue(mart, spans, cause="by hand")
        return bool(spans)

    def waiting(self, group: str | None = None) -> list[MartSpec]:
        """The marts, of a group, that have queued partitions, or read a mart of these, in build order."""
        with self._ledger.connection() as connection:
            found = waiting_marts(connection, self._store.name)
        for mart in self._marts:
            if found.intersection(mart.marts_read):
                found.add(mart.name)
        return [mart for mart in self._marts if mart.name in found and group in (None, mart.group)]

    def build_all(self) -> list[MartBuild]:
        """Look once, then rebuild every mart whose inputs have changed."""
        self.look()
        return [self.build(mart) for mart in self._marts if not mart.computed or mart.name in COMPUTED]

    def build(self, mart: MartSpec) -> MartBuild:
        """Rebuild the queued partitions of one mart, and queue its readers.

        Raises ConfigurationError when its SELECT does not match its inputs, RetryableError when the
        destination is unavailable.
        """
        begun = time.monotonic()
        if not self._is_due(mart):
            return MartBuild(mart.name, self._store.name)
        self._copy_reference(mart)
        spans, counts = self._compute(mart) if mart.computed else self._select(mart)
        seconds = time.monotonic() - begun
        if spans:
            with self._ledger.connection() as connection:
                note_build(connection, mart.name, self._store.name, spans, counts, seconds, self._run)
            log.info("%s: %s spans, %s rows in %.2f s", mart.name, len(spans), counts.inserted, seconds)
        return MartBuild(mart.name, self._store.name, tuple(spans), counts, seconds)

    def _is_due(self, mart: MartSpec) -> bool:
        with self._ledger.connection() as connection:
            if pending(connection, mart.name, self._store.name):
                return True
        return not mart.computed and not self._store.fits(mart.table)

    def _select(self, mart: MartSpec) -> tuple[list[Span], BuildCounts]:
        waiting: list[Pending] = []
        spans: list[Span] = []
        whole = not self._store.fits(mart.table)
        if whole:
            # Queued, so that it is repeated if this build dies after it has made the table anew.
            self.queue(mart, self.of_accounts(Span("")), cause="its table")
        writer = self._writer(mart)

        def plan(connection: Connection) -> BuildPlan:
            waiting[:] = pending(connection, mart.name, self._store.name)
            spans[:] = bounded(merged(each.span for each in waiting), MOST_SPANS)
            everything = {Span(account) for account in known_accounts(connection, self._store.name)}
            return BuildPlan(
                [(span, writer.select(span)) for span in spans],
                [check for span in spans for check in writer.checks(span)],
                # Marts without days are small and seldom change: made anew, they would seem to have changed.
                whole=whole or (bool(mart.day and spans) and everything <= set(spans)),
            )

        def settle(connection: Connection, changed: Sequence[Span]) -> None:
            remove_pending(connection, waiting)
            self._queue_readers(connection, mart, changed)

        return spans, self._store.rebuild(mart.table, plan, settle)

    def _compute(self, mart: MartSpec) -> tuple[list[Span], BuildCounts]:
        with self._ledger.connection() as connection:
            waiting = pending(connection, mart.name, self._store.name)
        if not waiting:
            return [], BuildCounts()
        self._store.ensure(mart.table)
        computed: Computed = computed_class(mart)
        spans: list[Span] = []
        deleted = inserted = 0
        for span, rows in computed.compute(self._work(mart), merged(each.span for each in waiting)):
            counts = self._store.replace(mart.table, span, rows)
            deleted, inserted = deleted + counts.deleted, inserted + counts.inserted
            spans.append(span)
        # After the rows: a build that dies in between is repeated.
        with self._ledger.connection() as connection:
            remove_pending(connection, waiting)
            self._queue_readers(connection, mart, spans)
        return spans, BuildCounts(deleted, inserted)

    def _queue_readers(self, connection: Connection, mart: MartSpec, changed: Sequence[Span]) -> None:
        queue_readers(connection, self._store, self._marts, mart.name, changed)
        if changed and self._broken:
            # Any of them may read this mart.
            forget_definitions(connection, self._store.name, self._broken)

    def _work(self, mart: MartSpec) -> Work:
        writer: SpanSql | None = None

        def rows(sql: str, span: Span) -> list[dict[str, Any]]:
            nonlocal writer
            writer = writer or self._writer(mart)
            return self._store.rows(writer.restricted(sql, span))

        return Work(mart, self._ledger, self._store, rows)

    def _writer(self, mart: MartSpec) -> SpanSql:
        return SpanSql(mart, self._store, self._existing(mart), self.columns_of)

    @property
    def store(self) -> MartStore:
        """Where the marts are built."""
        return self._store

    def mistakes(self, mart: MartSpec) -> list[CheckFailed]:
        """The failing tests of a mart's header, on all stored rows."""
        if not self._store.columns([mart.table.full_name]):
            return []
        writer = self._writer(mart)
        spans = self.of_accounts(Span("")) if mart.tests else []
        found: dict[str, CheckFailed] = {}
        for check in (check for span in spans for check in writer.checks(span)):
            rows = self._store.rows(f"SELECT * FROM (\n{check.sql}\n) AS found LIMIT 3")
            if rows:
                found.setdefault(check.name, check.failure(mart.name, rows))
        return list(found.values())

    def rows(self, mart: MartSpec, span: Span) -> list[dict[str, Any]]:
        """What a rebuild would store in a span of a mart with a SELECT."""
        return self._store.rows(self._writer(mart).select(span))

    def columns_of(self, name: str) -> Columns:
        """The declared columns of an input, with the system columns of landed tables."""
        if "." in name:
            return self._declared(name)
        if name not in self._by_name:
            raise ConfigurationError(
                f"unknown mart {name!r}.", where="include/marts", remedy="Correct the `ref` of its reader."
            )
        return {column: each.type for column, each in self._by_name[name].columns.items()}

    def _existing(self, mart: MartSpec) -> dict[str, frozenset[str]]:
        tables = [physical_name(name) if "." in name else f"{MARTS}.{name}" for name in mart.inputs]
        return self._store.columns(tables)

    def _copy_reference(self, mart: MartSpec) -> None:
        wanted = [physical_name(name) for name in mart.tables_read if is_reference(name)]
        if wanted:
            with self._ledger.connection() as connection:
                for table in wanted:
                    self._store.copy_reference(table, connection)
