"""A transaction pooler between us and the warehouse changes nothing.

Tests of the ledger, loads, marts and checks run here once more, with addresses that lead through a PgBouncer
which gives every transaction another session.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from integration.destinations.stores import PostgresStore
from integration.destinations.test_loads import (
    test_a_new_column_lands_in_the_same_load_and_a_dropped_one_is_null as test_a_load_with_drift,
)
from integration.destinations.test_loads import (
    test_any_character_and_any_number_survives as test_copy_of_any_character,
)
from integration.destinations.test_quarantine import desk
from integration.destinations.test_quarantine import (
    test_released_it_is_stored_and_never_asked_about_again as test_a_quarantine_that_is_released,
)
from integration.ledger.test_logins import (
    test_of_many_takers_at_once_one_gets_the_login as test_the_lock_of_a_login,
)
from integration.ledger.test_requests import (
    test_many_processes_and_threads_share_one_request as test_claims_of_a_request,
)
from integration.marts.test_build import builder, tables
from integration.marts.test_build import (
    test_a_load_and_its_restatement_rebuild_their_days as test_a_mart_follows_its_loads,
)
from integration.marts.test_build import test_a_replay_reaches_marts as test_a_replay_and_a_mart
from integration.test_completeness import at
from integration.test_completeness import (
    test_a_gap_is_claimed_once_until_its_run_has_ended as test_claims_of_gaps,
)
from integration.test_reconciliation_checks import test_a_check_can_only_read as test_a_check_cannot_write
from support.pgbouncer import PROGRAM, pgbouncer, through
from support.postgres import TEMPLATE, PostgresServer

from sellerops.base.errors import ConfigurationError
from sellerops.base.postgres import LEDGER, LOADING, connect
from sellerops.base.readers import Readers
from sellerops.base.sessions import session_lock
from sellerops.ledger.database import migrate

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs Debian's pgbouncer")
__all__ = [
    "at",
    "builder",
    "desk",
    "tables",
    "test_a_check_cannot_write",
    "test_a_load_with_drift",
    "test_a_mart_follows_its_loads",
    "test_a_quarantine_that_is_released",
    "test_a_replay_and_a_mart",
    "test_claims_of_a_request",
    "test_claims_of_gaps",
    "test_copy_of_any_character",
    "test_the_lock_of_a_login",
]


@pytest.fixture(scope="module")
def pooler(postgres_server: PostgresServer) -> Iterator[int]:
    with pgbouncer(postgres_server) as port:
        yield port


@pytest.fixture
def conninfo(postgres_server: PostgresServer, pooler: int) -> Iterator[str]:
    fresh = postgres_server.create_database(TEMPLATE)
    yield through(pooler, fresh)
    postgres_server.drop_database(fresh)


@pytest.fixture
def reader(postgres_server: PostgresServer, conninfo: str, pooler: int) -> str:
    return through(pooler, postgres_server.reader(conninfo))


@pytest.fixture
def store(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def test_each_transaction_has_its_own_limits_and_nobody_elses(conninfo: str, reader: str) -> None:
    asked = "SELECT current_setting('statement_timeout'), current_setting('TimeZone'), pg_backend_pid()"
    with (
        connect(conninfo, LOADING, autocommit=True) as loading,
        connect(conninfo, LEDGER, autocommit=True) as ledger,
        psycopg.connect(conninfo, prepare_threshold=None) as plain,
    ):
        assert loading.is_pooled and ledger.is_pooled
        # Two at once: from now on there are two sessions, and each transaction has the other one's.
        with loading.transaction(), ledger.transaction():
            loading.execute(asked)
            ledger.execute(asked)
        seen = []
        for _ in range(6):
            for connection in (loading, ledger):
                with connection.transaction():
                    seen.append(connection.execute(asked).fetchone())
            seen.append(plain.execute(asked).fetchone())
            plain.commit()
    assert {row[:2] for row in seen[0::3]} == {("2h", "UTC")}
    assert {row[:2] for row in seen[1::3]} == {("30s", "UTC")}
    assert {row[0] for row in seen[2::3]} == {"0"}
    assert len({row[2] for row in seen}) > 1, "all had one session: this proves nothing"
    readers = Readers(reader, LEDGER, {"work_mem": "12MB"}, "test")
    with readers.connection() as connection:
        for name, value in (("work_mem", "12MB"), ("transaction_read_only", "on")):
            assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,)
    readers.close()


def test_a_lock_is_held_over_transactions(conninfo: str) -> None:
    taken = threading.Event()

    def take() -> None:
        with connect(conninfo, LOADING, autocommit=True) as other, session_lock(other, "mart"):
            taken.set()

    with connect(conninfo, LOADING, autocommit=True) as connection:
        with session_lock(connection, "mart"):
            waiting = threading.Thread(target=take)
            waiting.start()
            for _ in range(5):
                with connection.transaction():
                    connection.execute("SELECT 1")
            blocked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while connection.execute(blocked).fetchone() != (1,):
                assert waiting.is_alive()
            assert not taken.is_set()
        waiting.join(60)
    assert taken.is_set()


def test_migrations_ask_for_a_direct_address(
    postgres_server: PostgresServer, conninfo: str, pooler: int
) -> None:
    with pytest.raises(ConfigurationError, match="transaction pooler") as caught:
        migrate(through(pooler, postgres_server.owner(conninfo)))
    assert "SELLEROPS_OWNER" in caught.value.remedy


def test_without_a_pooler_there_is_none(postgres_server: PostgresServer, conninfo: str) -> None:
    direct = postgres_server.conninfo(conninfo.rsplit("/", 1)[1])
    with connect(direct, LOADING, autocommit=True) as connection:
        assert not connection.is_pooled
        assert connection.execute("SHOW statement_timeout").fetchone() == ("2h",)
