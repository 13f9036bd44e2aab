"""Reading the warehouse with a role that cannot change it.

Checks, exports and pages read as role ``sellerops_reader``, in read-only transactions. The role may SELECT
from landing tables and from the ledger, but not from tables of personal data or from rejected rows, which
hold raw text. Each table is granted individually when it is created, so a new table is closed by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from sellerops.base import postgres
from sellerops.base.errors import ConfigurationError
from sellerops.base.postgres import READING, BoundedConnection, Timeouts
from sellerops.base.roles import READER, role_exists


@contextmanager
def read_only(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection with one read-only, repeatable-read transaction in UTC.

    Raises ConfigurationError for a superuser, whom neither grants nor a read-only transaction restrict
    (``pg_read_file``, ``COPY ... TO PROGRAM``).
    """
    with open_reader(conninfo, READING) as connection:
        yield connection


def open_reader(
    conninfo: str, timeouts: Timeouts, *, application_name: str = "sellerops reading"
) -> BoundedConnection[TupleRow]:
    """Open a connection whose transactions are read-only and repeatable-read, in UTC.

    Raises ConfigurationError for a superuser, as ``read_only`` does.
    """
    connection = postgres.connect(conninfo, timeouts, autocommit=True, application_name=application_name)
    try:
        _refuse_superuser(connection)
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


def grant_table(connection: psycopg.Connection[Any], schema: str, table: str) -> None:
    """Let the reader SELECT from a table or view, if that role exists."""
    if not role_exists(connection, READER):
        return
    role = sql.Identifier(READER)
    lock_schema(connection, schema)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), role))
    connection.execute(
        sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(schema, table), role)
    )  # fmt: skip


def lock_schema(connection: psycopg.Connection[Any], schema: str) -> None:
    """Lock the creation and the grants of a schema until the transaction ends.

    Postgres refuses the second of two concurrent grants on one schema.
    """
    key = f"sellerops.schema:{schema}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def first_line(error: Exception) -> str:
    """The first line of a database error, without the statement it quotes below."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _refuse_superuser(connection: psycopg.Connection[Any]) -> None:
    status = connection.info.parameter_status("is_superuser")
    if status is None:  # a pooler may not report it
        (status,) = connection.execute("SHOW is_superuser").fetchone() or ("",)
    if status != "on":
        return
    raise ConfigurationError(
        f"{connection.info.user} is a superuser; checks and exports need a read-only role.",
        where=f"Postgres {connection.info.host}:{connection.info.port}/{connection.info.dbname}",
        remedy=f"Set role {READER} in connection {READER} (docs/first-account.md), then clear the task.",
    )
