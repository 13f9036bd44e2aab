"""Operations that need one session of the server, with or without a transaction pooler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from sellerops.base.postgres import LOADING, BoundedConnection, Timeouts, connect


@contextmanager
def one_session(
    connection: BoundedConnection[Any], timeouts: Timeouts
) -> Iterator[BoundedConnection[TupleRow]]:
    """Run the block in one session of ``connection``, for what it leaves there, such as a temporary table.

    Yields the connection to use for what must be committed meanwhile. Behind a pooler this is a second one,
    and the block is a single transaction, because a pooler keeps the session for one transaction.
    """
    if not connection.is_pooled:
        yield connection
        return
    with connect(connection.address, timeouts, autocommit=True) as beside, connection.transaction():
        yield beside


@contextmanager
def session_lock(connection: BoundedConnection[Any], key: str) -> Iterator[None]:
    """Wait for the advisory lock of ``key`` and hold it across transactions; it ends with the session.

    Behind a pooler, a transaction on a second connection holds the lock. Raises OperationalError after the
    block if that connection was lost meanwhile.
    """
    if connection.is_pooled:
        with connect(connection.address, LOADING) as holder:
            holder.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
            yield
            holder.execute("SELECT 1")
        return
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (key,))


def execute_single(cursor: psycopg.Cursor[Any], statement: sql.Composed, parameters: Any) -> None:
    """Execute a statement in such a way that the server refuses a second one after a semicolon.

    It is prepared, or, behind a pooler, asks for a binary result: neither uses the simple query protocol,
    which accepts several statements.
    """
    is_pooled = isinstance(cursor.connection, BoundedConnection) and cursor.connection.is_pooled
    cursor.execute(statement, parameters, prepare=not is_pooled, binary=is_pooled or None)
