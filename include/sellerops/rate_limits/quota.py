"""Quota leases from the ledger: one statement takes a token or returns when the next is free (GCRA).

The state is in Postgres and shared by all processes; the ledger's migrations, from 0002_quota.sql on, define
the functions that decide. All seconds are of the ledger's clock unless named real.
"""

from __future__ import annotations

import math
import random
from datetime import MAXYEAR, datetime
from typing import TYPE_CHECKING, Any

from sellerops.rate_limits.cooldowns import Cooldowns
from sellerops.rate_limits.decisions import Bucket, Decision, Priority, QueuePosition
from sellerops.rate_limits.statements import one_row

if TYPE_CHECKING:
    from sellerops.ledger.database import Connection

# A header that differs from the published rate by this factor is a fault, not a new quota.
_PLAUSIBLE_FACTOR = 1000.0


class QuotaLedger(Cooldowns):
    """Leases of Amazon's quotas. Synchronous; a coroutine uses ``sellerops.rate_limits.acquire``.

    A statement that is repeated after a lost connection may take a second token, which errs on the slow side.
    """

    def try_acquire(
        self,
        bucket: Bucket,
        priority: Priority = Priority.SCHEDULE,
        *,
        position: QueuePosition | None = None,
        leave: int | None = None,
    ) -> Decision:
        """Take one token, or return how long to wait. A granted token must be used immediately.

        A backfill's call queues behind every waiting backfill call whose ``position`` is more urgent; a call
        without a position queues behind all that have a deadline. ``leave``: tokens of the burst to leave
        untouched.
        """
        return self.decision(
            self.ledger.database.run(lambda c: self.take(c, bucket, priority, position=position, leave=leave))
        )

    def take(
        self,
        connection: Connection,
        bucket: Bucket,
        priority: Priority = Priority.SCHEDULE,
        *,
        position: QueuePosition | None = None,
        leave: int | None = None,
    ) -> dict[str, Any]:
        """``try_acquire`` in the caller's transaction; pass the row to ``decision`` afterwards."""
        values = self._values(bucket)
        if priority is Priority.BACKFILL:
            values |= {
                "reserve": self.config.backfill_reserve if leave is None else leave,
                "waiter": position.waiter if position else None,
                "deadline": _instant(position.deadline) if position else None,
                "following": _instant(position.following) if position else None,
            }
            return one_row(
                connection,
                """
                SELECT * FROM sellerops.quota_acquire_in_order(
                    %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s,
                    %(restore_s)s, %(reserve)s, %(waiter)s, %(deadline)s::timestamptz,
                    %(following)s::timestamptz)
                """,
                values,
            )
        return one_row(
            connection,
            """
            SELECT * FROM sellerops.quota_acquire(
                %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s, %(restore_s)s,
                %(reserve)s, %(yields)s)
            """,
            values | {"reserve": leave or 0, "yields": bool(leave)},
        )

    def learn_rate(self, bucket: Bucket, rate_per_s: float | None) -> None:
        """Apply Amazon's header x-amzn-RateLimit-Limit, sent with 2xx, 400 and 404: calls per second.

        The rate changes immediately, up or down. Implausible values (zero, negative, 1000 times off) are
        ignored.
        """
        published = self.config.limit(bucket.operation).rate
        if rate_per_s is None or not math.isfinite(rate_per_s) or rate_per_s <= 0:
            return
        if not published / _PLAUSIBLE_FACTOR <= rate_per_s <= published * _PLAUSIBLE_FACTOR:
            return
        self._execute(
            """
            SELECT sellerops.quota_learn(
                %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s, %(told_rate)s)
            """,
            self._values(bucket) | {"told_rate": rate_per_s},
        )

    def record_refusal(self, bucket: Bucket) -> None:
        """Record that Amazon answered 429: empty the bucket, and halve the rate until a rate header or a
        quiet time restores it.
        """
        self._execute(
            """
            SELECT sellerops.quota_refused(
                %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s, %(restore_s)s)
            """,
            self._values(bucket),
        )

    def pause(self, bucket: Bucket, retry_after: float | None = None) -> float:
        """Pause the bucket after a 429 of an API without a rate header. Returns the pause in seconds.

        ``retry_after``: Amazon's own value (seconds), applied exactly. Without it, the pause is 2 s, doubled
        by every refusal in a row up to 5 minutes, with jitter. As after any refusal, the rate is halved
        afterwards.
        """
        row = self._one(
            """
            SELECT sellerops.quota_held(
                %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s, %(restore_s)s,
                %(retry_after)s::double precision, %(jitter)s) AS seconds
            """,
            self._values(bucket) | {"retry_after": retry_after, "jitter": random.random() / 2},
        )
        return float(row["seconds"])

    def _values(self, bucket: Bucket) -> dict[str, Any]:
        limit = self.config.limit(bucket.operation)
        return {
            "application": bucket.application,
            "account_id": bucket.account_id,
            "operation": bucket.operation,
            "rate": limit.rate,
            "burst": self.config.used_burst(limit),
            "share": self.config.used_share(limit),
            "restore_s": self.config.restore_after.total_seconds(),
        }


def _instant(moment: datetime | None) -> datetime | str | None:
    """``moment`` for SQL: Postgres's ``infinity`` for the last year that Python has."""
    return "infinity" if moment is not None and moment.year == MAXYEAR else moment
