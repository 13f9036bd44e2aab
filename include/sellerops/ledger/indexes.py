"""Indexes of a ledger in use are built beside its readers and writers, before the migration that needs them.

``CREATE INDEX`` holds up every writer of its table until the migration's transaction ends: minutes, where the
ledger has millions of rows. ``CREATE INDEX CONCURRENTLY`` holds up nobody, but cannot stand in a transaction.
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

# A smaller table is indexed within the migration in less than a second.
LARGE = 100_000
_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_STATEMENT = re.compile(r"CREATE INDEX IF NOT EXISTS (\w+)\s+ON sellerops\.(\w+)[^;]*;")
_POLL_SECONDS = 0.5


def build_beforehand(conninfo: str) -> list[str]:
    """Build what the migrations to come would build on large tables; the names of the indexes.

    Callers at the same time wait for each other. An index that an earlier try left unfinished is made anew.
    """
    with postgres.connect(conninfo, MIGRATING, autocommit=True) as connection:
        wanted = [each for each in _planned(connection) if _rows(connection, each[1]) >= LARGE]
        if not wanted:
            return []
        _wait_for_turn(connection)
        return [name for name, _, statement in wanted if _build(connection, name, statement)]


def _planned(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str, str]]:
    """Name, table and statement of every index of the revisions that are not there yet."""
    if _value(connection, "SELECT to_regclass('sellerops.alembic_version')") is None:
        return
    revision = str(_value(connection, "SELECT max(version_num) FROM sellerops.alembic_version") or "")
    for path in sorted(_VERSIONS.glob("*.sql")):
        if path.name[:4] > revision:
            for found in _STATEMENT.finditer(path.read_text(encoding="utf-8")):
                yield found[1], found[2], found[0]


def _rows(connection: psycopg.Connection[Any], table: str) -> float:
    """As the planner last counted them; 0 where the table is not there yet."""
    statement = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)"
    return float(_value(connection, statement, f"sellerops.{table}") or 0)


def _wait_for_turn(connection: psycopg.Connection[Any]) -> None:
    """Ask again and again: a statement that waits for the lock would be waited for by the build itself."""
    until = time.monotonic() + MIGRATING.statement
    key = "hashtextextended('sellerops.indexes', 0)"
    while not _value(connection, f"SELECT pg_try_advisory_lock({key})"):
        if time.monotonic() > until:
            raise psycopg.OperationalError("another process has been building indexes for an hour")
        time.sleep(_POLL_SECONDS)


def _build(connection: psycopg.Connection[Any], name: str, statement: str) -> bool:
    """Whether it had to be built."""
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
        return False  # of a revision still to come, which builds the index after it
    return True


def _value(connection: psycopg.Connection[Any], statement: str, *values: Any) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    return row[0] if row else None
