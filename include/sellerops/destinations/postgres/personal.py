"""Personal columns, in a table of their own beside the landing table: ``<table>__personal``.

Its rows follow those of the landing table: one for each row with a personal value, with the same key and the
same ``load_id``; it is deleted when that row is deleted or rewritten by another document. Retention counts
from ``personal_since``: the row's day, else the report's time. Rows past their retention are never written,
not even by a replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import errors, sql

from sellerops.base.errors import ConfigurationError
from sellerops.base.table_locks import limit_lock_waits, with_tables_locked
from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.postgres.catalog import refuse_mismatched_table
from sellerops.destinations.postgres.ddl import ensure_table, existing_columns
from sellerops.destinations.postgres.shape import PERSONAL_SUFFIX, Shape, column, identifiers
from sellerops.destinations.postgres.writes import Write
from sellerops.settings.specs import Column, ColumnType, ReportSpec, TableSpec, WriteDisposition
from sellerops.views import views_over
from sellerops.views.postgres import detach_views, refresh_views, view_names

Connection = psycopg.Connection[Any]
SINCE = "personal_since"
_GIVEN = sql.Identifier("personal_given")


def personal_shape(spec: ReportSpec, table: str) -> Shape | None:
    """The shape of the table for the personal columns of ``table``; None if it has none."""
    main = spec.tables[table]
    if not main.personal_columns:
        return None
    kept = {name: each for name, each in main.columns.items() if name in main.primary_key or each.personal}
    columns = {name: each.model_copy(update={"personal": False}) for name, each in kept.items()}
    columns[SINCE] = Column(
        type=ColumnType.TIMESTAMP, description="What retention counts from: the row's day, else the report's."
    )
    text = f"Personal data of {spec.source}.{table}, kept {main.personal_retention.days} days."
    beside = main.model_copy(update={"columns": columns, "description": text, "version": None})
    return Shape(
        spec.model_copy(update={"tables": {table + PERSONAL_SUFFIX: beside}}), table + PERSONAL_SUFFIX
    )


def ensure_personal(connection: Connection, main: Shape) -> Shape | None:
    """Create the table for the personal columns of ``main``, and register it with its retention.

    Columns of the landing table that the spec has declared personal since are moved. Raises
    ConfigurationError when a view still reads them there, or when the table was created for another spec.
    """
    shape = personal_shape(main.spec, main.name)
    if shape is None:
        return None
    refuse_mismatched_table(connection, shape, where=f"table {shape.full_name}")
    ensure_table(connection, shape)
    register(connection, main.spec, main.name)
    stray = [name for name in main.table.personal_columns if name in existing_columns(connection, main)]
    if stray:
        _move_out(connection, main, shape, stray)
    return shape


def register(connection: Connection, spec: ReportSpec, table: str) -> None:
    """Record how long the personal rows of ``table`` are kept, so that they expire without the spec too."""
    connection.execute(
        """
        INSERT INTO sellerops.personal_table AS stored (table_name, source, report, retention, columns)
        VALUES (%(name)s, %(source)s, %(report)s, %(retention)s, %(columns)s)
        ON CONFLICT (table_name) DO UPDATE SET retention = excluded.retention, columns = excluded.columns
        WHERE (stored.retention, stored.columns) IS DISTINCT FROM (excluded.retention, excluded.columns)
        """,
        {
            "name": f"{spec.source}.{table}{PERSONAL_SUFFIX}",
            "source": spec.source,
            "report": spec.name,
            "retention": spec.tables[table].personal_retention,
            "columns": list(spec.tables[table].personal_columns),
        },
    )


def write_personal(write: Write, job: LoadJob, load_id: int, shape: Shape) -> int:
    """Update the personal rows to what ``write`` has just done; returns how many were written."""
    writer = _Personal(write, job, load_id, shape)
    for is_null in writer.marketplace_nulls:
        writer.sweep(is_null)
    if not writer.gather():
        return 0
    return sum(writer.insert(is_null) for is_null in writer.marketplace_nulls)


def purge(connection: Connection, table: str, retention: timedelta) -> int:
    """Delete the rows of ``<source>.<table>__personal`` past ``retention``; returns how many."""
    schema, _, name = table.partition(".")
    if connection.execute("SELECT to_regclass(%s)", (f'"{schema}"."{name}"',)).fetchone() == (None,):
        return 0
    statement = sql.SQL("DELETE FROM {} WHERE {} < sellerops.now() - %s")
    return connection.execute(
        statement.format(sql.Identifier(schema, name), column(SINCE)), (retention,)
    ).rowcount


class _Personal:
    """The statements of one load. ``t`` is a personal row, ``m`` the landing table's, ``s`` a staged one."""

    def __init__(self, write: Write, job: LoadJob, load_id: int, shape: Shape) -> None:
        self._write, self._job, self._shape = write, job, shape
        main = job.table_spec
        self._names = [name for name in main.personal_columns if name in write.staged]
        self._parameters: dict[str, Any] = {
            **write.values,
            "personal_load_id": load_id,
            "retention": main.personal_retention,
        }
        zone = sql.Literal(write.timezone)
        days = job.slice.days
        if days and main.write_disposition is WriteDisposition.REPLACE:
            # Wide enough for every time zone; the landing table shows which rows are gone.
            self._parameters["since_first"] = _midnight(min(days)) - timedelta(days=2)
            self._parameters["since_last"] = _midnight(max(days)) + timedelta(days=3)
        self._since = since_of(main, zone, self._staged_day(), sql.SQL("%(reported_at)s::timestamptz"))

    @property
    def marketplace_nulls(self) -> Sequence[bool]:
        """Whether the marketplace is null: each case has its own condition, so that the key's index can serve
        it.
        """
        return (False, True) if "marketplace_id" in self._shape.key else (False,)

    def sweep(self, marketplace_is_null: bool) -> None:
        """Delete rows whose landing row is gone or was rewritten by another load."""
        self._write.connection.execute(
            sql.SQL(
                "DELETE FROM {personal} t WHERE {in_place} AND {touched} AND {marketplace} AND NOT EXISTS "
                "(SELECT FROM {main} m WHERE {same} AND m.load_id = t.load_id)"
            ).format(
                personal=self._shape.identifier,
                in_place=self._write.in_place(),
                touched=self._touched(),
                marketplace=self._marketplace(column("marketplace_id", "t"), marketplace_is_null),
                main=self._write.shape.identifier,
                same=self._same({name: column(name, "t") for name in self._shape.key}, marketplace_is_null),
            ),
            self._parameters,
        )

    def gather(self) -> bool:
        """Copy the rows within retention that have personal values, with their keys; whether there are any.

        Into an analyzed table of their own: the staging table has no statistics, and a join with it may
        compare every row with every other.
        """
        if not self._names:
            return False
        values = {name: self._write.value(name) for name in self._shape.key}
        connection = self._write.connection
        gathered = connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE {given} ON COMMIT DROP AS SELECT {names}, {since} AS {since_name}, {keys} "
                "FROM {rows} AND num_nonnulls({names}) > 0 AND {since} >= sellerops.now() - %(retention)s"
            ).format(
                given=_GIVEN,
                names=identifiers(self._names, "s"),
                since=self._since,
                since_name=column(SINCE),
                keys=sql.SQL(", ").join(
                    sql.SQL("{} AS {}").format(value, column(f"key_of_{name}"))
                    for name, value in values.items()
                ),
                rows=self._write.accepted_rows,
            ),
            self._parameters,
        ).rowcount
        if gathered:
            connection.execute(sql.SQL("ANALYZE {}").format(_GIVEN))
        return gathered > 0

    def insert(self, marketplace_is_null: bool) -> int:
        """Write the gathered values of the rows that this load has written."""
        system = [name for name in self._shape.system if name in self._write.shape.system]
        key = [name for name in self._shape.key if name not in system]
        columns = identifiers([*system, *key, *self._names, SINCE])
        cells = [
            *(column(name, "m") for name in (*system, *key)),
            *(column(name, "s") for name in (*self._names, SINCE)),
        ]
        return self._write.connection.execute(
            sql.SQL(
                "WITH row_of AS MATERIALIZED ("
                "SELECT {cells}, m.load_id AS load_of_row "
                "FROM {given} s JOIN {main} m ON {same} WHERE {marketplace}) "
                "INSERT INTO {personal} ({columns}) SELECT {columns} FROM row_of "
                "WHERE load_of_row = %(personal_load_id)s"
            ).format(
                cells=sql.SQL(", ").join(cells),
                given=_GIVEN,
                main=self._write.shape.identifier,
                same=self._same(
                    {name: column(f"key_of_{name}", "s") for name in self._shape.key}, marketplace_is_null
                ),
                marketplace=self._marketplace(column("key_of_marketplace_id", "s"), marketplace_is_null),
                personal=self._shape.identifier,
                columns=columns,
            ),
            self._parameters,
        ).rowcount

    def _touched(self) -> sql.Composable:
        """Which personal rows this load may have made obsolete; only these are checked."""
        disposition = self._job.table_spec.write_disposition
        if disposition is WriteDisposition.SNAPSHOT:
            return sql.SQL("t.snapshot_at = %(snapshot_at)s")
        if disposition is WriteDisposition.REPLACE:
            return sql.SQL("t.{} BETWEEN %(since_first)s AND %(since_last)s").format(column(SINCE))
        same = [
            sql.SQL("s.{0} = t.{0}").format(column(name))
            for name in self._write.shape.staged_key
            if name != "marketplace_id"
        ]
        return sql.SQL("EXISTS (SELECT FROM {} s WHERE {})").format(
            self._write.staging, sql.SQL(" AND ").join(same)
        )

    def _same(self, values: dict[str, sql.Identifier], marketplace_is_null: bool) -> sql.Composable:
        parts = [
            sql.SQL("m.marketplace_id IS NULL")
            if name == "marketplace_id" and marketplace_is_null
            else sql.SQL("m.{} = {}").format(column(name), value)
            for name, value in values.items()
        ]
        return sql.SQL(" AND ").join(parts)

    def _marketplace(self, marketplace: sql.Identifier, marketplace_is_null: bool) -> sql.Composable:
        if "marketplace_id" not in self._shape.key:
            return sql.SQL("true")
        return sql.SQL("{} IS NULL" if marketplace_is_null else "{} IS NOT NULL").format(marketplace)

    def _staged_day(self) -> sql.Composable | None:
        name = _day_column(self._job.table_spec)
        if name is None:
            return None
        if name == self._job.table_spec.day_from_window:
            return sql.SQL("%({})s::date").format(sql.SQL(name))
        return column(name, "s") if name in self._write.staged else None


def since_of(
    table: TableSpec, zone: sql.Literal, day: sql.Composable | None, reported_at: sql.Composable
) -> sql.Composable:
    """The instant that retention counts from: ``day`` if the row has one, but never after the report."""
    if day is None:
        return reported_at
    name = _day_column(table)
    declared = table.columns.get(name or "")
    if declared is None or declared.type is not ColumnType.TIMESTAMP:
        day = sql.SQL("({}::timestamp AT TIME ZONE {})").format(day, zone)
    return sql.SQL("least({}, {})").format(day, reported_at)


def _day_column(table: TableSpec) -> str | None:
    return table.day_from_window or table.day or table.age_from


def _move_out(connection: Connection, main: Shape, shape: Shape, stray: list[str]) -> None:
    """Move personal columns out of the landing table, and delete their values from the ledger."""
    day = _day_column(main.table)
    has_day = day is not None and day in existing_columns(connection, main)
    since = since_of(
        main.table, sql.Literal("UTC"), column(day or "", "t") if has_day else None, sql.SQL("t.reported_at")
    )
    names = [name for name in shape.columns if name != SINCE and (name in stray or name not in shape.data)]
    names += [name for name in shape.key if name not in names]

    def work() -> None:
        connection.execute(
            sql.SQL(
                "INSERT INTO {personal} ({names}, {since_name}) SELECT {names}, {since} FROM {main} t "
                "WHERE num_nonnulls({stray}) > 0 AND {since} >= sellerops.now() - %s ON CONFLICT DO NOTHING"
            ).format(
                personal=shape.identifier,
                names=identifiers(names),
                since_name=column(SINCE),
                since=since,
                main=main.identifier,
                stray=identifiers(stray),
            ),
            (main.table.personal_retention,),
        )
        with limit_lock_waits(connection):
            for name in stray:
                drop_column(
                    connection,
                    main,
                    name,
                    f"the column `{name}` is personal data by its spec, and a view still reads it here.",
                    f"Let the view read {main.full_name}{PERSONAL_SUFFIX} instead, then clear the load.",
                )
        delete_ledger_values(connection, main.full_name, stray)

    with_tables_locked(connection, [(main.schema_name, main.name)], work, beside=view_names(main.full_name))


def drop_column(connection: Connection, main: Shape, name: str, cause: str, remedy: str) -> None:
    """Drop a column of a landing table, within the caller's transaction.

    A starter view that reads it becomes empty, with a warning. Raises ConfigurationError with ``cause`` and
    ``remedy`` when a view of another schema reads it.
    """
    detach_views(connection, main.full_name)
    try:
        connection.execute(sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(main.identifier, column(name)))
    except errors.DependentObjectsStillExist as error:
        raise ConfigurationError(cause, where=f"table {main.full_name}", remedy=remedy) from error
    refresh_views(connection, views_over(main.full_name))


def delete_ledger_values(connection: Connection, table: str, names: list[str]) -> None:
    """Delete the values of columns from the ledger: changed cells, rejected rows."""
    connection.execute(
        "DELETE FROM sellerops.restatement WHERE table_name = %s AND column_name = ANY(%s)", (table, names)
    )
    connection.execute(
        "UPDATE sellerops.restatement SET old_value = (old_value::jsonb - %(names)s::text[])::text, "
        "new_value = (new_value::jsonb - %(names)s::text[])::text "
        "WHERE table_name = %(table)s AND column_name = ''",
        {"table": table, "names": names},
    )
    connection.execute(
        "UPDATE sellerops.rejected_row SET raw_line = NULL, "
        "value = CASE WHEN column_name = ANY(%(names)s) THEN NULL ELSE value END "
        "FROM sellerops.load WHERE load.id = rejected_row.load_id AND load.table_name = %(table)s",
        {"table": table, "names": names},
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def personal_tables(specs: Sequence[ReportSpec]) -> Iterator[tuple[ReportSpec, str]]:
    """Every table of ``specs`` with personal columns."""
    for spec in specs:
        for name, table in spec.tables.items():
            if table.personal_columns:
                yield spec, name


__all__ = [
    "SINCE",
    "delete_ledger_values",
    "drop_column",
    "ensure_personal",
    "personal_shape",
    "personal_tables",
    "purge",
    "register",
    "write_personal",
]
