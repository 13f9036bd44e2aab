"""The hub's database: a few threads and open connections of its own, with the read-only role and time limits.

Airflow's pages keep working whatever this database does. At most eight requests wait for it at a time, each
for a few seconds; further ones wait two seconds for a free thread. When it could not be reached, requests are
refused immediately for five seconds.
"""

from __future__ import annotations

import functools
import math
import os
import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

import anyio
import anyio.to_thread

from sellerops.base import reader_role
from sellerops.base.errors import RetryableError
from sellerops.base.postgres import Timeouts
from sellerops.base.readers import Readers
from sellerops.read_models.queries import Connection
from sellerops_airflow.runtime import get_runtime

_T = TypeVar("_T")
_THREADS = 8
_LONGEST_WAIT = 2.0
_TIMEOUTS = Timeouts(statement=8, lock=2, grace=2)
# Compiling these queries would take longer than running them. Statements are planned for their actual values.
_SETTINGS = {"jit": "off", "work_mem": "64MB", "plan_cache_mode": "force_custom_plan"}


async def in_hub_thread(work: Callable[[], _T]) -> _T:
    """Run blocking work in one of the hub's threads. Raises RetryableError if none becomes free in time."""
    places, borrower = _places(), object()
    try:
        with anyio.fail_after(_LONGEST_WAIT):
            await places.acquire_on_behalf_of(borrower)
    except TimeoutError as error:
        raise _unavailable("all threads of the hub are waiting for it") from error
    try:
        return await anyio.to_thread.run_sync(work, limiter=_no_limit())
    finally:
        places.release_on_behalf_of(borrower)


def read(work: Callable[[Connection], _T]) -> _T:
    """Run queries in one read-only transaction. Raises RetryableError when the database does not answer."""
    import psycopg

    try:
        with _readers().connection() as connection:
            return work(connection)
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise _unavailable(reader_role.first_line(error)) from error


def today() -> date:
    """Today (UTC) by the ledger's clock."""
    return now().date()


def now() -> datetime:
    """The time (UTC) by the ledger's clock, read like all figures: the ledger itself waits out outages."""
    return read(_now)


def _now(connection: Connection) -> datetime:
    row = connection.execute("SELECT sellerops.now()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


_lock = threading.Lock()
_current: tuple[int, Readers] | None = None


def _readers() -> Readers:
    """The connections of this process; new ones after a fork, or for another database."""
    global _current
    conninfo = get_runtime().reader_conninfo
    with _lock:
        if _current is None or _current[0] != os.getpid() or _current[1].conninfo != conninfo:
            if _current is not None and _current[0] == os.getpid():
                _current[1].close()
            _current = (os.getpid(), Readers(conninfo, _TIMEOUTS, _SETTINGS, "sellerops hub"))
        return _current[1]


def _unavailable(reason: str) -> RetryableError:
    return RetryableError(
        f"the hub's database does not answer: {reason}.",
        where="connection sellerops_reader",
        remedy="Check that Postgres is running and the connection is correct, then reload this page.",
    )


@functools.cache
def _places() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(_THREADS)


@functools.cache
def _no_limit() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(math.inf)
