"""Indexes of large tables are built beside readers and writers, before the migration that needs them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from support.postgres import PostgresServer

from sellerops.ledger import Ledger, database, indexes
from sellerops.ledger.database import migrate

BEFORE = "0017"
RUN = "slice_state_by_run"


@pytest.fixture
def former(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A ledger of the version before, with slices enough to count as large here."""
    fresh = postgres_server.create_empty()
    migrate(fresh, BEFORE)
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO sellerops.slice_state (report, account_id, day, state, dag_id, run_id) "
            "SELECT 'orders', 'a', date '2020-01-01' + n, 'LOADED', 'd', 'r' "
            "FROM generate_series(1, 500) AS n"
        )
        connection.execute("ANALYZE sellerops.slice_state")
    monkeypatch.setattr(indexes, "LARGE", 500)
    yield fresh
    postgres_server.drop_database(fresh)


def _indexes(conninfo: str) -> dict[str, bool]:
    """Whether each index is valid, by name."""
    with psycopg.connect(conninfo) as connection:
        return dict(
            connection.execute(
                "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
                "WHERE relnamespace = 'sellerops'::regnamespace"
            ).fetchall()
        )


def test_those_of_large_tables_come_first_and_the_rest_with_the_migration(
    former: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert indexes.build_beforehand(former) == [RUN, "slice_state_by_time", "slice_state_unsettled"]
    found = _indexes(former)
    assert found[RUN] and "load_by_time" not in found
    assert indexes.build_beforehand(former) == []
    migrate(former)
    found = _indexes(former)
    assert found["load_by_time"] and "slice_state_by_day" not in found
    assert indexes.build_beforehand(former) == []


def test_an_upgrade_builds_them_automatically(former: str, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def build(conninfo: str) -> list[str]:
        built.extend(indexes.build_beforehand(conninfo))
        return built

    monkeypatch.setattr(database, "build_beforehand", build)
    Ledger(former).migrate()
    assert RUN in built
    assert all(_indexes(former).values())


def test_writers_of_the_table_are_not_blocked(former: str) -> None:
    """The build waits for uncommitted rows, but their writer does not wait for the build."""
    with psycopg.connect(former) as writer:
        writer.execute("UPDATE sellerops.slice_state SET state = 'FAILED' WHERE day = '2020-01-02'")
        with psycopg.connect(former, autocommit=True) as builder:
            builder.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                builder.execute(
                    f"CREATE INDEX CONCURRENTLY {RUN} ON sellerops.slice_state (run_id, dag_id)".encode()
                )
        writer.execute("UPDATE sellerops.slice_state SET state = 'LOADED' WHERE day = '2020-01-02'")
    assert _indexes(former)[RUN] is False
    # The unfinished index is rebuilt.
    assert RUN in indexes.build_beforehand(former)
    assert _indexes(former)[RUN] is True


def test_what_needs_a_revision_in_between_is_left_to_the_migration(postgres_server: PostgresServer) -> None:
    """Loads have recorded when Amazon created their document only since 0006."""
    fresh = postgres_server.create_empty()
    migrate(fresh, "0005")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexes, "LARGE", -1)
        built = indexes.build_beforehand(fresh)
        assert "load_by_time" in built and "load_by_document" not in built
        migrate(fresh)
    assert _indexes(fresh)["load_by_document"]
    postgres_server.drop_database(fresh)


def test_an_empty_database_has_nothing_to_build(postgres_server: PostgresServer) -> None:
    fresh = postgres_server.create_empty()
    assert indexes.build_beforehand(fresh) == []
    postgres_server.drop_database(fresh)
