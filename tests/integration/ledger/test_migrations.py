"""Every migration, forward and back, over tables that hold rows.

Each revision's new tables get rows before the next one runs, so no migration sees an empty ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from support.postgres import PostgresServer

from sellerops.base.errors import ConfigurationError
from sellerops.doctor.migrations import all_revisions
from sellerops.ledger.database import migrate

Connection = psycopg.Connection[Any]
REVISIONS = sorted(all_revisions())
# Values of columns that a CHECK or a foreign key restricts, by table and column.
SPECIAL = {
    **{f"load.{name}": "0" for name in ("rejected", "updated", "unchanged", "superseded")},
    "report_request.status": "'ARCHIVED'",
    "inbound_run.state": "'confirmed'",
    "write_call.state": "'answered'",
    "write_call.answer": "'{}'",
    "write_call.sent_at": "now()",
}
_VALUES = {
    "text": "'x'", "bigint": "1", "integer": "1", "smallint": "1", "boolean": "true", "numeric": "1",
    "double precision": "1", "date": "'2026-11-20'", "timestamp with time zone": "now()", "jsonb": "'{}'",
    "uuid": "gen_random_uuid()", "ARRAY": "'{}'", "interval": "'1 day'", "bytea": "''", "character": "'x'",
}  # fmt: skip
_CHOICE = re.compile(r"\((\w+) = ANY \(ARRAY\['(\w+)'")


@pytest.fixture
def empty(postgres_server: PostgresServer) -> Iterator[str]:
    fresh = postgres_server.create_empty()
    yield fresh
    postgres_server.drop_database(fresh)


def tables_of(connection: Connection) -> set[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'sellerops'::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'"
    )
    return {name for (name,) in rows}


def counts(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(f"SELECT count(*) FROM sellerops.{name}").fetchone()[0]  # type: ignore[index]
        for name in tables_of(connection)
    }


def fill(connection: Connection, table: str) -> None:
    """Insert a row with a value in every column or, where checks forbid that, in every required one."""
    try:
        with connection.transaction():
            insert(connection, table, only_required=False)
    except psycopg.errors.CheckViolation:
        insert(connection, table, only_required=True)


def insert(connection: Connection, table: str, *, only_required: bool) -> None:
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'sellerops' "
        "AND table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO' "
        "AND (NOT %s OR (is_nullable = 'NO' AND column_default IS NULL))",
        (table, only_required),
    ).fetchall()
    choices = dict(
        found.groups()
        for (text,) in connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'c' AND conrelid = %s::regclass",
            (f"sellerops.{table}",),
        )
        for found in _CHOICE.finditer(text)
    )
    references = {
        column: f"(SELECT {target} FROM {name} LIMIT 1)"
        for column, name, target in connection.execute(
            "SELECT a.attname, c.confrelid::regclass::text, b.attname FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
            "JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1] "
            "WHERE c.contype = 'f' AND c.conrelid = %s::regclass",
            (f"sellerops.{table}",),
        )
    }
    values = {
        column: references.get(column)
        or SPECIAL.get(f"{table}.{column}")
        or (f"'{choices[column]}'" if column in choices else _VALUES[kind])
        for column, kind in columns
    }
    connection.execute(
        f"INSERT INTO sellerops.{table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"
    )


def fill_new(connection: Connection, known: set[str]) -> set[str]:
    """Rows for the tables that are new, those first that others refer to."""
    present = tables_of(connection)
    waiting = sorted(name for name in present - known if not counts(connection)[name])
    if "api_call" in waiting:
        connection.execute("SELECT sellerops.api_call_make_day(current_date)")
    while waiting:
        left = []
        for name in waiting:
            try:
                with connection.transaction():
                    fill(connection, name)
            except (psycopg.errors.NotNullViolation, psycopg.errors.ForeignKeyViolation):
                left.append(name)
        assert len(left) < len(waiting), left
        waiting = left
    return present


def test_every_migration_keeps_the_rows_forward_and_back(empty: str) -> None:
    known: set[str] = set()
    for revision in REVISIONS:
        migrate(empty, revision)
        with psycopg.connect(empty) as connection:
            known = fill_new(connection, known)
    with psycopg.connect(empty) as connection:
        before = counts(connection)
    assert all(before.values()), before
    for revision in [*reversed(REVISIONS[:-1]), "base"]:
        migrate(empty, revision)
        with psycopg.connect(empty) as connection:
            now = counts(connection) if revision != "base" else {}
        # A table goes as a whole, with its migration; what stays has all its rows.
        assert now == {name: before[name] for name in now}, revision
    migrate(empty)
    with psycopg.connect(empty) as connection:
        assert tables_of(connection) == before.keys()


def test_back_and_forward_again_over_rows(empty: str) -> None:
    """From the newest revision one back and forth: what an upgrade that was taken back does."""
    migrate(empty)
    with psycopg.connect(empty) as connection:
        connection.execute(
            "INSERT INTO sellerops.notice (key, claim_token) VALUES ('kept', gen_random_uuid())"
        )
    migrate(empty, REVISIONS[-3])
    migrate(empty)
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT key FROM sellerops.notice").fetchall() == [("kept",)]


def test_an_unknown_revision_is_named(empty: str) -> None:
    with pytest.raises(ConfigurationError, match="unknown migration 9999") as unknown:
        migrate(empty, "9999")
    assert REVISIONS[-1] in unknown.value.remedy
