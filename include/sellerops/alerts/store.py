"""The table ``alert``: which conditions are met, since when, who was notified, and which are snoozed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from sellerops.base.errors import ConfigurationError

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Found:
    """A condition that is met now. ``rank_money``: money per day in the reporting currency."""

    marketplace_id: str
    subject: str
    summary: str
    money_per_day: Decimal | None
    currency: str
    rank_money: Decimal | None
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Alert:
    """A row of the table; times are in UTC."""

    id: int
    name: str
    account_id: str
    marketplace_id: str
    subject: str
    severity: str
    summary: str
    money_per_day: Decimal | None
    currency: str
    rank_money: Decimal | None
    evidence: dict[str, Any]
    opened_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    notified_at: datetime | None
    end_notified_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    note: str | None


@dataclass(frozen=True)
class Changes:
    """What an evaluation changed: alerts that opened and ended, and how many are open now."""

    opened: int
    ended: int
    open: int


def record_found(
    connection: Connection, name: str, account: str, severity: str, found: Sequence[Found]
) -> Changes:
    """Open, refresh and end the alerts of one name and account, in the caller's transaction.

    An alert that opens again during a snooze stays snoozed; if one ends during a snooze, nothing is sent.
    """
    lock = f"sellerops.alert:{name}|{account}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (lock,))
    opened = 0
    with connection.cursor(row_factory=dict_row) as cursor:
        for each in found:
            row = cursor.execute(
                _UPSERT,
                {**vars(each), "evidence": Jsonb(each.evidence), "name": name, "account_id": account,
                 "severity": severity},
            ).fetchone()  # fmt: skip
            opened += bool(row and row["is_new"])
        ended = cursor.execute(
            "UPDATE sellerops.alert SET ended_at = sellerops.now(), "
            "end_notified_at = CASE WHEN snoozed_until > sellerops.now() THEN sellerops.now() END "
            "WHERE name = %s AND account_id = %s "
            "AND ended_at IS NULL AND NOT marketplace_id || '|' || subject = ANY(%s)",
            (name, account, [f"{each.marketplace_id}|{each.subject}" for each in found]),
        ).rowcount
    note_evaluation(connection, name, account, len(found), "")
    return Changes(opened, ended, len(found))


def note_evaluation(connection: Connection, name: str, account: str, found: int | None, reason: str) -> None:
    """Record an evaluation. With ``found`` None, it was impossible for ``reason``; open alerts stay open."""
    connection.execute(
        "INSERT INTO sellerops.alert_evaluation (name, account_id, found, reason) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (name, account_id) DO UPDATE SET found = excluded.found, reason = excluded.reason, "
        "evaluated_at = sellerops.now()",
        (name, account, found, reason),
    )


def end_others(connection: Connection, kept: Collection[tuple[str, str]]) -> int:
    """End the alerts of all names and accounts not in ``kept``, which were removed or switched off.

    Sends nothing; returns how many ended.
    """
    return connection.execute(
        "UPDATE sellerops.alert SET ended_at = sellerops.now(), end_notified_at = sellerops.now() "
        "WHERE ended_at IS NULL AND NOT name || '|' || account_id = ANY(%s)",
        ([f"{name}|{account}" for name, account in kept],),
    ).rowcount


def open_alerts(
    connection: Connection, *, account: str | None = None, name: str | None = None
) -> list[Alert]:
    """Open alerts, urgent ones first, then by money at stake."""
    return _alerts(
        connection,
        "ended_at IS NULL AND (%(account)s::text IS NULL OR account_id = %(account)s) "
        "AND (%(name)s::text IS NULL OR name = %(name)s)",
        {"account": account, "name": name},
    )


def ended_alerts(connection: Connection, limit: int) -> list[Alert]:
    """The ``limit`` alerts that ended last, newest first."""
    return _alerts(connection, "ended_at IS NOT NULL", {"limit": limit}, "ended_at DESC, id LIMIT %(limit)s")


def alerts_to_send(connection: Connection) -> list[Alert]:
    """Open alerts about which nobody has been notified yet, without snoozed and acknowledged ones."""
    return _alerts(
        connection,
        "ended_at IS NULL AND notified_at IS NULL AND acknowledged_at IS NULL "
        "AND (snoozed_until IS NULL OR snoozed_until <= sellerops.now())",
        {},
    )


def endings_to_send(connection: Connection) -> list[Alert]:
    """Ended alerts about which people were notified, but not yet about the end.

    Alerts that ended during a snooze are excluded.
    """
    return _alerts(
        connection, "ended_at IS NOT NULL AND notified_at IS NOT NULL AND end_notified_at IS NULL", {}
    )


def mark_sent(connection: Connection, alerts: Collection[Alert]) -> None:
    """Record that people were notified that open alerts have opened, and that ended ones have ended."""
    connection.execute(
        "UPDATE sellerops.alert SET notified_at = coalesce(notified_at, sellerops.now()), "
        "end_notified_at = CASE WHEN id = ANY(%s) THEN sellerops.now() ELSE end_notified_at END "
        "WHERE id = ANY(%s)",
        ([each.id for each in alerts if each.ended_at], [each.id for each in alerts]),
    )


def acknowledge(connection: Connection, ids: Collection[int], by: str, note: str) -> list[Alert]:
    """Acknowledge open alerts. If one of them is not open, raises ConfigurationError and changes none."""
    return _decide(
        connection, ids, "acknowledged_at = sellerops.now(), acknowledged_by = %(by)s", by, note, None
    )


def snooze(connection: Connection, ids: Collection[int], until: datetime, by: str, note: str) -> list[Alert]:
    """Send nothing about these open alerts before ``until``, even if they end and open again meanwhile.

    If one of them is not open, raises ConfigurationError and changes none.
    """
    return _decide(connection, ids, "snoozed_until = %(until)s, snoozed_by = %(by)s", by, note, until)


def _decide(
    connection: Connection, ids: Collection[int], change: str, by: str, note: str, until: datetime | None
) -> list[Alert]:
    found = _alerts(connection, "ended_at IS NULL AND id = ANY(%(ids)s)", {"ids": list(ids)})
    if missing := sorted(set(ids) - {each.id for each in found}):
        raise ConfigurationError(
            f"not open: {', '.join(map(str, missing))}.",
            where="alerts",
            remedy="`sellerops alerts list` shows the ids of open alerts.",
        )
    noted = "note = coalesce(nullif(%(note)s, ''), note)"
    statement = f"UPDATE sellerops.alert SET {change}, {noted} WHERE id = ANY(%(ids)s)"
    connection.execute(statement.encode(), {"ids": list(ids), "by": by, "note": note, "until": until})
    return found


_COLUMNS = ", ".join(Alert.__dataclass_fields__)
_BY_RANK = "severity = 'urgent' DESC, rank_money DESC NULLS LAST, id"
_UPSERT = """
    INSERT INTO sellerops.alert AS a (
        name, account_id, marketplace_id, subject, severity, summary, money_per_day, currency, rank_money,
        evidence, snoozed_until, snoozed_by
    )
    SELECT %(name)s, %(account_id)s, %(marketplace_id)s, %(subject)s, %(severity)s, %(summary)s,
           %(money_per_day)s, %(currency)s, %(rank_money)s, %(evidence)s, last.snoozed_until, last.snoozed_by
    FROM (SELECT) AS one LEFT JOIN LATERAL (
        SELECT snoozed_until, snoozed_by FROM sellerops.alert
        WHERE (name, account_id, marketplace_id, subject)
              = (%(name)s, %(account_id)s, %(marketplace_id)s, %(subject)s)
          AND snoozed_until > sellerops.now()
        ORDER BY id DESC LIMIT 1
    ) AS last ON true
    ON CONFLICT (name, account_id, marketplace_id, subject) WHERE ended_at IS NULL DO UPDATE
    SET severity = excluded.severity, summary = excluded.summary, money_per_day = excluded.money_per_day,
        currency = excluded.currency, rank_money = excluded.rank_money, evidence = excluded.evidence,
        seen_at = sellerops.now()
    RETURNING xmax = 0 AS is_new
"""


def _alerts(
    connection: Connection, condition: str, parameters: dict[str, Any], order: str = _BY_RANK
) -> list[Alert]:
    statement = f"SELECT {_COLUMNS} FROM sellerops.alert WHERE {condition} ORDER BY {order}"
    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(statement.encode(), parameters).fetchall()
