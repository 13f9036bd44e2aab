"""Personal columns, in a table of their own beside the landing table: ``<table>__personal``.

Its rows follow those of the landing table: one for each row that has a personal value, under the same key
and the same ``load_id``, gone when that row is gone or another document wrote it. ``personal_since`` is what
retention counts from: the row's day, else the report's time. Older rows are never written, not by a replay
either.
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
    """The shape of the table beside ``table`` that takes its personal columns; None where it has none."""
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
    """Make the table of the personal columns of ``main``, and write it into the ledger with its retention.

    Personal columns that stand in the landing table, because the spec called them personal only later, are
    moved. Raises ConfigurationError when something in the database still needs them there, or the table was
    made for another spec.
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
    """Note how long the personal rows of ``table`` are kept; the ledger knows it when the spec is gone."""
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
    """Bring the personal rows in step with what ``write`` has just done; returns how many were written."""
    writer = _Personal(write, job, load_id, shape)
    for shop in writer.shops:
        writer.sweep(shop)
    return sum(writer.insert(shop) for shop in writer.shops) if writer.gather() else 0


def purge(connection: Connection, table: str, retention: timedelta) -> int:
    """Delete the rows of ``<source>.<table>__personal`` that are past their time; how many."""
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
            # Wide enough for every reading of a day; which rows are gone the landing table says.
            self._parameters["since_first"] = _midnight(min(days)) - timedelta(days=2)
            self._parameters["since_last"] = _midnight(max(days)) + timedelta(days=3)
        self._since = since_of(main, zone, self._staged_day(), sql.SQL("%(reported_at)s::timestamptz"))

    @property
    def shops(self) -> Sequence[bool]:
        """Whether the shop is null: each way has a condition of its own, which the key's index can serve."""
        return (False, True) if "marketplace_id" in self._shape.key else (False,)

    def sweep(self, shop_is_null: bool) -> None:
        """Delete rows whose landing row is gone, or of another load by now."""
        self._write.connection.execute(
            sql.SQL(
                "DELETE FROM {personal} t WHERE {in_place} AND {touched} AND {shop} AND NOT EXISTS "
                "(SELECT FROM {main} m WHERE {same} AND m.load_id = t.load_id)"
            ).format(
                personal=self._shape.identifier,
                in_place=self._write.in_place(),
                touched=self._touched(),
                shop=self._shop(column("marketplace_id", "t"), shop_is_null),
                main=self._write.shape.identifier,
                same=self._same({name: column(name, "t") for name in self._shape.key}, shop_is_null),
            ),
            self._parameters,
        )

    def gather(self) -> bool:
        """Put the young rows with personal values aside, under their keys; whether there are any.

        A table of its own, and analyzed: joined straight from the staging table, whose estimates are guesses,
        the planner may compare every row with every other.
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

    def insert(self, shop_is_null: bool) -> int:
        """Write the gathered values of those rows that this load has written."""
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
                "FROM {given} s JOIN {main} m ON {same} WHERE {shop}) "
                "INSERT INTO {personal} ({columns}) SELECT {columns} FROM row_of "
                "WHERE load_of_row = %(personal_load_id)s"
            ).format(
                cells=sql.SQL(", ").join(cells),
                given=_GIVEN,
                main=self._write.shape.identifier,
                same=self._same(
                    {name: column(f"key_of_{name}", "s") for name in self._shape.key}, shop_is_null
                ),
                shop=self._shop(column("key_of_marketplace_id", "s"), shop_is_null),
                personal=self._shape.identifier,
                columns=columns,
            ),
            self._parameters,
        ).rowcount

    def _touched(self) -> sql.Composable:
        """Which personal rows this load can have left behind; the others need not be looked at."""
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

    def _same(self, values: dict[str, sql.Identifier], shop_is_null: bool) -> sql.Composable:
        parts = [
            sql.SQL("m.marketplace_id IS NULL")
            if name == "marketplace_id" and shop_is_null
            else sql.SQL("m.{} = {}").format(column(name), value)
            for name, value in values.items()
        ]
        return sql.SQL(" AND ").join(parts)

    def _shop(self, shop: sql.Identifier, shop_is_null: bool) -> sql.Composable:
        if "marketplace_id" not in self._shape.key:
            return sql.SQL("true")
        return sql.SQL("{} IS NULL" if shop_is_null else "{} IS NOT NULL").format(shop)

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
    """The instant retention counts from: ``day`` where the row has one, but never later than the report."""
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
    """Personal columns of the landing table go to their own, and out of what the ledger kept of them."""
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
        forget(connection, main.full_name, stray)

    with_tables_locked(connection, [(main.schema_name, main.name)], work, beside=view_names(main.full_name))


def drop_column(connection: Connection, main: Shape, name: str, cause: str, remedy: str) -> None:
    """Drop a column of a landing table, within the caller's transaction.

    A starter view that reads it is without rows from now on, with a warning. ConfigurationError, with these
    words, when a view of another schema reads it.
    """
    detach_views(connection, main.full_name)
    try:
        connection.execute(sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(main.identifier, column(name)))
    except errors.DependentObjectsStillExist as error:
        raise ConfigurationError(cause, where=f"table {main.full_name}", remedy=remedy) from error
    refresh_views(connection, views_over(main.full_name))


def forget(connection: Connection, table: str, names: list[str]) -> None:
    """Delete what the ledger kept of the values of columns: changed cells, rejected rows."""
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
    """Every table of ``specs`` that has personal columns."""
    for spec in specs:
        for name, table in spec.tables.items():
            if table.personal_columns:
                yield spec, name


__all__ = [
    "SINCE",
    "drop_column",
    "ensure_personal",
    "forget",
    "personal_shape",
    "personal_tables",
    "purge",
    "register",
    "write_personal",
]
