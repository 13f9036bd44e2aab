"""One load: stage the rows, then do everything else in one transaction under the table's lock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from psycopg import sql

from sellerops.base.errors import CheckFailed, ConfigurationError, Quarantined
from sellerops.base.postgres import LOADING, UPKEEP, BoundedConnection, connect
from sellerops.base.sessions import one_session
from sellerops.destinations.differences import Migration, record_definition
from sellerops.destinations.error_rules import typed_errors
from sellerops.destinations.jobs import LoadJob, refuse_mostly_rejected
from sellerops.destinations.ledger_rows import (
    Watermarks,
    has_columns,
    load_values,
    record_personal_columns,
    write_drift,
    write_load,
    write_rejects,
)
from sellerops.destinations.mart_dialect import MartDialect
from sellerops.destinations.mart_store import MartStore
from sellerops.destinations.postgres.catalog import existing_columns, refuse_mismatched_table
from sellerops.destinations.postgres.ddl import Connection, describe_table, ensure_table
from sellerops.destinations.postgres.duplicates import find_duplicates, reject_duplicates
from sellerops.destinations.postgres.locks import lock_place
from sellerops.destinations.postgres.merges import Merge
from sellerops.destinations.postgres.personal import ensure_personal
from sellerops.destinations.postgres.personal_rows import write_personal
from sellerops.destinations.postgres.plausibility import PostgresSums
from sellerops.destinations.postgres.restatement import delete_overtaken, write_restatements
from sellerops.destinations.postgres.shape import Shape, identifiers
from sellerops.destinations.postgres.shared_stock import ensure_shared_stock_view
from sellerops.destinations.postgres.staging import Staging
from sellerops.destinations.postgres.unit_merges import UnitMerge
from sellerops.destinations.postgres.writes import Write
from sellerops.destinations.postgres_errors import POSTGRES_RULES
from sellerops.destinations.quarantining import record_quarantined, refuse_implausible, supersede_quarantined
from sellerops.destinations.restatement_history import lock_history
from sellerops.destinations.results import LoadResult, WriteCounts, load_counts
from sellerops.destinations.row_sources import RowSource
from sellerops.destinations.shape import SYSTEM
from sellerops.destinations.undeclared_personal import UndeclaredColumn
from sellerops.ledger.models import LoadCounts
from sellerops.settings.specs import ReportSpec, WriteDisposition

_ANALYZE_FROM = 1_000
_SYSTEM = frozenset({"source_line", "line_hash", "marketplace_id"})


class PostgresDestination:
    """Landing tables in the database that also holds the ledger (schema ``sellerops``).

    :param conninfo: libpq connection string or URL. Nothing is opened before the first load; each load has a
        connection of its own, so loads may run in threads.
    :param ledger: the same as ``conninfo``, or None. Raises ConfigurationError for another database, because
        one transaction writes rows and ledger.
    """

    name = "postgres"

    def __init__(self, conninfo: str, *, ledger: str | None = None) -> None:
        if ledger not in (None, conninfo):
            raise ConfigurationError(
                "the Postgres destination and the ledger are in different databases.",
                where="destination postgres",
                remedy="Give both the same connection: one transaction writes rows and ledger.",
            )
        self._conninfo = conninfo

    def close(self) -> None:
        """Do nothing: no connection stays open between loads."""

    def migrate(self, spec: ReportSpec, table: str, *, check: bool = False) -> Migration:
        """Migrate a populated table to its spec; ``check`` only plans.

        Raises ConfigurationError when a view depends on the table, TableInUse when other sessions keep
        using it.
        """
        from sellerops.destinations.postgres.migration import migrate_table

        where = f"table {spec.source}.{table}"
        with (
            typed_errors(where, POSTGRES_RULES),
            connect(self._conninfo, LOADING, autocommit=True) as connection,
        ):
            return migrate_table(connection, spec, table, check=check)

    @staticmethod
    def row_source(conninfo: str) -> RowSource:
        """A reader of the tables, with the role of ``conninfo``."""
        from sellerops.destinations.postgres.row_source import PostgresRowSource

        return PostgresRowSource(conninfo)

    @staticmethod
    def mart_dialect() -> MartDialect:
        """The SQL dialect of marts in Postgres."""
        from sellerops.destinations.postgres.mart_dialect import PostgresMartDialect

        return PostgresMartDialect()

    @staticmethod
    def mart_store(conninfo: str, *, ledger: str) -> MartStore:
        """The mart store, used as the role of ``conninfo``."""
        from sellerops.destinations.postgres.mart_store import PostgresMartStore

        return PostgresMartStore(conninfo)

    def undeclared_personal(
        self, specs: Sequence[ReportSpec], *, remove: bool = False
    ) -> list[UndeclaredColumn]:
        """See ``FindsUndeclaredPersonal``. Raises RetryableError when a table to change stays in use."""
        from sellerops.destinations.postgres import undeclared_personal as personal

        with connect(self._conninfo, UPKEEP, autocommit=True) as connection:
            found = list(personal.find_undeclared_personal(connection, specs))
            for shape, columns in found if remove else ():
                personal.remove_undeclared_personal(connection, shape, [each.column for each in columns])
        return [each for _, columns in found for each in columns]

    def load(self, job: LoadJob) -> LoadResult:
        """Store all rows of ``job``, or none. See ``Destination.load``.

        Raises whatever reading the rows raises; CheckFailed when the counts do not add up; Quarantined when a
        person must decide first; ConfigurationError when the table or the ledger does not match;
        RetryableError when Postgres is unavailable or the table is in use.
        """
        where = f"{job.request.where}, table {job.full_name}"
        with (
            typed_errors(where, POSTGRES_RULES),
            connect(self._conninfo, LOADING, autocommit=True) as connection,
        ):
            # A sample of 6,000 rows is enough to plan queries on tables that are read once.
            connection.configure({"default_statistics_target": "20"})
            with one_session(connection, LOADING) as tables:
                return _Load(connection, tables, self.name, job, where).run()


class _Load:
    """The steps of one load. ``connection`` has the staged rows; ``tables`` commits what must not wait for
    them. Without a pooler, both are the same connection.
    """

    def __init__(
        self,
        connection: BoundedConnection[Any],
        tables: Connection,
        destination: str,
        job: LoadJob,
        where: str,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._destination = destination
        self._job = job
        self._where = where
        self._begun = time.monotonic()
        self._personal: Shape | None = None

    def run(self) -> LoadResult:
        connection, tables, rows = self._connection, self._tables, self._job.rows
        load_id, started_at = self._open()
        staging = Staging(connection)
        staging.create(rows.schema)
        staged = staging.fill(rows.texts())
        record_personal_columns(tables, self._job)
        refuse_mostly_rejected(self._job, where=self._where)
        shape = Shape(self._job.spec, self._job.table, tuple(rows.drift.added))
        refuse_mismatched_table(tables, shape, where=f"table {shape.full_name}")
        new_columns = ensure_table(tables, shape)
        record_definition(tables, self._destination, shape, lambda: describe_table(tables, shape))
        self._personal = ensure_personal(tables, shape)
        ensure_shared_stock_view(tables, shape)
        if staged >= _ANALYZE_FROM:
            # Rows are joined on these columns; no plan depends on the values of others.
            connection.execute(
                sql.SQL("ANALYZE {} ({})").format(staging.identifier, identifiers(shape.staged_key))
            )
        try:
            with connection.transaction():
                return self._settle(shape, staging, staged, load_id, started_at, new_columns)
        except Quarantined as error:
            raise record_quarantined(tables, self._job, self._destination, error) from None

    def _open(self) -> tuple[int, datetime]:
        row = self._tables.execute("SELECT nextval('sellerops.load_id'), sellerops.now()").fetchone()
        assert row is not None
        return int(row[0]), row[1].astimezone(UTC)

    def _settle(
        self,
        shape: Shape,
        staging: Staging,
        staged: int,
        load_id: int,
        started_at: datetime,
        new_columns: list[str],
    ) -> LoadResult:
        """Write the rows and the ledger in the caller's transaction."""
        job, connection = self._job, self._connection
        lock_place(connection, job)
        lock_history(connection, job)
        connection.execute("SET LOCAL work_mem = '64MB'")
        columns = frozenset(staging.columns)
        duplicates = find_duplicates(connection, shape, staging.identifier, columns)
        target = {
            name: kind
            for name, kind in existing_columns(connection, shape).items()
            if name not in shape.system and name not in SYSTEM
        }
        write = Write(
            connection=connection,
            shape=shape,
            staging=staging.identifier,
            staged=columns - _SYSTEM,
            target_columns=target,
            values=job.row_values(load_id),
            timezone=job.slice.timezone,
            has_duplicates=duplicates.rows > 0,
            given=staged - duplicates.losing,
        )
        marks = Watermarks.of(connection, self._destination, job)
        refuse_implausible(marks, job, PostgresSums(write, job))
        supersede_quarantined(connection, job, self._destination)
        changes = self._changes(write, marks, load_id, new_columns)
        write_restatements(write, job, marks, load_id, new_columns, changes)
        written = changes.merge() if changes else self._replace(write, marks, load_id)
        if self._personal:
            write_personal(write, job, load_id, self._personal)
        counts = load_counts(job, written, losing=duplicates.losing, begun=self._begun)
        self._check(staged, counts, duplicates.losing)
        write_rejects(connection, load_id, job.rejects)
        if duplicates.losing:
            reject_duplicates(connection, shape, staging.identifier, load_id)
        changed: dict[str, str] = {}
        if has_columns(job):
            extra = [name for name in target if name not in job.table_spec.columns]
            changed = write_drift(connection, job, load_id, job.rows.drift, extra)
        write_load(connection, load_values(job, self._destination, load_id, started_at, counts))
        return LoadResult.of(
            job,
            load_id,
            counts,
            losing=duplicates.losing,
            new_columns=new_columns,
            changed_columns=changed,
        )

    def _changes(
        self, write: Write, marks: Watermarks, load_id: int, new_columns: list[str]
    ) -> Merge | UnitMerge | None:
        """What a merge will change; None if the table is not merged."""
        table = write.shape.table
        if table.write_disposition is not WriteDisposition.MERGE:
            return None
        if table.unit:
            units = UnitMerge(write)
            units.find_changes()
            return units
        merge = Merge(write, partial(delete_overtaken, write, self._job, marks, load_id, new_columns))
        merge.find_changes()
        return merge

    def _replace(self, write: Write, marks: Watermarks, load_id: int) -> WriteCounts:
        job, disposition = self._job, self._job.table_spec.write_disposition
        days, reported_at = job.slice.days, job.request.reported_at
        stale = marks.newer_days(days, reported_at)
        marks.record([day for day in days if day not in set(stale)], reported_at, load_id)
        if disposition is WriteDisposition.SNAPSHOT:
            return write.snapshot(is_stale=bool(stale))
        return write.replace(days, stale)

    def _check(self, staged: int, counts: LoadCounts, losing: int) -> None:
        """Raise CheckFailed, which rolls back, unless every row of the file is stored or rejected."""
        spooled = len(self._job.rejects)
        if (
            counts.rows_in_file == counts.stored + counts.rejected
            and staged == counts.stored + losing
            and spooled == counts.rejected - losing
        ):
            return
        raise CheckFailed(
            f"the file has {counts.rows_in_file} rows, but {counts.stored} were stored and {counts.rejected} "
            f"rejected ({staged} staged, {spooled} reject lines).",
            where=self._where,
            remedy="Nothing was stored. This is a bug in sellerops: report it with the archived document.",
        )
