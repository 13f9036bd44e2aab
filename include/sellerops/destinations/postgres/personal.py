"""Personal columns, which are in a table of their own beside the landing table: ``<table>__personal``.

It has one row for each landing row with a personal value, with the same key and the same ``load_id``; the row
is deleted when its landing row is deleted or rewritten by another document. Retention counts from
``personal_since``: the row's day or, if it has none, the report's time. Rows past their retention are never
written, not even by a replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import errors, sql

from sellerops.base.errors import ConfigurationError
from sellerops.base.table_locks import limit_lock_waits, with_tables_locked
from sellerops.destinations.postgres.catalog import existing_columns, refuse_mismatched_table
from sellerops.destinations.postgres.ddl import ensure_table
from sellerops.destinations.postgres.shape import PERSONAL_SUFFIX, Shape, column, identifiers
from sellerops.settings.specs import Column, ColumnType, ReportSpec, TableSpec
from sellerops.views import views_over
from sellerops.views.postgres import detach_views, refresh_views, view_names

Connection = psycopg.Connection[Any]
SINCE = "personal_since"


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

    Columns of the landing table that the spec has since declared personal are moved there. Raises
    ConfigurationError when a view still reads them in the landing table, or when the personal table was
    created for another spec.
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
    """Record how long the personal rows of ``table`` are kept, so that they expire even without the spec."""
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


def purge(connection: Connection, table: str, retention: timedelta) -> int:
    """Delete the rows of ``<source>.<table>__personal`` past ``retention``; returns how many."""
    schema, _, name = table.partition(".")
    if connection.execute("SELECT to_regclass(%s)", (f'"{schema}"."{name}"',)).fetchone() == (None,):
        return 0
    statement = sql.SQL("DELETE FROM {} WHERE {} < sellerops.now() - %s")
    return connection.execute(
        statement.format(sql.Identifier(schema, name), column(SINCE)), (retention,)
    ).rowcount


def since_of(
    table: TableSpec, zone: sql.Literal, day: sql.Composable | None, reported_at: sql.Composable
) -> sql.Composable:
    """The instant from which retention counts: ``day`` if the row has one, but never after the report."""
    if day is None:
        return reported_at
    name = day_column(table)
    declared = table.columns.get(name or "")
    if declared is None or declared.type is not ColumnType.TIMESTAMP:
        day = sql.SQL("({}::timestamp AT TIME ZONE {})").format(day, zone)
    return sql.SQL("least({}, {})").format(day, reported_at)


def day_column(table: TableSpec) -> str | None:
    """The column with the row's day or date; None if rows have neither."""
    return table.day_from_window or table.day or table.age_from


def _move_out(connection: Connection, main: Shape, shape: Shape, stray: list[str]) -> None:
    """Move personal columns out of the landing table, and delete their values from the ledger."""
    day = day_column(main.table)
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
                    f"the column `{name}` is personal data according to its spec, but a view reads it here.",
                    f"Make the view read {main.full_name}{PERSONAL_SUFFIX} instead, then clear the load.",
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
    """Delete the values of columns from the ledger's changed cells and rejected rows."""
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


def personal_tables(specs: Sequence[ReportSpec]) -> Iterator[tuple[ReportSpec, str]]:
    """Every table of ``specs`` with personal columns."""
    for spec in specs:
        for name, table in spec.tables.items():
            if table.personal_columns:
                yield spec, name


__all__ = [
    "SINCE",
    "day_column",
    "delete_ledger_values",
    "drop_column",
    "ensure_personal",
    "personal_shape",
    "personal_tables",
    "purge",
    "register",
    "since_of",
]
