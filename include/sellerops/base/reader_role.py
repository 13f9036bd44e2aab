"""Reading the warehouse without the power to change it.

Checks, exports and pages read as role ``sellerops_reader``, in read-only transactions. The role may SELECT
from landing tables and from the ledger, but not from tables of personal data and not from rejected rows,
which keep what a file held. Each table is granted as it is made, so a table nobody thought of stays closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from sellerops.base import postgres
from sellerops.base.errors import ConfigurationError
from sellerops.base.postgres import READING

READER = "sellerops_reader"
# Keeps the text of rows that could not be stored: whatever the file held, names and addresses included.
_CLOSED = ("rejected_row",)


@contextmanager
def read_only(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    """One read-only transaction in UTC that sees one state of all tables, on a connection of its own.

    Raises ConfigurationError for a superuser, whom neither grants nor a read-only transaction hold back
    (``pg_read_file``, ``COPY ... TO PROGRAM``).
    """
    with postgres.connect(conninfo, READING, application_name="sellerops reading") as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        _refuse_superuser(connection)
        yield connection


def grant_table(connection: psycopg.Connection[Any], schema: str, table: str) -> None:
    """Let the reader SELECT from a table or view, where that role exists."""
    if not _has_reader(connection):
        return
    role = sql.Identifier(READER)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), role))
    connection.execute(
        sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(schema, table), role)
    )  # fmt: skip


def grant_ledger(connection: psycopg.Connection[Any]) -> None:
    """Let the reader SELECT from the ledger, but for what may hold personal data."""
    if not _has_reader(connection):
        return
    role = sql.Identifier(READER)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA sellerops TO {}").format(role))
    connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA sellerops TO {}").format(role))
    for name in _CLOSED:
        connection.execute(
            sql.SQL("REVOKE SELECT ON {} FROM {}").format(sql.Identifier("sellerops", name), role)
        )


def first_line(error: Exception) -> str:
    """What a database says, without the statement it quotes below."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _has_reader(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,))
    return found.fetchone() is not None


def _refuse_superuser(connection: psycopg.Connection[Any]) -> None:
    if connection.info.parameter_status("is_superuser") != "on":
        return
    raise ConfigurationError(
        f"{connection.info.user} is a superuser; checks and exports use a role that only reads.",
        where=f"Postgres {connection.info.host}:{connection.info.port}/{connection.info.dbname}",
        remedy=f"Let connection {READER} use role {READER} (docs/first-account.md), then clear the task.",
    )
