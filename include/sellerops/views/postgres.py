"""Creates the views in Postgres, and replaces them when one of their tables appears or changes.

A view is never dropped, only replaced, so its grants and the views that people built on it remain. When a
table's structure changes, its views are replaced by empty ones and restored in the same transaction.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from sellerops.base.reader_role import grant_table
from sellerops.settings.specs.sql_types import SQL_TYPES
from sellerops.views.definitions import SCHEMA, Dialect, StarterView, starter_views, views_over

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]


def refresh_views(connection: Connection, views: Iterable[StarterView] | None = None) -> list[str]:
    """Update ``views`` (None: all) for the tables that exist; returns the names of those that changed.

    A view that does not match its tables, because a spec of this installation differs, is created without
    their rows and a warning is logged, so that no load or migration fails because of a view.
    """
    changed = []
    with connection.cursor(row_factory=tuple_row) as cursor:
        for view in starter_views() if views is None else views:
            landed = _landed(cursor, view)
            text = view.sql(DIALECT, frozenset(landed))
            mark = _mark(text, view, landed)
            if _is_in_step(cursor, view, mark):
                continue
            try:
                with connection.transaction():
                    _replace(connection, view, text)
            except psycopg.ProgrammingError as error:  # a column is missing, or of another type
                log.warning(
                    "View %s.%s stays without rows: %s", SCHEMA, view.name, str(error).splitlines()[0]
                )
                _replace_without_rows(connection, view)
                mark = ""
            _note(cursor, view, mark)
            changed.append(view.name)
    return changed


def _replace_without_rows(connection: Connection, view: StarterView) -> None:
    """Create the view without rows of landing tables, or without any if an older ledger lacks tables."""
    try:
        with connection.transaction():
            _replace(connection, view, view.sql(DIALECT, frozenset()))
    except psycopg.ProgrammingError:
        _replace(connection, view, view.empty_sql(DIALECT))


def detach_views(connection: Connection, table: str | None = None) -> None:
    """Remove the views' dependency on the landing table ``<source>.<table>`` (None: any), until refreshed.

    Call it in the transaction that changes the table, so that nobody sees the views empty.
    """
    views = starter_views() if table is None else views_over(table)
    with connection.cursor(row_factory=tuple_row) as cursor:
        for view in views:
            if _exists(cursor, SCHEMA, view.name):
                _replace(connection, view, view.empty_sql(DIALECT))
                _note(cursor, view, "")


def restore_views(connection: Connection) -> None:
    """Refresh the views that exist; a ledger of an older version has fewer."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        present = [view for view in starter_views() if _exists(cursor, SCHEMA, view.name)]
        if present:
            refresh_views(connection, present)


def view_names(table: str) -> list[tuple[str, str]]:
    """Schema and name of the views over a landing table, for ``with_tables_locked``."""
    return [(SCHEMA, view.name) for view in views_over(table)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(name: str) -> str:
    schema, _, table = name.partition(".")
    return f"{_quoted(schema)}.{_quoted(table)}"


DIALECT = Dialect(
    types=SQL_TYPES,
    table=_table,
    quoted=_quoted,
    marketplace="sellerops.marketplace",
    eight_days_ago="sellerops.now() - INTERVAL '8 days'",
)


def _replace(connection: Connection, view: StarterView, text: str) -> None:
    name = sql.Identifier(SCHEMA, view.name)
    connection.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(name, sql.SQL(text)))
    comments = [sql.SQL("COMMENT ON VIEW {} IS {}").format(name, sql.Literal(view.description))]
    comments += [
        sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(
            name, sql.Identifier(column), sql.Literal(each.description)
        )
        for column, each in view.columns.items()
    ]
    connection.execute(sql.SQL("; ").join(comments))
    grant_table(connection, SCHEMA, view.name)


def _landed(cursor: psycopg.Cursor[Any], view: StarterView) -> dict[str, int]:
    """The view's tables that exist, with their oids: a table of the same name may have been recreated."""
    found = {}
    for table in view.parts:
        row = cursor.execute("SELECT to_regclass(%s)::oid", (_table(table),)).fetchone()
        if row and row[0]:
            found[table] = int(row[0])
    return found


def _mark(text: str, view: StarterView, landed: dict[str, int]) -> str:
    """A digest of what a view is built from; if it changes, the view must be recreated."""
    content = f"{text}\n{landed}\n{view.description}\n{view.columns}"
    return hashlib.sha256(content.encode()).hexdigest()


def _is_in_step(cursor: psycopg.Cursor[Any], view: StarterView, mark: str) -> bool:
    row = cursor.execute("SELECT mark FROM sellerops.starter_view WHERE name = %s", (view.name,)).fetchone()
    return bool(row and row[0] == mark and _exists(cursor, SCHEMA, view.name))


def _note(cursor: psycopg.Cursor[Any], view: StarterView, mark: str) -> None:
    cursor.execute(
        "INSERT INTO sellerops.starter_view (name, mark) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET mark = excluded.mark, changed_at = sellerops.now()",
        (view.name, mark),
    )


def _exists(cursor: psycopg.Cursor[Any], schema: str, name: str) -> bool:
    row = cursor.execute("SELECT to_regclass(%s)", (_table(f"{schema}.{name}"),)).fetchone()
    return bool(row and row[0])
