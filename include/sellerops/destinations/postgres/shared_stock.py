"""The view ``<table>__once``, created and replaced by the loads of its table."""

from __future__ import annotations

from psycopg import errors, sql

from sellerops.base.errors import ConfigurationError
from sellerops.base.reader_role import grant_table
from sellerops.base.table_locks import with_tables_locked
from sellerops.destinations.postgres.ddl import Connection
from sellerops.destinations.postgres.shape import Shape
from sellerops.destinations.shared_stock import SUFFIX, shared_stock_query


def ensure_shared_stock_view(connection: Connection, shape: Shape) -> None:
    """Create the view of ``shape``, or replace it if its text has changed.

    Grants survive if columns are only added. Raises ConfigurationError if the view must be recreated and
    another view depends on it.
    """
    query = shared_stock_query(shape, shape.identifier.as_string(connection), _quoted)
    if query is None:
        return
    view = sql.Identifier(shape.schema_name, shape.name + SUFFIX)
    row = connection.execute(
        "SELECT obj_description(to_regclass(%s), 'pg_class')", (view.as_string(connection),)
    ).fetchone()
    if row and row[0] == query:
        return
    select = sql.SQL(query)

    def work() -> None:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(view, select))
        except errors.InvalidTableDefinition:
            _recreate(connection, view, select, shape)
        grant_table(connection, shape.schema_name, shape.name + SUFFIX)
        connection.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(view, sql.Literal(query)))

    with_tables_locked(connection, [(shape.schema_name, shape.name + SUFFIX)], work)


def drop_shared_stock_view(connection: Connection, shape: Shape) -> None:
    """Drop the view, so that its table's types can change; the next load creates it again."""
    view = sql.Identifier(shape.schema_name, shape.name + SUFFIX)
    connection.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(view))


def _recreate(connection: Connection, view: sql.Identifier, select: sql.SQL, shape: Shape) -> None:
    name = f"{shape.full_name}{SUFFIX}"
    try:
        connection.execute(sql.SQL("DROP VIEW {}").format(view))
    except errors.DependentObjectsStillExist as error:
        raise ConfigurationError(
            "the spec's columns have changed, and another view reads this one.",
            where=f"view {name}",
            remedy=f"Drop that view, clear the load, then recreate it: {name} then has its new columns.",
        ) from error
    connection.execute(sql.SQL("CREATE VIEW {} AS {}").format(view, select))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
