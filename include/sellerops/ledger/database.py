"""Connections to the ledger's Postgres: one lazy pool a process, writes that survive a restart."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from sellerops.errors import ConfigurationError, RetryableError
from sellerops.ledger.reading import grant_ledger

log = logging.getLogger(__name__)

Connection = psycopg.Connection[DictRow]
_Result = TypeVar("_Result")

RETRY_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
# What passes by itself: a server that stops, starts or is full, and transactions that met each other.
_PASSING = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed)


class Database:
    """A pool of autocommit connections, opened with the first use and again after a fork.

    :param conninfo: libpq connection string or URL of the database that holds schema ``sellerops``.
    :param pool_size: most connections this process keeps.
    :param retry_seconds: how long (real time) a call is repeated while the server cannot be reached.
    """

    def __init__(self, conninfo: str, *, pool_size: int = 4, retry_seconds: float = RETRY_SECONDS) -> None:
        self.conninfo = conninfo
        self.retry_seconds = retry_seconds
        self._pool_size = pool_size
        self._pool: ConnectionPool[Connection] | None = None
        self._pid = 0
        self._lock = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One transaction on a pooled connection: commits at the end, rolls back on error, never repeats."""
        with self._open_pool().connection() as connection, connection.transaction():
            yield connection

    def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """``work`` on a connection, repeated with growing pauses while the server is away.

        ``work`` must be safe to repeat: the first try may have been committed before the answer was lost.
        Raises RetryableError when the server stays away, ConfigurationError when the schema is not there.
        """
        deadline = time.monotonic() + self.retry_seconds
        pause = _FIRST_PAUSE
        while True:
            pool = self._open_pool()
            try:
                with pool.connection(timeout=min(2.0, self.retry_seconds)) as connection:
                    return work(connection)
            except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName) as error:
                raise self._not_migrated(error) from error
            except _PASSING as error:
                if time.monotonic() + pause > deadline:
                    raise self._away(error) from error
                log.warning("the ledger's database does not answer (%s); trying again", type(error).__name__)
                time.sleep(pause * random.uniform(0.7, 1.3))
                pause = min(_LONGEST_PAUSE, pause * 2)
                self._drop_dead_connections(pool)

    def close(self) -> None:
        """Close the pool; the next use opens another."""
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close(timeout=2.0)
            self._pool = None

    def _open_pool(self) -> ConnectionPool[Connection]:
        with self._lock:
            if self._pool is None or self._pid != os.getpid():
                self._pool, self._pid = self._new_pool(), os.getpid()
            return self._pool

    def _new_pool(self) -> ConnectionPool[Connection]:
        # A short reconnect_timeout because `run` does the waiting; the pool's own pauses grow too long.
        return ConnectionPool(
            self.conninfo,
            connection_class=psycopg.Connection[DictRow],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": 5,
                "application_name": "sellerops",
            },
            min_size=0,
            max_size=self._pool_size,
            max_idle=60.0,
            reconnect_timeout=1.0,
            num_workers=1,
            name="sellerops-ledger",
            open=True,
            configure=_prepare_session,
        )

    @staticmethod
    def _drop_dead_connections(pool: ConnectionPool[Connection]) -> None:
        if not pool.closed:
            pool.check()

    def _away(self, error: Exception) -> RetryableError:
        cause = error if isinstance(error, psycopg.Error) and error.sqlstate else self._reason() or error
        return RetryableError(
            f"the ledger's database did not answer for {self.retry_seconds:.0f} s: {str(cause).strip()}.",
            where=self.place,
            remedy="Start Postgres or correct the connection; Airflow then tries again by itself.",
        )

    def _reason(self) -> Exception | None:
        """Why no connection can be had; a pool's own error only says that time ran out."""
        try:
            psycopg.connect(self.conninfo, connect_timeout=3).close()
        except psycopg.Error as error:
            return error
        return None

    def _not_migrated(self, error: psycopg.Error) -> ConfigurationError:
        return ConfigurationError(
            f"holds no ledger of this version: {str(error).strip().splitlines()[0]}.",
            where=self.place,
            remedy="Run the migrations: `Ledger(conninfo).migrate()`.",
        )

    @property
    def place(self) -> str:
        """Host, port and database, without user and password."""
        parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(self.conninfo)
        return f"Postgres {parts.get('host', 'local')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def _prepare_session(connection: Connection) -> None:
    # A server may be set to forget its last commits in a crash; a report id forgotten is a report made twice.
    connection.execute("SET TIME ZONE 'UTC'; SET synchronous_commit TO on")


def migrate(conninfo: str, revision: str = "head") -> None:
    """Bring schema ``sellerops`` to ``revision``. Callers at the same time wait for each other."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool
    )
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('sellerops.migrations'))"))
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
    if revision != "base":
        with psycopg.connect(conninfo) as granting:
            grant_ledger(granting)
