"""The privileges of each role in the warehouse, granted by its owner after every migration.

The collector changes rows of the ledger but not its tables. Landing tables, marts and starter views belong to
it, because loads widen them. A warehouse without that role has one owner for everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from sellerops.base.errors import ConfigurationError
from sellerops.base.roles import COLLECTOR, READER, role_exists
from sellerops.settings.known_sources import SOURCES
from sellerops.settings.mart_tables import MARTS
from sellerops.views.definitions import SCHEMA as VIEWS

Connection = psycopg.Connection[Any]

LEDGER, REFERENCE = "sellerops", "sellerops_reference"
# Holds the raw text of rejected rows, names and addresses included.
CLOSED_TO_READER = ("rejected_row",)
# The collector's privileges on tables that are evidence or that only a migration changes.
LIMITED: dict[str, LiteralString] = {
    "alembic_version": "SELECT",
    "audit_entry": "SELECT, INSERT",
    "deployment": "SELECT, UPDATE",
    "write_call": "SELECT, INSERT, UPDATE",
}
_ROLL: LiteralString = "sellerops.api_call_make_day(date), sellerops.api_call_roll(integer)"
_ALTERED = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"}


def check_owner(connection: Connection, where: str) -> None:
    """Raise ConfigurationError unless this role owns the ledger, or may create it."""
    row = connection.execute(
        "SELECT current_user, pg_get_userbyid(nspowner), pg_has_role(nspowner, 'USAGE') "
        "FROM pg_namespace WHERE nspname = %s",
        (LEDGER,),
    ).fetchone()
    if row is None or row[2]:
        return
    raise ConfigurationError(
        f"{row[0]} may not change the ledger's tables, which belong to {row[1]}.",
        where=where,
        remedy=f"Set SELLEROPS_OWNER to the owner's address (postgresql://{row[1]}:<password>@<host>:5432/"
        "<database>), then run `sellerops ledger migrate`.",
    )


def grant_all(connection: Connection) -> None:
    """Grant the collector and the reader, if they exist, their privileges. Run as the owner; repeatable."""
    grant_database(connection)
    with connection.cursor(row_factory=tuple_row) as cursor:
        if _may_act_as_collector(cursor):
            _grant_collector(cursor)
            _hand_over(cursor)
        if role_exists(connection, READER):
            _grant_reader(cursor)


def grant_database(connection: Connection) -> None:
    """Let the collector, if the role exists, create schemas in this database. Run as the database's owner."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        if _may_act_as_collector(cursor):
            name, role = sql.Identifier(connection.info.dbname), sql.Identifier(COLLECTOR)
            cursor.execute(
                sql.SQL("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}").format(name, role)
            )


@contextmanager
def as_collector(connection: Connection) -> Iterator[None]:
    """Run the block's statements as the collector, if the role exists, within the caller's transaction."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        if not _may_act_as_collector(cursor):
            yield
            return
        cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(COLLECTOR)))
        yield
        cursor.execute("RESET ROLE")


def _may_act_as_collector(cursor: psycopg.Cursor[Any]) -> bool:
    row = cursor.execute(
        "SELECT pg_has_role(oid, 'MEMBER'), current_user FROM pg_roles WHERE rolname = %s", (COLLECTOR,)
    ).fetchone()
    if row is None or row[1] == COLLECTOR:
        return False
    if not row[0]:
        raise ConfigurationError(
            f"{row[1]} may not act as {COLLECTOR}, to which tables are handed over.",
            where="the warehouse's roles",
            remedy=f"As the server's administrator: GRANT {COLLECTOR} TO {row[1]}",
        )
    return True


def _grant_collector(cursor: psycopg.Cursor[Any]) -> None:
    role = sql.Identifier(COLLECTOR)
    for schema in _existing(cursor, (LEDGER, REFERENCE)):
        for rights in (
            "GRANT USAGE ON SCHEMA {} TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}",
        ):
            cursor.execute(sql.SQL(rights).format(sql.Identifier(schema), role))
    for table, rights in LIMITED.items():
        if _exists(cursor, table):
            name = sql.Identifier(LEDGER, table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(name, role))
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), name, role))
    if _exists(cursor, "api_call"):
        cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(_ROLL), role))


def _hand_over(cursor: psycopg.Cursor[Any]) -> None:
    """Transfer to the collector what loads and marts change and an earlier version created as the owner."""
    schemas = _existing(cursor, (*SOURCES, MARTS, VIEWS))
    relations = cursor.execute(
        "SELECT c.relkind::text, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE n.nspname = ANY(%s) AND c.relkind = ANY(%s) "
        "AND c.relowner = current_user::regrole::oid",
        (schemas, list(_ALTERED)),
    ).fetchall()
    role = sql.Identifier(COLLECTOR)
    for schema in schemas:
        cursor.execute(sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(sql.Identifier(schema), role))
    for kind, schema, name in relations:
        cursor.execute(
            sql.SQL("ALTER {} {} OWNER TO {}").format(
                sql.SQL(_ALTERED[kind]), sql.Identifier(schema, name), role
            )
        )


def _grant_reader(cursor: psycopg.Cursor[Any]) -> None:
    """Grant SELECT on the ledger, except where it may hold personal data. Landing tables: ``grant_table``."""
    role = sql.Identifier(READER)
    for schema in _existing(cursor, (LEDGER, REFERENCE)):
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), role))
        cursor.execute(
            sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(sql.Identifier(schema), role)
        )
    for table in CLOSED_TO_READER:
        if _exists(cursor, table):
            cursor.execute(sql.SQL("REVOKE SELECT ON {} FROM {}").format(sql.Identifier(LEDGER, table), role))


def _existing(cursor: psycopg.Cursor[Any], schemas: Iterable[str]) -> list[str]:
    found = cursor.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) ORDER BY nspname", (list(schemas),)
    )
    return [name for (name,) in found]


def _exists(cursor: psycopg.Cursor[Any], table: str) -> bool:
    row = cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{LEDGER}.{table}",)).fetchone()
    return bool(row and row[0])


__all__ = ["LIMITED", "as_collector", "check_owner", "grant_all", "grant_database"]
