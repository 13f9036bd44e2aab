"""Finds and removes unknown personal columns in Postgres that landed before loads checked column names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import errors, sql

from sellerops.base.errors import RetryableError
from sellerops.destinations.postgres.catalog import existing_columns
from sellerops.destinations.postgres.locks import lock_table
from sellerops.destinations.postgres.personal import delete_ledger_values, drop_column
from sellerops.destinations.postgres.shape import Shape, column
from sellerops.destinations.undeclared_personal import UndeclaredColumn, is_undeclared_personal
from sellerops.settings.specs import ReportSpec

Connection = psycopg.Connection[Any]
_LOCK_TIMEOUT = "10s"


def find_undeclared_personal(
    connection: Connection, specs: Sequence[ReportSpec]
) -> Iterator[tuple[Shape, list[UndeclaredColumn]]]:
    """Each table of ``specs`` that has such columns, with the columns."""
    for shape in (Shape(spec, name) for spec in specs for name in spec.tables):
        found = [name for name in existing_columns(connection, shape) if is_undeclared_personal(shape, name)]
        if found:
            yield (
                shape,
                [UndeclaredColumn(shape.full_name, name, _count(connection, shape, name)) for name in found],
            )


def remove_undeclared_personal(connection: Connection, shape: Shape, names: Sequence[str]) -> None:
    """Drop the columns and the ledger's copies of their values. Waits up to ten seconds for readers.

    Raises RetryableError when the table is in use for longer, ConfigurationError when a view reads a column.
    """
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            lock_table(connection, shape.full_name)
            for name in names:
                drop_column(
                    connection,
                    shape,
                    name,
                    f"a view still reads the column `{name}`, which looks like personal data.",
                    "Drop the view or take the column out of it, then run the command again.",
                )
            delete_ledger_values(connection, shape.full_name, list(names))
            mark_documents(connection, shape.full_name, names)
    except errors.LockNotAvailable as error:
        raise RetryableError(
            "the table is in use.",
            where=f"table {shape.full_name}",
            remedy="Run the command again when no load or long query is using it.",
        ) from error


def mark_documents(connection: Connection, table: str, names: Sequence[str]) -> None:
    """Make the documents loaded since the columns appeared expire with the personal data."""
    connection.execute(
        """
        INSERT INTO sellerops.personal_document (uri, report, columns)
        SELECT DISTINCT document->>'uri', report, %(names)s::text[]
        FROM sellerops.load
        WHERE table_name = %(table)s AND document->>'uri' IS NOT NULL AND id >= (
            SELECT min(load_id) FROM sellerops.schema_change
            WHERE table_name = %(table)s AND column_name = ANY(%(names)s)
        )
        ON CONFLICT (uri) DO NOTHING
        """,
        {"table": table, "names": list(names)},
    )


def _count(connection: Connection, shape: Shape, name: str) -> int:
    row = connection.execute(
        sql.SQL("SELECT count({}) FROM {}").format(column(name), shape.identifier)
    ).fetchone()
    return int(row[0]) if row else 0
