"""Tokens that are taken now for a call that another process makes later.

Amazon knows nothing of a token before its call arrives. Until then Amazon's bucket is fuller than ours, and
what would refill beyond its burst is lost. So our bucket never counts as fuller than its burst less the kept
tokens: however late these are used, and however many at once, Amazon has a token for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sellerops.rate_limits.decisions import Bucket, Decision, Priority, QueuePosition
from sellerops.rate_limits.quota import QuotaLedger

if TYPE_CHECKING:
    from sellerops.ledger.database import Connection


class ReservedToken(Protocol):
    """One call's token, where it is written down. Called while the bucket is locked, in one transaction."""

    def count(self, connection: Connection) -> int:
        """How many tokens of the bucket are kept, by this call and others."""
        ...

    def keep(self, connection: Connection) -> None:
        """Write down that this call has a token, from now on."""
        ...

    def use(self, connection: Connection) -> bool:
        """Strike out this call's token. False when it has none, or has had it for too long."""
        ...


class TokenRedeemer:
    """The right to make the call at once: by the token kept for it, else by one that is free now.

    Stands in for a QuotaLedger in ``acquire``.
    """

    def __init__(self, limits: QuotaLedger, kept: ReservedToken) -> None:
        self._limits, self._kept = limits, kept

    def try_acquire(
        self, bucket: Bucket, priority: Priority = Priority.SCHEDULE, *, position: QueuePosition | None = None
    ) -> Decision:
        """Granted at most once for a kept token."""

        def work(connection: Connection) -> dict[str, Any]:
            with connection.transaction():
                _fill_no_higher(connection, bucket, self._kept)
                row = _held(connection, self._kept) or self._limits.take(
                    connection, bucket, priority, position=position
                )
                if row["is_granted"]:
                    self._grant(connection)
                return row

        return self._limits.decision(self._limits.ledger.database.run(work))

    def _grant(self, connection: Connection) -> None:
        pass


class TokenReserver(TokenRedeemer):
    """A token for the call of another process: granted when it is kept, now or already."""

    def _grant(self, connection: Connection) -> None:
        self._kept.keep(connection)


def _fill_no_higher(connection: Connection, bucket: Bucket, kept: ReservedToken) -> None:
    """Lock the bucket; as many tokens as are kept are missing from it, at least."""
    values = {
        "application": bucket.application,
        "account_id": bucket.account_id,
        "operation": bucket.operation,
    }
    where = "application = %(application)s AND account_id = %(account_id)s AND operation = %(operation)s"
    connection.execute(f"SELECT FROM sellerops.quota_bucket WHERE {where} FOR UPDATE", values)
    count = kept.count(connection)
    if not count:
        return
    connection.execute(
        f"""
        UPDATE sellerops.quota_bucket
        SET tat = greatest(tat, sellerops.now() + make_interval(secs => least(burst, %(kept)s) * interval_s))
        WHERE {where}
        """,
        values | {"kept": count},
    )


def _held(connection: Connection, kept: ReservedToken) -> dict[str, Any] | None:
    """The row of a lease that was decided before; None when there is none to use."""
    if not kept.use(connection):
        return None
    row = connection.execute("SELECT true AS is_granted, sellerops.now() AS decided_at").fetchone()
    assert row is not None
    return row
