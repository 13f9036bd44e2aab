"""Taking ACCESS EXCLUSIVE locks in short tries, so that readers never queue behind a waiting statement.

A statement that waits for such a lock (ALTER TABLE, CREATE INDEX, TRUNCATE) blocks every later reader of the
table until the transactions ahead of it end, even idle ones. So each try waits only briefly, and nothing is
held between two tries.

All sessions lock in this order: the tables' DDL locks (advisory, by name), the tables themselves, the schema
while a table is created (``sellerops.schema:...``), the locks of single loads (``sellerops.load:...``,
``sellerops.history:...``). Every wait for the first two is bounded.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.rows import tuple_row

from sellerops.base.errors import TableInUse

Connection = psycopg.Connection[Any]
_Result = TypeVar("_Result")

TRIES = 20
WAIT_MS = 200
# Longer than the server's deadlock_timeout (1 s), after which it cancels an autovacuum that blocks us.
VACUUM_WAIT_MS = 1500
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0


def with_tables_locked(
    connection: Connection,
    tables: Sequence[tuple[str, str]],
    work: Callable[[], _Result],
    *,
    beside: Sequence[tuple[str, str]] = (),
) -> _Result:
    """Call ``work`` in one transaction that holds exclusive locks on ``tables`` (schema, name), if they
    exist.

    ``beside``: other relations that ``work`` may lock itself (with ``limit_lock_waits``). If one of them is
    in use, the try ends as well.

    Within the caller's transaction this is a savepoint, and the locks last until that transaction ends.
    Call it there before anything else, so that nothing is locked during the pauses. Raises TableInUse, naming
    the blocking sessions, after ``TRIES`` tries.
    """
    wait, pause = WAIT_MS, FIRST_PAUSE
    for number in range(1, TRIES + 1):
        try:
            with connection.transaction():
                _lock(connection, tables, wait)
                return work()
        except errors.LockNotAvailable:
            holders = _holders(connection, [*tables, *beside])
            if number == TRIES:
                raise _in_use([*tables, *beside], holders) from None
        is_vacuum = bool(holders) and all(kind == "autovacuum worker" for *_, kind in holders)
        wait = VACUUM_WAIT_MS if is_vacuum else WAIT_MS
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(LONGEST_PAUSE, pause * 1.5)
    raise AssertionError("the last try returns or raises")


@contextmanager
def limit_lock_waits(connection: Connection, wait: int = WAIT_MS) -> Iterator[None]:
    """In the caller's transaction, limit lock waits of the block's statements to ``wait`` milliseconds."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        (before,) = cursor.execute("SELECT current_setting('lock_timeout')").fetchone() or ("0",)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", (f"{wait}ms",))
        yield
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", (before,))


def _lock(connection: Connection, tables: Sequence[tuple[str, str]], wait: int) -> None:
    with limit_lock_waits(connection, wait), connection.cursor(row_factory=tuple_row) as cursor:
        for schema, name in sorted(set(tables)):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"sellerops.ddl:{schema}.{name}",)
            )
        there = [each for each in sorted(set(tables)) if _oids(cursor, [each])]
        if there:
            names = sql.SQL(", ").join(sql.Identifier(*each) for each in there)
            cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))


def _oids(cursor: psycopg.Cursor[Any], tables: Sequence[tuple[str, str]]) -> list[int]:
    """The oids of tables and views with these names, and of a partitioned table's partitions."""
    rows = cursor.execute(
        "SELECT member.relid FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "CROSS JOIN LATERAL (SELECT pg_class.oid AS relid "
        "UNION SELECT relid FROM pg_partition_tree(pg_class.oid)) AS member "
        "WHERE (nspname, relname) IN (SELECT * FROM unnest(%s::text[], %s::text[])) "
        "AND relkind IN ('r', 'p', 'v')",
        ([schema for schema, _ in tables], [name for _, name in tables]),
    )
    return [oid for (oid,) in rows if oid]


def _holders(
    connection: Connection, tables: Sequence[tuple[str, str]]
) -> list[tuple[int, str | None, str | None, str | None, datetime | None, str | None]]:
    """Other sessions with a lock on the tables: pid, application, user, state, since, kind; without their
    queries.

    Without ``pg_read_all_stats`` a role sees only pid, application and user of other users' sessions.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(
            "SELECT DISTINCT pid, nullif(application_name, ''), usename, state, xact_start, backend_type "
            "FROM pg_locks JOIN pg_stat_activity AS session USING (pid) "
            "WHERE locktype = 'relation' AND granted AND relation = ANY(%s::oid[]) "
            "AND pid <> pg_backend_pid() AND pg_locks.database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) "
            "ORDER BY xact_start NULLS LAST LIMIT 5",
            (_oids(cursor, tables),),
        ).fetchall()


def _session(holder: tuple[Any, ...]) -> str:
    pid, application, user, state, since, _ = holder
    parts = [f"pid {pid}", application and f"application {application}", user and f"user {user}", state]
    if since:
        parts.append(f"in a transaction since {since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    return ", ".join(filter(None, parts))


def _in_use(tables: Sequence[tuple[str, str]], holders: Sequence[tuple[Any, ...]]) -> TableInUse:
    names = ", ".join(sorted(f"{schema}.{name}" for schema, name in set(tables)))
    sessions = "; ".join(map(_session, holders))
    first = holders[0][0] if holders else None
    return TableInUse(
        f"its structure cannot be changed while other sessions use it ({sessions or 'none visible'}).",
        where=f"table {names}",
        remedy=(
            "Airflow retries automatically. To end the blocking session, as its user or a superuser: "
            f"`SELECT pg_terminate_backend({first});`"
            if first
            else ""
        ),
        pids=[pid for pid, *_ in holders],
    )
