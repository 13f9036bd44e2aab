"""Connections to the ledger's Postgres: one lazy pool per process, with retries across a server restart."""

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

from sellerops.base import postgres
from sellerops.base.errors import ConfigurationError, LedgerUnavailable
from sellerops.base.postgres import LEDGER, MIGRATING, PROBING, UPKEEP, BoundedConnection, Timeouts
from sellerops.ledger.availability import Availability
from sellerops.ledger.grants import as_collector, check_owner, grant_all
from sellerops.ledger.indexes import build_beforehand

log = logging.getLogger(__name__)

Connection = psycopg.Connection[DictRow]
_Pool = ConnectionPool[BoundedConnection[DictRow]]
_Result = TypeVar("_Result")

RETRY_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
# Transient errors: a server that stops, starts or is full, and conflicting transactions.
_TRANSIENT = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed)


class Database:
    """A pool of autocommit connections, opened at first use and again after a fork.

    :param conninfo: libpq connection string or URL of the database that holds schema ``sellerops``.
    :param pool_size: maximum number of connections of this process.
    :param retry_seconds: how long (real time) calls are retried while the server is unreachable, counted from
        the first failure, for all threads together. After that, calls fail at once until a probe reaches the
        server again.
    :param timeouts: limits of one statement. A server that never answers delays a call by at most
        ``retry_seconds`` plus one answer timeout.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        pool_size: int = 4,
        retry_seconds: float = RETRY_SECONDS,
        timeouts: Timeouts = LEDGER,
    ) -> None:
        self.conninfo = conninfo
        self.retry_seconds = retry_seconds
        self._timeouts = timeouts
        self._availability = Availability(retry_seconds)
        self._pool_size = pool_size
        self._pool: _Pool | None = None
        self._pid = 0
        self._lock = threading.Lock()

    @contextmanager
    def connection(self, timeouts: Timeouts = UPKEEP) -> Iterator[Connection]:
        """One transaction on a pooled connection: commits at the end, rolls back on error, is never retried.

        Raises LedgerUnavailable if no connection is available, or if it breaks.
        """
        self.run(_answer)
        try:
            with self._open_pool().connection(timeout=self.retry_seconds) as connection:
                try:
                    with connection.transaction():
                        postgres.limit_transaction(connection, timeouts)
                        yield connection
                except psycopg.Error as error:
                    if connection.broken:
                        raise self._unavailable(error) from error
                    raise
                finally:
                    connection.answer_within = self._timeouts.answer
        except (PoolTimeout, PoolClosed) as error:
            raise self._unavailable(error) from error

    def is_reachable(self) -> bool:
        """Whether the server answers now, within seconds. Ends an outage if it does."""
        if self._reason():
            return False
        self._availability.record_answer()
        return True

    def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """Call ``work`` with a connection; retry with growing pauses while the server is unreachable.

        ``work`` must be idempotent: an attempt may have been committed even if its answer was lost. Raises
        LedgerUnavailable if the server stays unreachable, and ConfigurationError if the schema is missing or
        outdated.
        """
        started, pause = time.monotonic(), _FIRST_PAUSE
        while True:
            self._availability.check()
            pool = self._open_pool()
            try:
                with pool.connection(timeout=min(2.0, self.retry_seconds)) as connection:
                    result = _work(connection, work)
                self._availability.record_answer()
                return result
            except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName) as error:
                raise postgres.old_ledger(error, self.place) from error
            except _TRANSIENT as error:
                deadline = started + self.retry_seconds
                if _is_outage(error):
                    deadline = self._availability.record_failure(started)
                    self._discard(pool)
                if time.monotonic() + pause > deadline:
                    raise self._unavailable(error) from error
                log.warning("the ledger's database does not answer (%s); retrying", type(error).__name__)
                time.sleep(pause * random.uniform(0.7, 1.3))
                pause = min(_LONGEST_PAUSE, pause * 2)

    def check_reachable(self, within: float) -> None:
        """Wait for the server; raise LedgerUnavailable if it does not answer for ``within`` seconds."""
        until = time.monotonic() + within
        while not self.is_reachable():
            if time.monotonic() >= until:
                raise LedgerUnavailable(
                    f"the ledger's database does not answer: {str(self._reason()).strip()}.", where=self.place
                )
            time.sleep(1.0)

    def close(self) -> None:
        """Close the pool; the next use opens a new one."""
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close(timeout=2.0)
            self._pool = None

    def _open_pool(self) -> _Pool:
        with self._lock:
            if self._pool is None or self._pid != os.getpid():
                self._pool, self._pid = self._new_pool(), os.getpid()
            return self._pool

    def _new_pool(self) -> _Pool:
        # A short reconnect_timeout, because `run` does the waiting and the pool's own pauses grow too long.
        return ConnectionPool(
            self.conninfo,
            connection_class=BoundedConnection[DictRow],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "sellerops",
                **postgres.NETWORK,
            },
            min_size=0,
            max_size=self._pool_size,
            max_idle=60.0,
            reconnect_timeout=1.0,
            num_workers=1,
            name="sellerops-ledger",
            open=True,
            configure=self._prepare_session,
        )

    def _prepare_session(self, connection: BoundedConnection[DictRow]) -> None:
        # A server may be configured to lose its last commits in a crash; a lost report id means a report
        # created twice.
        postgres.begin_session(connection, self.conninfo, self._timeouts, {"synchronous_commit": "on"})

    def _discard(self, pool: _Pool) -> None:
        """Drop the pool: if one connection is dead, all are, and trying each would cost an answer timeout."""
        with self._lock:
            if self._pool is pool:
                self._pool = None
        # In a thread of its own, because closing waits for threads that may be waiting for the server.
        threading.Thread(target=pool.close, name="sellerops-ledger-close", daemon=True).start()

    def _unavailable(self, error: Exception) -> LedgerUnavailable:
        reason = self._reason()
        cause = error if isinstance(error, psycopg.Error) and error.sqlstate else reason or error
        unavailable = LedgerUnavailable(
            f"the ledger's database did not answer for {self.retry_seconds:.0f} s: "
            f"{str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__}.",
            where=self.place,
        )
        # One lost connection, or a busy pool, does not mean an outage.
        if reason:
            self._availability.record_outage(unavailable)
        return unavailable

    def _reason(self) -> Exception | None:
        """Why a connection fails, None if it does not; the pool's own error only says that it timed out."""
        try:
            with postgres.connect(self.conninfo, PROBING, autocommit=True) as connection:
                _answer(connection)
        except psycopg.Error as error:
            return error
        return None

    @property
    def place(self) -> str:
        """Host, port and database, without user and password."""
        parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(self.conninfo)
        return f"Postgres {parts.get('host', 'local')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def _work(connection: BoundedConnection[DictRow], work: Callable[[Connection], _Result]) -> _Result:
    """Run ``work``; behind a pooler in one transaction, because session settings apply only within it."""
    if not connection.is_pooled:
        return work(connection)
    with connection.transaction():
        return work(connection)


def _answer(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SELECT 1")


def _is_outage(error: Exception) -> bool:
    """Whether the server is unreachable. A pool without a free connection does not prove it."""
    return not isinstance(error, PoolTimeout | PoolClosed) and postgres.is_unreachable(error)


def migrate(conninfo: str, revision: str = "head") -> None:
    """Migrate schema ``sellerops`` to ``revision`` as its owner, and grant the other roles their privileges.

    A revision older than the ledger's reverts the migrations after it and drops the data that only they
    store; use it to go back to an earlier version of sellerops. Concurrent callers wait for each other.
    Raises ConfigurationError for a role that does not own the ledger, for an unknown revision, and if a
    transaction pooler is in front of the server.
    """
    with postgres.connect_privileged(conninfo, MIGRATING, autocommit=True) as asking:
        if asking.is_pooled:
            raise ConfigurationError(
                "a transaction pooler is in front of it; migrations need a session of their own.",
                where=Database(conninfo).place,
                remedy="Set SELLEROPS_OWNER to the direct address of Postgres, then run "
                "`sellerops ledger migrate`.",
            )
        check_owner(asking, asking.info.dbname)
    if revision == "head":
        build_beforehand(conninfo)
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    from sellerops.views.postgres import detach_views, restore_views

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.connect_privileged(conninfo, MIGRATING),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('sellerops.migrations'))"))
        config.attributes["connection"] = connection
        driver = connection.connection.driver_connection
        assert driver is not None
        script = ScriptDirectory.from_config(config)
        known = [each.revision for each in script.walk_revisions()]
        if revision not in ("head", "base", *known):
            raise ConfigurationError(
                f"unknown migration {revision}; the newest is {known[0]}.",
                where="ledger migrate",
                remedy=f"Choose one from {known[-1]} to {known[0]}.",
            )
        present = _revision_of(driver)
        if present != known[0] or revision not in ("head", present):
            # A migration may change what the views select from.
            detach_views(driver)
        if revision == "base" or (present in known and revision in known[known.index(present) :]):
            command.downgrade(config, revision)
            if revision == "base":
                return
        else:
            command.upgrade(config, revision)
        grant_all(driver)
        with as_collector(driver):
            if revision == "head":
                sync_configuration(driver)
            else:
                restore_views(driver)


def _revision_of(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("SELECT to_regclass('sellerops.alembic_version')").fetchone()
    if not row or row[0] is None:
        return None
    found = connection.execute("SELECT version_num FROM sellerops.alembic_version").fetchone()
    return str(found[0]) if found else None


def sync_configuration(connection: psycopg.Connection[Any]) -> None:
    """Update the tables of marketplaces and reports, and the starter views, from the configuration."""
    from sellerops.ledger.reference import fill_reference
    from sellerops.views.postgres import refresh_views

    fill_reference(connection)
    refresh_views(connection)
