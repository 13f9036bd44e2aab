"""Tokens that are taken now for a call that another process makes later.

Amazon does not see a token before its call arrives. Until then Amazon's bucket is fuller than ours, and it
loses what would refill beyond its burst. So our bucket never counts as fuller than its burst minus the
reserved tokens: however late these are redeemed, and however many at once, Amazon has a token for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sellerops.rate_limits.decisions import Bucket, Decision, Priority, QueuePosition
from sellerops.rate_limits.quota import QuotaLedger

if TYPE_CHECKING:
    from sellerops.ledger.database import Connection


class ReservedToken(Protocol):
    """One call's token, wherever it is stored. Its methods run in one transaction that locks the bucket."""

    def count(self, connection: Connection) -> int:
        """How many tokens of the bucket are reserved, for this call and others."""
        ...

    def reserve(self, connection: Connection) -> None:
        """Store that this call has a token from now on."""
        ...

    def redeem(self, connection: Connection) -> bool:
        """Delete this call's token. False if it has none, or its reservation has expired."""
        ...


class TokenRedeemer:
    """Grants the call with its reserved token, or else with one that is free now.

    ``acquire`` accepts it in place of a QuotaLedger.
    """

    def __init__(self, limits: QuotaLedger, token: ReservedToken) -> None:
        self._limits, self._token = limits, token

    def try_acquire(
        self, bucket: Bucket, priority: Priority = Priority.SCHEDULE, *, position: QueuePosition | None = None
    ) -> Decision:
        """Take a token, or return how long to wait. A reserved token is granted at most once."""

        def work(connection: Connection) -> dict[str, Any]:
            with connection.transaction():
                _withhold_reserved(connection, bucket, self._token)
                row = _redeem(connection, self._token) or self._limits.take(
                    connection, bucket, priority, position=position
                )
                if row["is_granted"]:
                    self._grant(connection)
                return row

        return self._limits.decision(self._limits.ledger.database.run(work))

    def _grant(self, connection: Connection) -> None:
        pass


class TokenReserver(TokenRedeemer):
    """Reserves a token for a call of another process: granted if one is reserved, now or earlier."""

    def _grant(self, connection: Connection) -> None:
        self._token.reserve(connection)


def _withhold_reserved(connection: Connection, bucket: Bucket, token: ReservedToken) -> None:
    """Lock the bucket, and make it lack at least as many tokens as are reserved."""
    values = {
        "application": bucket.application,
        "account_id": bucket.account_id,
        "operation": bucket.operation,
    }
    where = "application = %(application)s AND account_id = %(account_id)s AND operation = %(operation)s"
    connection.execute(f"SELECT FROM sellerops.quota_bucket WHERE {where} FOR UPDATE", values)
    count = token.count(connection)
    if not count:
        return
    connection.execute(
        f"""
        UPDATE sellerops.quota_bucket
        SET tat = greatest(
            tat, sellerops.now() + make_interval(secs => least(burst, %(reserved)s) * interval_s)
        )
        WHERE {where}
        """,
        values | {"reserved": count},
    )


def _redeem(connection: Connection, token: ReservedToken) -> dict[str, Any] | None:
    """The row of a granted lease; None if the call has no reserved token."""
    if not token.redeem(connection):
        return None
    row = connection.execute("SELECT true AS is_granted, sellerops.now() AS decided_at").fetchone()
    assert row is not None
    return row
