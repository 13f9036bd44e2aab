"""An unreachable database, or one that accepts connections and never answers, blocks no caller for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import psycopg
import pytest
from support.postgres import PostgresServer

from sellerops.base import postgres
from sellerops.base.errors import LedgerUnavailable
from sellerops.base.postgres import Timeouts
from sellerops.ledger.availability import Availability
from sellerops.ledger.database import Connection, Database

QUICK = Timeouts(statement=2.0, lock=0.5, grace=1.0)


@pytest.fixture
def database(conninfo: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """With short timeouts."""
    monkeypatch.setattr(postgres, "NETWORK", {**postgres.NETWORK, "connect_timeout": 2})
    monkeypatch.setattr("sellerops.ledger.database.PROBING", QUICK)
    opened = Database(conninfo, retry_seconds=2.0, timeouts=QUICK)
    yield opened
    opened.close()


def wait_for_answers(database: Database) -> None:
    """Wait until it is reachable again: a busy machine may need longer than the short timeouts."""
    while not database.is_reachable():
        pass


@contextlib.contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Stop processes, as a hypervisor or a debugger does: their connections stay open and silent."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def processes_of(server: PostgresServer) -> list[int]:
    postmaster = psutil.Process(server.pid)
    return [postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))]


def ask(connection: Connection) -> int:
    row = connection.execute("SELECT 1 AS one").fetchone()
    assert row is not None
    return int(row["one"])


def test_a_server_that_stops_answering_is_a_typed_error_in_time(
    database: Database, postgres_server: PostgresServer
) -> None:
    """Its kernel still answers for it: neither keepalives nor a limit on the server notice. Without a limit
    of our own the call would not end while the server is frozen.
    """
    assert database.run(ask) == 1
    with frozen(*processes_of(postgres_server)), pytest.raises(LedgerUnavailable) as caught:
        database.run(ask)
    assert "Start Postgres" in str(caught.value)
    wait_for_answers(database)
    assert database.run(ask) == 1


def test_one_silent_connection_costs_one_answer(conninfo: str) -> None:
    """Only this backend is stopped; another connection does the work."""
    database = Database(conninfo, retry_seconds=5.0, timeouts=QUICK)
    pid = database.run(lambda c: c.info.backend_pid)
    with frozen(pid):
        assert database.run(ask) == 1
    database.close()


def test_a_port_that_accepts_and_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit the call would not end."""
    monkeypatch.setattr(postgres, "NETWORK", {**postgres.NETWORK, "connect_timeout": 2})
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        with pytest.raises(psycopg.OperationalError):
            postgres.connect(f"host=127.0.0.1 port={port} user=nobody dbname=x", QUICK)


def test_a_statement_and_a_lock_have_limits(database: Database, conninfo: str) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled), postgres.connect(conninfo, QUICK) as connection:
        connection.execute("SELECT pg_sleep(10)")
    with postgres.connect(conninfo, QUICK) as holder, postgres.connect(conninfo, QUICK) as waiting:
        holder.execute("LOCK TABLE sellerops.clock")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            waiting.execute("LOCK TABLE sellerops.clock")


def test_many_callers_of_an_outage_fail_together(
    database: Database, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few of them try to connect at all, instead of as many at a time as the pool has connections, each with
    its own retries.
    """
    admitted: list[Availability] = []
    real = Availability.check

    def check(availability: Availability) -> None:
        real(availability)
        admitted.append(availability)

    monkeypatch.setattr(Availability, "check", check)

    def fails(_: int) -> None:
        with pytest.raises(LedgerUnavailable):
            database.run(ask)

    postgres_server.stop()
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(fails, range(200)))
        assert 0 < len(admitted) < 100
    finally:
        postgres_server.start()
    wait_for_answers(database)
    assert database.run(ask) == 1


def test_a_transaction_without_a_connection_is_a_typed_error(
    database: Database, postgres_server: PostgresServer
) -> None:
    """The pool's own PoolTimeout would be reported as an unknown error."""
    postgres_server.stop()
    try:
        with pytest.raises(LedgerUnavailable), database.connection() as connection:
            ask(connection)
    finally:
        postgres_server.start()


def test_a_transaction_that_loses_its_connection_is_a_typed_error(database: Database, conninfo: str) -> None:

    def lose_it() -> None:
        with database.connection() as connection, psycopg.connect(conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
            ask(connection)

    with pytest.raises(LedgerUnavailable):
        lose_it()
    assert database.run(ask) == 1


def test_a_busy_pool_is_no_outage(database: Database, conninfo: str) -> None:
    narrow = Database(conninfo, pool_size=1, retry_seconds=0.3)
    with narrow.connection(), pytest.raises(LedgerUnavailable):
        narrow.run(ask)
    assert narrow.run(ask) == 1
    narrow.close()
