"""Rebuilds what has changed, one mart at a time, inputs before their readers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sellerops.base.errors import CheckFailed, ConfigurationError
from sellerops.base.postgres import LOADING
from sellerops.destinations.mart_store import MARTS, BuildCounts, MartStore, Span
from sellerops.ledger import Ledger
from sellerops.marts.build_tools import BuildTools
from sellerops.marts.changes import collect_changes
from sellerops.marts.computed import COMPUTED
from sellerops.marts.computed_marts import ComputedMarts
from sellerops.marts.graph import in_build_order, searched_columns
from sellerops.marts.pending import (
    days_built,
    note_build,
    pending,
    waiting_marts,
)
from sellerops.marts.registration import RETIRED, register
from sellerops.marts.select_marts import SelectMarts
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import is_reference, physical_name
from sellerops.reference.config_tables import synchronise
from sellerops.settings.specs import ColumnType

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
Columns = Mapping[str, ColumnType]


@dataclass(frozen=True)
class MartBuild:
    """What a rebuild of a mart did; no spans if no input has changed."""

    mart: str
    destination: str
    spans: tuple[Span, ...] = ()
    counts: BuildCounts = field(default_factory=BuildCounts)
    seconds: float = 0.0


class MartBuilder:
    """Builds marts in one destination.

    :param marts: all marts, because a rebuilt mart queues all marts that read it.
    :param declared: the columns of a landed or reference table by its spec, named as in a mart's ``inputs``;
        raises ConfigurationError for an unknown table.
    :param run: ids of the DAG and its run, to be recorded.
    :param broken: names of marts whose file is currently unreadable (``register``).
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
        self._run = run
        self._broken = broken
        self._tools = BuildTools(ledger, store, self._marts, declared, broken)
        self._select, self._compute = SelectMarts(self._tools), ComputedMarts(self._tools)

    @property
    def marts(self) -> list[MartSpec]:
        """All marts, inputs before their readers."""
        return list(self._marts)

    def look(self) -> int:
        """Queue what has changed since the last look and return the number of changes."""
        tables = [name for mart in self._marts for name in mart.tables_read if is_reference(name)]
        with self._ledger.connection() as connection:
            synchronise(connection, {name.partition(".")[2] for name in tables})
        with self._ledger.connection() as connection:
            register(connection, self._store.name, self._marts, self._broken)
        self._drop_retired()
        self._store.prepare(searched_columns(self._marts))
        # The connection stays open while the rows of loads are searched, which may take minutes in large
        # tables.
        with self._ledger.database.connection(LOADING) as connection, self._store.session("marts"):
            changes = collect_changes(connection, self._store, self._marts)
        for mart in self._marts:
            self._compute.queue_due(mart)
        return changes

    def _drop_retired(self) -> None:
        names = set(RETIRED) - {mart.name for mart in self._marts} - set(self._broken)
        for table in self._store.columns([f"{MARTS}.{name}" for name in sorted(names)]):
            try:
                self._store.drop(table)
            except ConfigurationError as error:
                log.warning("%s Marts are built anyway, and every look tries again.", error)
            else:
                log.info("%s: no mart of this version has this table; it was dropped", table)

    def queue(self, mart: MartSpec, spans: Iterable[Span], *, cause: str) -> None:
        """Queue partitions by hand. A mart without days is queued without day bounds."""
        self._tools.queue(mart, spans, cause=cause)

    def of_accounts(self, span: Span) -> list[Span]:
        """The span itself, or one for each account with loads in this destination if it names no account."""
        return self._tools.of_accounts(span)

    def queue_again(self, mart: MartSpec) -> bool:
        """Queue again the days of a mart that this run has rebuilt. Returns whether there were any."""
        with self._ledger.connection() as connection:
            days = days_built(connection, mart.name, self._store.name, self._run) if self._run else []
        spans = [one for first, last in days for one in self.of_accounts(Span("", None, first, last))]
        self.queue(mart, spans, cause="by hand")
        return bool(spans)

    def waiting(self, group: str | None = None) -> list[MartSpec]:
        """The marts, of one group if given, with queued partitions, and their readers, in build order."""
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
        # Computed marts take minutes, during which a connection would be idle.
        with nullcontext() if mart.computed else self._store.session(f"mart {mart.name}"):
            if not self._is_due(mart):
                return MartBuild(mart.name, self._store.name)
            self._copy_reference(mart)
            spans, counts = (self._compute if mart.computed else self._select).build(mart)
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

    @property
    def store(self) -> MartStore:
        """Where the marts are built."""
        return self._store

    def mistakes(self, mart: MartSpec) -> list[CheckFailed]:
        """The tests in a mart's header that fail on its stored rows."""
        if not self._store.columns([mart.table.full_name]):
            return []
        writer = self._tools.writer(mart)
        spans = self.of_accounts(Span("")) if mart.tests else []
        found: dict[str, CheckFailed] = {}
        for check in (check for span in spans for check in writer.checks(span)):
            rows = self._store.rows(f"SELECT * FROM (\n{check.sql}\n) AS found LIMIT 3")
            if rows:
                found.setdefault(check.name, check.failure(mart.name, rows))
        return list(found.values())

    def rows(self, mart: MartSpec, span: Span) -> list[dict[str, Any]]:
        """What a rebuild would store in a span of a mart with a SELECT."""
        return self._store.rows(self._tools.writer(mart).select(span))

    def columns_of(self, name: str) -> Columns:
        """The declared columns of an input, with the system columns of landed tables."""
        return self._tools.columns_of(name)

    def _copy_reference(self, mart: MartSpec) -> None:
        wanted = [physical_name(name) for name in mart.tables_read if is_reference(name)]
        if wanted:
            with self._ledger.connection() as connection:
                for table in wanted:
                    self._store.copy_reference(table, connection)
