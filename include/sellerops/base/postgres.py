"""Opens every Postgres connection of the product, with timeouts on every step.

The server enforces the limits on statements and locks. A server that accepts connections and then goes silent
(stopped, suspended, behind a dead gateway) enforces nothing, while its kernel still answers keepalives; so
the client has its own limit for every answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.abc import PQGen
from psycopg.rows import Row, TupleRow

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


@dataclass(frozen=True)
class Timeouts:
    """Timeouts in seconds: ``statement`` for one statement on the server, ``lock`` for waiting for a lock
    within it, ``grace`` for how much longer than the statement the client waits for an answer.
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


class BoundedConnection(psycopg.Connection[Row]):
    """A connection that raises OperationalError when the server takes longer than ``answer_within`` s."""

    answer_within: float = LEDGER.answer

    def wait(self, gen: PQGen[_Result], interval: float = 0.1, timeout: float | None = None) -> _Result:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_within)
        except errors._WaitTimeout:
            # The statement's fate is unknown, so the connection cannot be used any more.
            self.pgconn.finish()
            raise psycopg.OperationalError(
                f"the server accepted the connection but gave no answer within {self.answer_within:g} s"
            ) from None


def connect(
    conninfo: str, timeouts: Timeouts, *, autocommit: bool = False, **options: Any
) -> BoundedConnection[TupleRow]:
    """Open a connection with these timeouts. Raises psycopg.OperationalError."""
    connection = BoundedConnection.connect(conninfo, autocommit=True, **NETWORK, **options)
    set_timeouts(connection, timeouts)
    connection.autocommit = autocommit
    return connection


def set_timeouts(connection: BoundedConnection[Any], timeouts: Timeouts, *, local: bool = False) -> None:
    """Set a connection's timeouts; ``local`` limits those of the server to the current transaction."""
    connection.answer_within = timeouts.answer
    scope = sql.SQL("LOCAL") if local else sql.SQL("SESSION")
    connection.execute(
        sql.SQL("SET {scope} statement_timeout = {statement}; SET {scope} lock_timeout = {lock}").format(
            scope=scope,
            statement=sql.Literal(round(timeouts.statement * 1000)),
            lock=sql.Literal(round(timeouts.lock * 1000)),
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
    # Class 08: connection, 57P: the server stops or starts, 53300: it is full.
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
    "connect",
    "is_old_ledger",
    "is_unreachable",
    "old_ledger",
    "set_timeouts",
]
