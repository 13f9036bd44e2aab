"""Postgres may be killed and started again: what must be written is written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from support.postgres import TEMPLATE, PostgresServer
from support.processes import KEY, RUN

from sellerops.base.errors import RetryableError
from sellerops.ledger import Ledger, RequestStatus


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    server = PostgresServer()
    try:
        server.make_template()
        yield server
    finally:
        server.remove()


class _Retries(logging.Handler):
    """Sets an event with the first retry."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.set()


@pytest.fixture
def retries() -> Iterator[_Retries]:
    handler = _Retries()
    logger = logging.getLogger("sellerops.ledger.database")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_report_id_survives_a_restart(own_server: PostgresServer, retries: _Retries, how: str) -> None:
    """The id arrives while the server is unreachable; it is stored nowhere else, so the write is retried."""
    ledger = Ledger(own_server.create_database(TEMPLATE))
    request = ledger.find_or_open_request(KEY, fresh_after=None, run=RUN)
    assert ledger.claim_create(request.id)
    getattr(own_server, how)()
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(ledger.record_created, request.id, "R1")
        assert retries.seen.wait(240)
        assert not written.done()
        own_server.start()
        written.result(timeout=240)
    found = ledger.get_request(request.id)
    assert (found.status, found.report_id) == (RequestStatus.IN_QUEUE, "R1")
    ledger.close()


def test_all_pooled_connections_may_be_dead(own_server: PostgresServer) -> None:
    """A restart between two calls goes unnoticed, however many connections the pool held."""
    ledger = Ledger(own_server.create_database(TEMPLATE), pool_size=4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.clock(), range(8)))
    own_server.stop()
    own_server.start()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: ledger.claim_notice(f"notice {n}"), range(8)))
    assert found == [True] * 8
    ledger.close()


def test_a_server_that_stays_away_is_a_retryable_error(own_server: PostgresServer) -> None:
    """With place, cause and remedy, and without the password."""
    conninfo = own_server.create_database(TEMPLATE)
    own_server.stop()
    ledger = Ledger(conninfo, retry_seconds=0.3)
    with pytest.raises(RetryableError) as caught:
        ledger.claim_notice("anything")
    text = str(caught.value)
    assert "refused" in text
    assert "Start Postgres" in text
    assert "127.0.0.1" in text
    password = conninfo.split("@")[0].rsplit(":", 1)[1]
    assert password
    assert password not in text
    ledger.close()
