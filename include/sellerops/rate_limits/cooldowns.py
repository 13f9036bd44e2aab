"""Cooldowns and daily budgets of report types, which limit creates in addition to createReport's bucket.

Amazon's cooldowns can be longer than published: each refusal for a create that came too soon lengthens the
one in force. All times are on the ledger's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sellerops.rate_limits.decisions import Decision, Granted
from sellerops.rate_limits.statements import QuotaStatements
from sellerops.settings.accounts import Account

if TYPE_CHECKING:
    from sellerops.ledger.database import Connection


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


class Cooldowns(QuotaStatements):
    """Grants creates per account, report type, marketplace and window.

    Learns cooldowns per account and report type.
    """

    def try_create(
        self,
        account: Account | str,
        report_type: str,
        marketplace_ids: Iterable[str],
        window: str = "",
        *,
        cooldown: timedelta = timedelta(0),
    ) -> Decision:
        """Take the right to create one report of the type, for all the marketplaces or none, if cooldown and
        daily budget allow it.

        ``window`` is any text, equal for equal windows: the cooldown then applies between two reports of that
        window; if empty, between any two of the type. ``cooldown`` is the report's own; the longest of this,
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
        """Lengthen the type's cooldown, because Amazon refused a report that was requested too soon.

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
        """The learned cooldowns of one account, or of all (None), ordered by account and type."""

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
