"""Rebuilding what has changed: one mart at a time, inputs before their readers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.mart_store import MARTS, REFERENCE, BuildCounts, MartStore, Span
from sellerops.ledger import Ledger
from sellerops.marts.changes import collect_changes, queue_readers, register
from sellerops.marts.graph import in_build_order, merged
from sellerops.marts.pending import Pending, add_pending, note_build, pending, remove_pending
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import SpanSql, physical_name
from sellerops.settings.specs import ColumnType

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
    """

    def __init__(
        self,
        ledger: Ledger,
        store: MartStore,
        marts: Sequence[MartSpec],
        declared: Callable[[str], Columns],
        *,
        run: tuple[str, str] | None = None,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._marts = in_build_order(marts)
        self._by_name = {mart.name: mart for mart in self._marts}
        self._declared = declared
        self._run = run

    def look(self) -> int:
        """Take over what has changed since the last look; returns the number of changes."""
        with self._ledger.connection() as connection:
            register(connection, self._store, self._marts)
            return collect_changes(connection, self._store, self._marts)

    def request(self, mart: MartSpec, span: Span, *, cause: str) -> None:
        """Queue partitions by hand."""
        with self._ledger.connection() as connection:
            add_pending(connection, mart.name, self._store.name, [span], cause=cause)

    def build_all(self) -> list[MartBuild]:
        """Look once, then rebuild every mart whose inputs have changed."""
        self.look()
        return [self.build(mart) for mart in self._marts if not mart.computed]

    def build(self, mart: MartSpec) -> MartBuild:
        """Rebuild the queued partitions of one mart, and queue its readers.

        Raises ConfigurationError when its SELECT does not match its inputs, RetryableError when the
        destination is unavailable.
        """
        begun = time.monotonic()
        waiting: list[Pending] = []
        spans: list[Span] = []
        self._store.ensure(mart.table)
        self._copy_reference(mart)
        writer = SpanSql(mart, self._store, self._existing(mart), self.columns_of)

        def parts(connection: Connection) -> Iterator[tuple[Span, str]]:
            waiting[:] = pending(connection, mart.name, self._store.name)
            spans[:] = merged(each.span for each in waiting)
            for span in spans:
                yield span, writer.select(span)

        def settle(connection: Connection, built: Sequence[Span]) -> None:
            remove_pending(connection, waiting)
            queue_readers(connection, self._store, self._marts, mart.name, built)

        counts = self._store.rebuild(mart.table, parts, settle)
        seconds = time.monotonic() - begun
        if spans:
            with self._ledger.connection() as connection:
                note_build(connection, mart.name, self._store.name, spans, counts, seconds, self._run)
            log.info("%s: %s spans, %s rows in %.2f s", mart.name, len(spans), counts.inserted, seconds)
        return MartBuild(mart.name, self._store.name, tuple(spans), counts, seconds)

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
        tables = [physical_name(name) for name in mart.tables_read]
        wanted = [table for table in tables if table.startswith(f"{REFERENCE}.")]
        if wanted:
            with self._ledger.connection() as connection:
                for table in wanted:
                    self._store.copy_reference(table, connection)
