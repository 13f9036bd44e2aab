"""What needs one session of the server, directly and behind a transaction pooler."""

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
    """Keep what the block leaves in the session of ``connection``, such as a temporary table.

    Yields the connection for what has to be committed meanwhile. Behind a pooler that is a second one, and
    the block is one transaction, for which a pooler keeps the session.
    """
    if not connection.is_pooled:
        yield connection
        return
    with connect(connection.address, timeouts, autocommit=True) as beside, connection.transaction():
        yield beside


@contextmanager
def session_lock(connection: BoundedConnection[Any], key: str) -> Iterator[None]:
    """Hold the advisory lock of ``key`` over several transactions; waits for it, and ends with the session.

    Behind a pooler, a transaction of a second connection holds it. Raises OperationalError after the block if
    that one was cut meanwhile.
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
    """Execute a statement so that the server refuses a second one behind a semicolon.

    Prepared, or behind a pooler with a binary result: either way not by the protocol that takes several.
    """
    is_pooled = isinstance(cursor.connection, BoundedConnection) and cursor.connection.is_pooled
    cursor.execute(statement, parameters, prepare=not is_pooled, binary=is_pooled or None)
