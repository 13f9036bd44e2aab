"""Creates the databases and their roles on a Postgres server.

Only this module logs in as the server's administrator. Airflow's metadata and the warehouse each belong to
their own role; none of the roles is a superuser or may create roles and databases (``sellerops.base.roles``).
None can make the administrator run something of theirs, as its connections use the server's own names only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sellerops.base import postgres
from sellerops.base.postgres import UPKEEP
from sellerops.base.roles import COLLECTOR, OWNER, READER

_NAMESPACE = "JOIN pg_namespace n ON n.oid = "
_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_RELATION = f"""
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c {_NAMESPACE} c.relnamespace
    WHERE {_OURS} AND c.relowner = current_user::regrole::oid
"""
# Queries for the objects that the administrator owns in a database, by the keyword for ALTER ... OWNER TO.
_OWNED = {
    "TABLE": f"{_RELATION} AND c.relkind IN ('r', 'p', 'f')",
    "VIEW": f"{_RELATION} AND c.relkind = 'v'",
    "MATERIALIZED VIEW": f"{_RELATION} AND c.relkind = 'm'",
    # Without the sequences of columns, whose owner follows that of their table.
    "SEQUENCE": f"""
        {_RELATION} AND c.relkind = 'S'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
    """,
    "ROUTINE": f"""
        SELECT p.oid::regprocedure::text FROM pg_proc p {_NAMESPACE} p.pronamespace
        WHERE {_OURS} AND p.proowner = current_user::regrole::oid
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    """,
    "TYPE": f"""
        SELECT format('%I.%I', n.nspname, t.typname) FROM pg_type t {_NAMESPACE} t.typnamespace
        WHERE {_OURS} AND t.typtype IN ('e', 'd') AND t.typowner = current_user::regrole::oid
    """,
    "SCHEMA": f"""
        SELECT quote_ident(n.nspname) FROM pg_namespace n
        WHERE {_OURS} AND n.nspname <> 'public' AND n.nspowner = current_user::regrole::oid
    """,
}


@dataclass(frozen=True)
class Login:
    """A role that logs in."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class WarehouseLogins:
    """The warehouse's three roles, each with its password."""

    owner: Login
    collector: Login
    reader: Login


def create_database(conninfo: str) -> bool:
    """Create the database that ``conninfo`` names unless it exists; return whether it was created."""
    name = str(conninfo_to_dict(conninfo)["dbname"])
    with postgres.connect_privileged(
        make_conninfo(conninfo, dbname="postgres"), UPKEEP, autocommit=True
    ) as connection:
        return _create(connection, name)


def prepare_database(admin: str, name: str, owner: Login) -> bool:
    """Create the database for ``owner`` unless it exists; return whether it was created.

    An existing database is handed over to ``owner`` with everything the administrator created in it. Safe to
    repeat.
    """
    with postgres.connect_privileged(
        make_conninfo(admin, dbname="postgres"), UPKEEP, autocommit=True
    ) as connection:
        ensure_login(connection, owner)
        created = _create(connection, name)
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(owner.name))
        )
    with postgres.connect_privileged(make_conninfo(admin, dbname=name), UPKEEP) as connection:
        for statement in _hand_over(connection, owner):
            connection.execute(statement)
    return created


def prepare_warehouse(admin: str, name: str, logins: WarehouseLogins) -> bool:
    """Create the warehouse and its roles unless they exist; return whether the database was created.

    Migrations do the rest as the owner: they grant what the other two need and hand landing tables over to
    the collector (``sellerops.ledger.grants``). Safe to repeat.
    """
    created = prepare_database(admin, name, logins.owner)
    with postgres.connect_privileged(
        make_conninfo(admin, dbname="postgres"), UPKEEP, autocommit=True
    ) as connection:
        prepare_roles(connection, logins)
        for login in (logins.collector, logins.reader):
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(login.name)
                )
            )
    return created


def prepare_roles(connection: psycopg.Connection[Any], logins: WarehouseLogins) -> None:
    """Create or alter the warehouse's roles. ``connection``: the administrator's.

    The owner may act as the collector, to hand tables over and to replace views over them.
    """
    for login in (logins.owner, logins.collector, logins.reader):
        ensure_login(connection, login)
    owner, collector, reader = (
        sql.Identifier(login.name) for login in (logins.owner, logins.collector, logins.reader)
    )
    connection.execute(sql.SQL("GRANT {} TO {}").format(collector, owner))
    connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(reader))


def ensure_login(connection: psycopg.Connection[Any], login: Login) -> None:
    """Create or alter the role so that it can only log in. ``connection``: the administrator's."""
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.name]).fetchone()
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}").format(
            sql.SQL("ALTER" if found else "CREATE"), sql.Identifier(login.name), sql.Literal(login.password)
        )
    )


def _create(connection: psycopg.Connection[Any], name: str) -> bool:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return False
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def _hand_over(connection: psycopg.Connection[Any], owner: Login) -> Iterator[sql.Composed]:
    """Statements that change the owner. REASSIGN OWNED does not work for the server's first superuser."""
    for kind, query in _OWNED.items():
        for (name,) in connection.execute(query.encode()).fetchall():
            yield sql.SQL("ALTER {} {} OWNER TO {}").format(
                sql.SQL(kind), sql.SQL(name), sql.Identifier(owner.name)
            )


__all__ = [
    "COLLECTOR",
    "OWNER",
    "READER",
    "Login",
    "WarehouseLogins",
    "create_database",
    "ensure_login",
    "prepare_database",
    "prepare_roles",
    "prepare_warehouse",
]
