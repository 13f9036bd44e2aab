"""Opens every Postgres connection of the product, with timeouts on every step.

The server enforces the limits on statements and locks. A server that accepts connections and then goes silent
(stopped, suspended, behind a dead gateway) enforces nothing, while its kernel still answers keepalives; so
the client has its own limit for every answer.

A connection may lead through a transaction pooler, such as PgBouncer, which gives each transaction any of
its server sessions. Settings made for a session would be lost, and would affect another client. So behind a
pooler every transaction begins with its settings, and no statement is prepared. A pooler is recognized by the
process id that it reports, which is not the server's. Use ``sellerops.base.sessions`` for work that needs one
session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import psycopg
from psycopg import errors, generators, sql
from psycopg.abc import PQGen, QueryNoTemplate
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import Row, TupleRow, tuple_row

from sellerops.base.errors import ConfigurationError

_Result = TypeVar("_Result")

CONNECT_TIMEOUT = 5
# A peer that vanished is noticed after 15 + 3 * 5 s when idle, after 30 s with data in flight.
NETWORK: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# For Airflow's `[database] sql_alchemy_connect_args`. A copy: Airflow adds to it if its metadata is SQLite.
AIRFLOW_NETWORK = dict(NETWORK)


@dataclass(frozen=True)
class Timeouts:
    """Timeouts in seconds: ``statement`` limits one statement on the server, ``lock`` each wait for a lock
    within it; ``grace`` is how much longer than ``statement`` the client waits for an answer.
    """

    statement: float
    lock: float
    grace: float = 10.0

    @property
    def answer(self) -> float:
        return self.statement + self.grace


# Checking whether the server answers at all.
PROBING = Timeouts(statement=5, lock=5, grace=2)
# One statement of the ledger: small and indexed.
LEDGER = Timeouts(statement=30, lock=20)
# Maintenance and pages: statements over many rows of the ledger.
UPKEEP = Timeouts(statement=600, lock=30)
# Exports and checks join months of orders; a query that takes longer is badly written.
READING = Timeouts(statement=900, lock=30)
# A load of 5 GB is one COPY and one merge; loads of one table wait for each other.
LOADING = Timeouts(statement=7_200, lock=1_800)
# Migrations of several processes wait for each other.
MIGRATING = Timeouts(statement=3_600, lock=300)
OWN_NAMES = MappingProxyType({"search_path": "pg_catalog, pg_temp"})


class BoundedConnection(psycopg.Connection[Row]):
    """A connection that raises OperationalError when the server takes longer than ``answer_within`` s."""

    answer_within: float = LEDGER.answer
    # libpq string with the password, for a second connection beside this one.
    address: str = ""
    is_pooled: bool = False
    _own_settings: Mapping[str, str] = MappingProxyType({})

    def configure(self, settings: Mapping[str, str]) -> None:
        """Set server settings for everything that follows, in autocommit mode or before a transaction.

        Behind a pooler they apply within transactions; a single statement outside one gets the role's own.
        Names and operators are qualified, because the search path may not be set yet.
        """
        pid = self.info.backend_pid
        chosen = [
            sql.SQL(
                "CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) {} "
                "THEN pg_catalog.set_config({}, {}, false) END"
            ).format(sql.Literal(pid), sql.Literal(name), sql.Literal(value))
            for name, value in settings.items()
        ]
        with self.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(
                sql.SQL("SELECT pg_catalog.pg_backend_pid(), {}").format(sql.SQL(", ").join(chosen))
            ).fetchone()
        self.is_pooled = row is None or row[0] != pid
        if self.is_pooled:
            self.prepare_threshold = None
            self._own_settings = {**self._own_settings, **settings}

    def _exec_command(
        self, command: QueryNoTemplate, result_format: Format = Format.TEXT
    ) -> PQGen[PGresult | None]:
        """Execute one of psycopg's own commands; behind a pooler, send the settings along with BEGIN."""
        if not (self.is_pooled and isinstance(command, bytes) and command.startswith(b"BEGIN")):
            return (yield from super()._exec_command(command, result_format))
        settings = [
            sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value)).as_bytes(self)
            for name, value in self._own_settings.items()
        ]
        self.pgconn.send_query(b"; ".join([command, *settings]))
        results: list[PGresult] = yield from generators.execute(self.pgconn)
        for result in results:
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result, encoding=self.info.encoding)
        return results[-1]

    def wait(self, gen: PQGen[_Result], interval: float = 0.1, timeout: float | None = None) -> _Result:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_within)
        except errors._WaitTimeout:
            # The statement's fate is unknown, so the connection cannot be used any more.
            self.pgconn.finish()
            raise psycopg.OperationalError(
                f"the server accepted the connection but did not answer within {self.answer_within:g} s"
            ) from None


def connect(
    conninfo: str,
    timeouts: Timeouts,
    *,
    autocommit: bool = False,
    settings: Mapping[str, str] | None = None,
    **options: Any,
) -> BoundedConnection[TupleRow]:
    """Open a connection with these timeouts and server settings. Raises psycopg.OperationalError."""
    connection = BoundedConnection.connect(conninfo, autocommit=True, **NETWORK, **options)
    try:
        begin_session(connection, conninfo, timeouts, settings)
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def connect_privileged(
    conninfo: str, timeouts: Timeouts, *, autocommit: bool = False
) -> BoundedConnection[TupleRow]:
    """``connect`` for a role with more rights than other roles that create objects in the database.

    Unqualified names mean the server's own: never a function or an operator that another role put into the
    search path, for instance into a schema with this role's name.
    """
    return connect(conninfo, timeouts, autocommit=autocommit, settings=OWN_NAMES)


def begin_session(
    connection: BoundedConnection[Any],
    conninfo: str,
    timeouts: Timeouts,
    settings: Mapping[str, str] | None = None,
) -> None:
    """Give a new connection in autocommit mode its timeouts, UTC and ``settings``."""
    connection.address = conninfo
    connection.answer_within = timeouts.answer
    limits = {
        "statement_timeout": str(round(timeouts.statement * 1000)),
        "lock_timeout": str(round(timeouts.lock * 1000)),
    }
    connection.configure({"TimeZone": "UTC", **limits, **(settings or {})})
    if connection.is_pooled:
        # Poolers pass the time zone on to whichever session they give a client.
        connection.execute("SET TIME ZONE 'UTC'")


def limit_transaction(connection: BoundedConnection[Any], timeouts: Timeouts) -> None:
    """Set the timeouts of the current transaction."""
    connection.answer_within = timeouts.answer
    connection.execute(
        sql.SQL("SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}").format(
            sql.Literal(round(timeouts.statement * 1000)), sql.Literal(round(timeouts.lock * 1000))
        )
    )


def is_old_ledger(error: BaseException) -> bool:
    """Whether a psycopg error means that schema ``sellerops`` lacks a table, or is missing."""
    missing = (errors.UndefinedTable, errors.InvalidSchemaName)
    return isinstance(error, missing) and ('"sellerops.' in str(error) or '"sellerops"' in str(error))


def old_ledger(error: BaseException, where: str) -> ConfigurationError:
    """The error of a ledger that lacks what this version needs."""
    return ConfigurationError(
        f"has no ledger of this version: {str(error).strip().splitlines()[0]}.",
        where=where,
        remedy="Run `sellerops ledger migrate`.",
    )


def is_unreachable(error: BaseException) -> bool:
    """Whether a psycopg error means that the server is unreachable, as opposed to one statement that took too
    long or conflicted with another.
    """
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    # Class 08: connection errors; 57P: the server is stopping or starting; 53300: too many connections.
    state = error.sqlstate or ""
    return not state or state.startswith(("08", "57P")) or state == "53300"


__all__ = [
    "CONNECT_TIMEOUT",
    "LEDGER",
    "LOADING",
    "MIGRATING",
    "NETWORK",
    "PROBING",
    "READING",
    "UPKEEP",
    "BoundedConnection",
    "Timeouts",
    "begin_session",
    "connect",
    "connect_privileged",
    "is_old_ledger",
    "is_unreachable",
    "limit_transaction",
    "old_ledger",
]
