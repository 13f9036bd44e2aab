"""Quota leases from the ledger: one statement takes a token or returns when the next is free (GCRA).

The state is in Postgres and shared by all processes; the ledger's migration 0002_quota.sql defines the
functions that decide. All seconds are of the ledger's clock unless named real.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sellerops.rate_limits.config import RateLimitConfig
from sellerops.rate_limits.decisions import Bucket, Decision, Granted, Priority, QueuePosition, Wait
from sellerops.settings.accounts import Account

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.database import Connection

# A header that differs from the published rate by this factor is a fault, not a new quota.
_PLAUSIBLE_FACTOR = 1000.0


@dataclass(frozen=True)
class LearnedCooldown:
    """A cooldown that turned out longer than published. ``in_force``: the one applied now.

    ``evidence``: the newest refusals, newest first: ``refusal``, ``reason``, ``gap_s``, ``at``.
    """

    account_id: str
    report_type: str
    published: timedelta
    learned: timedelta
    in_force: timedelta
    refusals: int
    refused_at: datetime
    evidence: list[dict[str, Any]]


class QuotaLedger:
    """Leases of Amazon's quotas. Synchronous; a coroutine uses ``sellerops.rate_limits.acquire``.

    A statement that is repeated after a lost connection may take a second token, which errs on the slow side.
    """

    def __init__(self, ledger: Ledger, config: RateLimitConfig) -> None:
        self.ledger = ledger
        self.config = config

    def try_acquire(
        self,
        bucket: Bucket,
        priority: Priority = Priority.SCHEDULE,
        *,
        position: QueuePosition | None = None,
        leave: int | None = None,
    ) -> Decision:
        """Take one token, or return how long to wait. A granted token must be used immediately.

        A backfill's call queues behind every waiting backfill call whose ``position`` is more urgent; one
        without a position behind all that have a deadline. ``leave``: tokens of the burst to leave untouched.
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
            return _one_row(
                connection,
                """
                SELECT * FROM sellerops.quota_acquire_in_order(
                    %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s,
                    %(restore_s)s, %(reserve)s, %(waiter)s, %(deadline)s::timestamptz,
                    %(following)s::timestamptz)
                """,
                values,
            )
        return _one_row(
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
        """Amazon answered 429: empty the bucket and halve the rate until a header or a quiet time restores
        it.
        """
        self._execute(
            """
            SELECT sellerops.quota_refused(
                %(application)s, %(account_id)s, %(operation)s, %(rate)s, %(burst)s, %(share)s, %(restore_s)s)
            """,
            self._values(bucket),
        )

    def pause(self, bucket: Bucket, retry_after: float | None = None) -> float:
        """Amazon answered 429 in an API without a rate header: pause the bucket. Returns for how many
        seconds.

        ``retry_after``: Amazon's own value (seconds), applied exactly. Without it 2 s, doubled by every
        refusal in a row up to 5 minutes, with jitter. As after any refusal, the rate is halved afterwards.
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

    def try_create(
        self,
        account: Account | str,
        report_type: str,
        marketplace_ids: Iterable[str],
        window: str = "",
        *,
        cooldown: timedelta = timedelta(0),
    ) -> Decision:
        """The right to create one report of the type, for all the marketplaces or none: cooldown and daily
        budget.

        ``window`` is any text, equal for equal windows: the cooldown then applies between two reports of that
        window; if empty, between any two of the type. ``cooldown`` is the report's own; the longest of it,
        the configured and the learned one applies. Takes no token of createReport's bucket. Call it last,
        right before the create, so that a crash while waiting for the token starts no cooldown;
        ``release_create`` undoes it when Amazon refused the call.
        """
        values = self._scope(account, report_type, marketplace_ids, window) | {
            "published_s": self.published_cooldown(report_type, cooldown).total_seconds(),
            "margin_s": self.config.cooldown_margin.total_seconds(),
            "daily_budget": self.config.report_type_limit(report_type).daily_budget,
            "token": uuid.uuid4(),
        }
        row = self._one(
            """
            SELECT * FROM sellerops.quota_create_learned(
                %(account_id)s, %(report_type)s, %(marketplace_ids)s, %(window)s, %(published_s)s,
                %(margin_s)s, %(daily_budget)s, %(token)s)
            """,
            values,
        )
        return self.decision(row, row["reason"])

    def cooldown_left(
        self,
        account: Account | str,
        report_type: str,
        marketplace_ids: Iterable[str],
        window: str = "",
        *,
        cooldown: timedelta = timedelta(0),
    ) -> timedelta:
        """How long ``try_create`` would wait for the cooldown now; changes nothing.

        Called before taking a token of createReport, which would be wasted during a cooldown.
        """
        row = self._one(
            """
            WITH cooldown AS (
                SELECT sellerops.quota_cooldown_now(
                    %(account_id)s, %(report_type)s, %(published_s)s) AS seconds
            )
            SELECT coalesce(max(
                seconds + %(margin_s)s - extract(epoch FROM sellerops.now() - last_created_at)
            ), 0)::double precision AS seconds
            FROM sellerops.quota_budget, cooldown
            WHERE account_id = %(account_id)s AND report_type = %(report_type)s
              AND marketplace_id = ANY (%(marketplace_ids)s) AND window_key = %(window)s
              AND last_created_at <= sellerops.now() AND seconds > 0
            """,
            self._scope(account, report_type, marketplace_ids, window)
            | {
                "published_s": self.published_cooldown(report_type, cooldown).total_seconds(),
                "margin_s": self.config.cooldown_margin.total_seconds(),
            },
        )
        return max(timedelta(0), timedelta(seconds=row["seconds"]))

    def mark_created(
        self,
        account: Account | str,
        report_type: str,
        marketplace_ids: Iterable[str],
        window: str = "",
        *,
        at: datetime | None = None,
    ) -> None:
        """Start the cooldown: a report of the type was created at ``at`` (None: now), by us or by others."""
        self._execute(
            """
            INSERT INTO sellerops.quota_budget AS stored
                (account_id, report_type, marketplace_id, window_key, last_created_at)
            SELECT %(account_id)s, %(report_type)s, name, %(window)s,
                coalesce(%(at)s::timestamptz, sellerops.now())
            FROM unnest(%(marketplace_ids)s::text[]) AS name ORDER BY name
            ON CONFLICT (account_id, report_type, marketplace_id, window_key) DO UPDATE
            SET last_created_at = greatest(stored.last_created_at, excluded.last_created_at)
            """,
            self._scope(account, report_type, marketplace_ids, window) | {"at": at},
        )

    def release_create(
        self,
        account: Account | str,
        report_type: str,
        marketplace_ids: Iterable[str],
        window: str = "",
        *,
        granted: Granted,
    ) -> None:
        """Undo what ``try_create`` granted, because Amazon refused to create the report."""
        values = self._scope(account, report_type, marketplace_ids, window) | {"granted_at": granted.at}
        self._execute(
            """
            UPDATE sellerops.quota_budget
            SET last_created_at = previous_at, used = greatest(0, used - 1), token = NULL
            WHERE account_id = %(account_id)s AND report_type = %(report_type)s
              AND marketplace_id = ANY (%(marketplace_ids)s) AND window_key = %(window)s
              AND last_created_at = %(granted_at)s
            """,
            values,
        )

    def published_cooldown(self, report_type: str, cooldown: timedelta = timedelta(0)) -> timedelta:
        """The longer of the configured cooldown of the type and a report's own."""
        return max(self.config.report_type_limit(report_type).cooldown, cooldown)

    def lengthen_cooldown(
        self,
        account: Account | str,
        report_type: str,
        *,
        refusal: str,
        reason: str,
        gap: timedelta | None = None,
        cooldown: timedelta = timedelta(0),
    ) -> timedelta:
        """Amazon refused a report because it was requested too soon: lengthen the type's cooldown.

        ``refusal`` identifies the answer (a report id), so that it counts once; ``gap``: the time since the
        previous report. Returns the cooldown now in force. Each week without a refusal halves the learned
        addition.
        """
        row = self._one(
            """
            SELECT sellerops.quota_too_soon(
                %(account_id)s, %(report_type)s, %(published_s)s, %(gap_s)s::double precision, %(refusal)s,
                %(reason)s) AS seconds
            """,
            {
                "account_id": account if isinstance(account, str) else account.id,
                "report_type": report_type,
                "published_s": self.published_cooldown(report_type, cooldown).total_seconds(),
                "gap_s": gap.total_seconds() if gap is not None else None,
                "refusal": refusal,
                "reason": reason,
            },
        )
        return timedelta(seconds=row["seconds"])

    def learned_cooldowns(self, account_id: str | None = None) -> list[LearnedCooldown]:
        """The learned cooldowns, by account and type; None: of all accounts."""

        def work(connection: Connection) -> list[dict[str, Any]]:
            return connection.execute(
                """
                SELECT * FROM sellerops.quota_cooldown
                WHERE %(account)s::text IS NULL OR account_id = %(account)s ORDER BY account_id, report_type
                """,
                {"account": account_id},
            ).fetchall()

        return [self._learned(row) for row in self.ledger.database.run(work)]

    def _learned(self, row: dict[str, Any]) -> LearnedCooldown:
        published = self.published_cooldown(row["report_type"])
        values = {"account": row["account_id"], "type": row["report_type"], "s": published.total_seconds()}
        statement = "SELECT sellerops.quota_cooldown_now(%(account)s, %(type)s, %(s)s) AS seconds"
        return LearnedCooldown(
            row["account_id"],
            row["report_type"],
            published,
            timedelta(seconds=row["learned_s"]),
            timedelta(seconds=self._one(statement, values)["seconds"]),
            row["refusals"],
            row["refused_at"],
            row["evidence"],
        )

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

    def _scope(
        self, account: Account | str, report_type: str, marketplace_ids: Iterable[str], window: str
    ) -> dict[str, Any]:
        per_account = self.config.report_type_limit(report_type).per == "account"
        return {
            "account_id": account if isinstance(account, str) else account.id,
            "report_type": report_type,
            "marketplace_ids": [""] if per_account else sorted(set(marketplace_ids)),
            "window": window,
        }

    def decision(self, row: dict[str, Any], reason: str = "rate") -> Decision:
        """The decision in a row of the SQL functions. Reads the ledger's clock."""
        if row["is_granted"]:
            return Granted(row["decided_at"])
        seconds: float = row["wait_s"]
        return Wait(seconds, self.ledger.clock().real_seconds(seconds), reason)

    def _one(self, statement: str, values: dict[str, Any]) -> dict[str, Any]:
        return self.ledger.database.run(lambda connection: _one_row(connection, statement, values))

    def _execute(self, statement: str, values: dict[str, Any]) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statement, values)

        self.ledger.database.run(work)


def _one_row(connection: Connection, statement: str, values: dict[str, Any]) -> dict[str, Any]:
    row = connection.execute(statement, values).fetchone()
    assert row is not None  # a function with OUT parameters always returns one row
    return row


def _instant(moment: datetime | None) -> datetime | str | None:
    """Postgres' ``infinity`` for the end of Python's time."""
    return "infinity" if moment is not None and moment.year == MAXYEAR else moment
