"""Building the indexes of large tables concurrently, before the migration that creates them.

``CREATE INDEX`` blocks every writer of its table until the migration's transaction ends: minutes, if the
ledger has millions of rows. ``CREATE INDEX CONCURRENTLY`` blocks nobody, but cannot run in a transaction.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from sellerops.base import postgres
from sellerops.base.postgres import MIGRATING

# Smaller tables are indexed within the migration in less than a second.
LARGE = 100_000
_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_STATEMENT = re.compile(r"CREATE INDEX IF NOT EXISTS (\w+)\s+ON sellerops\.(\w+)[^;]*;")
_POLL_SECONDS = 0.5


def build_beforehand(conninfo: str) -> list[str]:
    """Build the indexes that pending migrations would build on large tables; returns their names.

    Concurrent callers wait for each other. An index that an earlier try left invalid is rebuilt.
    """
    with postgres.connect_privileged(conninfo, MIGRATING, autocommit=True) as connection:
        wanted = [each for each in _planned(connection) if _rows(connection, each[1]) >= LARGE]
        if not wanted:
            return []
        _wait_for_turn(connection)
        return [name for name, _, statement in wanted if _build(connection, name, statement)]


def _planned(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str, str]]:
    """Name, table and statement of every index of the pending revisions."""
    if _value(connection, "SELECT to_regclass('sellerops.alembic_version')") is None:
        return
    revision = str(_value(connection, "SELECT max(version_num) FROM sellerops.alembic_version") or "")
    for path in sorted(_VERSIONS.glob("*.sql")):
        if path.name[:4] > revision:
            for found in _STATEMENT.finditer(path.read_text(encoding="utf-8")):
                yield found[1], found[2], found[0]


def _rows(connection: psycopg.Connection[Any], table: str) -> float:
    """The planner's last estimate; 0 if the table does not exist yet."""
    statement = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)"
    return float(_value(connection, statement, f"sellerops.{table}") or 0)


def _wait_for_turn(connection: psycopg.Connection[Any]) -> None:
    """Poll for the lock: CREATE INDEX CONCURRENTLY would wait for a statement that waits for it."""
    until = time.monotonic() + MIGRATING.statement
    key = "hashtextextended('sellerops.indexes', 0)"
    while not _value(connection, f"SELECT pg_try_advisory_lock({key})"):
        if time.monotonic() > until:
            raise psycopg.OperationalError("another process has been building indexes for an hour")
        time.sleep(_POLL_SECONDS)


def _build(connection: psycopg.Connection[Any], name: str, statement: str) -> bool:
    """Build the index unless a valid one exists; return whether it was built."""
    valid = _value(
        connection,
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
        f"sellerops.{name}",
    )
    if valid:
        return False
    if valid is False:
        connection.execute(f"DROP INDEX CONCURRENTLY sellerops.{name}".encode())
    try:
        connection.execute(statement.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1).encode())
    except (errors.UndefinedColumn, errors.UndefinedTable):
        return False  # a pending revision creates the table or column first, then the index
    return True


def _value(connection: psycopg.Connection[Any], statement: str, *values: Any) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    return row[0] if row else None
