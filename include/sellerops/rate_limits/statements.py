"""Runs the quota statements of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sellerops.rate_limits.config import RateLimitConfig
from sellerops.rate_limits.decisions import Decision, Granted, Wait

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection


class QuotaStatements:
    """Holds the ledger and the configured limits; executes statements and reads decisions from their rows."""

    def __init__(self, ledger: Ledger, config: RateLimitConfig) -> None:
        self.ledger = ledger
        self.config = config

    def decision(self, row: dict[str, Any], reason: str = "rate") -> Decision:
        """The decision in a row of the SQL functions. Reads the ledger's clock."""
        if row["is_granted"]:
            return Granted(row["decided_at"])
        seconds: float = row["wait_s"]
        return Wait(seconds, self.ledger.clock().real_seconds(seconds), reason)

    def _one(self, statement: str, values: dict[str, Any]) -> dict[str, Any]:
        return self.ledger.database.run(lambda connection: one_row(connection, statement, values))

    def _execute(self, statement: str, values: dict[str, Any]) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statement, values)

        self.ledger.database.run(work)


def one_row(connection: Connection, statement: str, values: dict[str, Any]) -> dict[str, Any]:
    """The only row of a statement."""
    row = connection.execute(statement, values).fetchone()
    assert row is not None  # a function with OUT parameters always returns one row
    return row
