"""Rebuilds tables from the archive, without calling Amazon.

Recorded loads are repeated in order into new tables beside the live ones; then the two are compared, or the
new tables replace the live ones. Documents that were never loaded, because they were quarantined or could not
be read, are not loaded now either.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import psycopg

from sellerops.archive import Archive
from sellerops.base import postgres
from sellerops.base.errors import (
    ConfigurationError,
    GiveUpError,
    RetryableError,
    TableInUse,
    UnreadableDocument,
)
from sellerops.base.postgres import LOADING
from sellerops.base.table_locks import with_tables_locked
from sellerops.destinations import open_destination
from sellerops.destinations.postgres.locks import lock_table
from sellerops.destinations.postgres.rebuild import Comparison, Rebuild, scratch_spec
from sellerops.ledger import Ledger
from sellerops.ledger.history import recorded_loads
from sellerops.reprocess.load_steps import (
    LoadStep,
    Scope,
    UncheckedDestination,
    has_slice,
    load_step,
    step_of,
    step_of_sidecar,
)
from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)

DESTINATION = "postgres"
_CATCH_UPS = 20


@dataclass
class ReplayResult:
    """The result for one table. ``skipped``: documents that could not be loaded, with the reason."""

    comparison: Comparison
    loads: int = 0
    kept_rows: int = 0
    skipped: list[str] = field(default_factory=list)
    is_in_place: bool = False


def replay(
    ledger: Ledger,
    archive: Archive,
    spec: ReportSpec,
    scope: Scope,
    *,
    check: bool = False,
    from_archive: bool = False,
    progress: Callable[[str], None] = log.info,
) -> list[ReplayResult]:
    """Rebuild the tables of ``spec`` and replace the live ones in one transaction; ``check`` only compares.

    ``from_archive``: for a ledger that is lost or incomplete. Documents without a recorded load are found
    through their sidecars and get new loads. ``progress`` gets a line per table.
    Raises UnreadableDocument if a document of a recorded load is missing, and GiveUpError if the live tables
    have rows that cannot be rebuilt; in both cases nothing is changed.
    """
    names = [name for name in spec.tables if scope.tables is None or name in scope.tables]
    unknown = set(scope.tables or ()) - set(names)
    if unknown:
        raise ConfigurationError(
            f"{spec.name} has no table {', '.join(sorted(unknown))}.",
            remedy=f"Use one of: {', '.join(spec.tables)}.",
        )
    tables = [_Table(ledger, archive, spec, name, scope, from_archive) for name in names]
    with _exclusive(ledger, spec):
        for table in tables:
            table.build()
            progress(f"{table.full_name}: {table.result_loads} loads repeated")
        done = [table.compare() for table in tables]
        if not check:
            for table, each in zip(tables, done, strict=True):
                table.refuse_loss(each)
            _swap(ledger, tables)
            for each in done:
                each.is_in_place = True
        else:
            for table in tables:
                table.clear()
    return done


class _Table:
    """The rebuild of one table."""

    def __init__(
        self,
        ledger: Ledger,
        archive: Archive,
        spec: ReportSpec,
        name: str,
        scope: Scope,
        from_archive: bool,
    ) -> None:
        self._ledger, self._archive = ledger, archive
        self._spec, self._name, self._scope = spec, name, scope
        self._from_archive = from_archive
        self.rebuild = Rebuild.of(spec, name)
        self.full_name = self.rebuild.live.full_name
        self.ids: dict[int, int] = {}
        self.known: set[int] = set()
        self._by_sidecar: set[str] = set()
        self._kept = 0
        self._keeps = False
        self.result_loads = 0
        self._left_out: list[str] = []

    def build(self) -> None:
        self.clear()
        with self._connect() as connection:
            self.rebuild.refuse_other_rows(connection, is_partial=self._scope.is_partial)
        self.ids, self.known, self.result_loads, self._left_out = {}, set(), 0, []
        recorded = self._new_records()
        steps = [*self._steps_of_archive(recorded), *recorded] if self._from_archive else recorded
        if not steps:
            raise GiveUpError(
                "no load is recorded." if not self._from_archive else "the archive has no document for it.",
                where=f"table {self.full_name}",
                remedy="Check the report, --table and the archive.",
            )
        chosen = [step for step in steps if self._scope.includes(step)]
        deleted = {step.load_id for step in chosen if self._is_deleted(step)}
        chosen = [step for step in chosen if step.load_id is None or step.load_id not in deleted]
        self._keeps = bool(deleted) or (self._scope.is_partial and not self._from_archive)
        if self._keeps:
            repeated = [step.load_id for step in chosen if step.load_id is not None]
            with self._connect() as connection, connection.transaction():
                self._kept = self.rebuild.copy_kept_rows(connection, repeated)
        self._load(chosen)

    def catch_up(self) -> None:
        """Repeat the loads made since.

        If rows were kept from the live table, start over, because those may have changed.
        """
        if self._keeps:
            self.build()
        else:
            self._load(self._new_records())

    def compare(self) -> ReplayResult:
        with self._connect() as connection, connection.transaction():
            connection.execute("SET LOCAL TIME ZONE 'UTC'")
            comparison = self.rebuild.compare(connection)
        return ReplayResult(comparison, self.result_loads, self._kept, self._left_out)

    def refuse_loss(self, done: ReplayResult) -> None:
        """Raise GiveUpError if the live table has rows that cannot be rebuilt."""
        unknown = 0
        if not self._from_archive:
            with self._connect() as connection:
                unknown = self.rebuild.count_orphan_rows(connection)
        if unknown:
            raise GiveUpError(
                f"{unknown:,} rows belong to loads that are not in the ledger.",
                where=f"table {self.full_name}",
                remedy="Nothing was changed. Run the replay with --from-archive; it reads the sidecars.",
            )
        if self._from_archive and self._left_out and done.comparison.only_live:
            raise GiveUpError(
                f"{len(self._left_out)} documents are missing or unreadable (first: {self._left_out[0]}), "
                f"and {done.comparison.only_live:,} rows of the live table cannot be rebuilt.",
                where=f"table {self.full_name}",
                remedy="Nothing was changed; --check shows the difference. Restore the documents, or, if you "
                f"can lose these rows, TRUNCATE {self.full_name} and run the replay again.",
            )

    def clear(self) -> None:
        with self._connect() as connection, connection.transaction():
            self.rebuild.clear(connection)

    def _is_deleted(self, step: LoadStep) -> bool:
        """Whether the step's document was deleted after its retention; its live rows are then kept."""
        if step.load_id is None or step.uri is None:
            return False
        deletion = self._archive.deletion_of(step.uri)
        if deletion:
            self._left_out.append(f"{step.uri}: {deletion}; its rows stay unchanged")
        return deletion is not None

    def _new_records(self) -> list[LoadStep]:
        """Loads in the ledger that are not in ``known`` yet; adds them to it."""
        with self._ledger.connection() as connection:
            records = recorded_loads(connection, self.full_name, DESTINATION)
        new = [record for record in records if record.load_id not in self.known]
        self.known.update(record.load_id for record in new)
        # For old loads without a slice, the sidecar knows more than the ledger: the document and its slice.
        by_sidecar = [record for record in new if self._from_archive and record.uri and not has_slice(record)]
        self._by_sidecar.update(str(record.uri) for record in by_sidecar)
        return [step_of(self._spec, self._name, record) for record in new if record not in by_sidecar]

    def _steps_of_archive(self, recorded: list[LoadStep]) -> Iterator[LoadStep]:
        """Steps for documents without a load in the ledger; for others, the ledger knows the slice better."""
        recorded_documents = {(step.uri, step.meta.reported_at) for step in recorded}
        sidecars = sorted(
            self._archive.sidecars_of_report(self._spec.source, self._spec.name),
            key=lambda each: _age(each[1]),
        )
        without = self._by_sidecar - {uri for uri, sidecar in sidecars if sidecar}
        if without:
            raise GiveUpError(
                f"the archive lacks the sidecars of {len(without)} loaded documents.",
                where=f"table {self.full_name}",
                remedy=f"Restore the archive; the first missing one is of {min(without)}.",
            )
        # Read after the list, so that documents quarantined in the meantime are included.
        quarantined = self._quarantined()
        for uri, sidecar in sidecars:
            if sidecar is None:
                self._left_out.append(f"{uri}: its sidecar is damaged")
                continue
            if "deleted" in sidecar and (deletion := self._archive.deletion_of(uri)):
                self._left_out.append(f"{uri}: {deletion}")
                continue
            step = step_of_sidecar(self._spec, self._name, uri, sidecar)
            key = step.slice_.account_id, step.slice_.days[0], step.slice_.days[-1], step.meta.reported_at
            if key not in quarantined and (step.uri, step.meta.reported_at) not in recorded_documents:
                yield step

    def _quarantined(self) -> set[tuple[Any, ...]]:
        """Documents that wait for a decision or were rejected, as far as the ledger still knows them."""
        with self._ledger.connection() as connection:
            rows = connection.execute(
                "SELECT account_id, first_day, last_day, reported_at FROM sellerops.quarantine "
                "WHERE table_name = %s AND state <> 'RELEASED'",
                (self.full_name,),
            ).fetchall()
        return {
            (r["account_id"], r["first_day"], r["last_day"], r["reported_at"].astimezone(UTC)) for r in rows
        }

    def _load(self, steps: list[LoadStep]) -> None:
        spec = scratch_spec(self._spec)
        destination = UncheckedDestination(open_destination(DESTINATION, self._ledger.database.conninfo))
        for step in steps:
            try:
                (result,) = load_step(destination, self._archive, spec, step)
            except UnreadableDocument as error:
                if step.load_id is not None:
                    raise  # its rows are in the live table
                self._left_out.append(f"{step.uri}: {error.cause}")
                continue
            self.result_loads += 1
            if step.load_id is not None:
                self.ids[result.load_id] = step.load_id

    def _connect(self) -> psycopg.Connection[Any]:
        return postgres.connect(self._ledger.database.conninfo, LOADING, autocommit=True)


def _age(sidecar: dict[str, Any] | None) -> tuple[str, str]:
    return (str(sidecar["request"].get("reported_at")), str(sidecar["fetched_at"])) if sidecar else ("", "")


def _swap(ledger: Ledger, tables: list[_Table]) -> None:
    """Swap all tables in one transaction, after repeating the loads made during the rebuild."""
    locked = [each for table in tables for each in table.rebuild.locked_tables]
    for _ in range(_CATCH_UPS):
        try:
            with postgres.connect(ledger.database.conninfo, LOADING, autocommit=True) as connection:
                for table in tables:
                    table.rebuild.ensure_tables(connection)
                with connection.transaction():
                    # Wait for loads in progress, then block readers for the duration of the swap.
                    for name in sorted(table.full_name for table in tables):
                        lock_table(connection, name)
                    with_tables_locked(connection, locked, lambda: None)
                    for table in tables:
                        table.rebuild.replace_live_rows(connection, table.ids, known=table.known)
            return
        except TableInUse:
            raise
        except RetryableError:
            for table in tables:
                table.catch_up()
        except psycopg.OperationalError as error:
            raise RetryableError(
                f"Postgres failed: {str(error).strip()}",
                where=f"table {tables[0].full_name}",
                remedy="Nothing was changed. Run the replay again.",
            ) from error
    raise RetryableError(
        "new loads arrive faster than they can be repeated.",
        where=f"table {tables[0].full_name}",
        remedy="Pause the report's DAG, then run the replay again.",
    )


@contextmanager
def _exclusive(ledger: Ledger, spec: ReportSpec) -> Iterator[None]:
    # Within one transaction, because even a pooler keeps the session for its duration.
    with postgres.connect(ledger.database.conninfo, LOADING) as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"sellerops.replay:{spec.dag_id}",)
        ).fetchone()
        if not row or not row[0]:
            raise RetryableError(
                "another replay is running.",
                where=f"report {spec.name}",
                remedy="Wait until it has finished.",
            )
        yield
