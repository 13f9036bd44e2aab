"""Amazon's SQS notifications: messages, subscriptions and listeners."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.redaction import redact
from sellerops.ledger.database import Connection

# Amazon's two notification types for finished reports and finished Data Kiosk queries.
REPORT_FINISHED = "REPORT_PROCESSING_FINISHED"
QUERY_FINISHED = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"

Awaited = tuple[str, str]


@dataclass(frozen=True)
class Notification:
    """One message of a queue. An unreadable one has a ``problem`` and little more than ``raw``."""

    id: str
    raw: str
    notification_type: str | None = None
    seller_id: str | None = None
    subscription_id: str | None = None
    report_id: str | None = None
    report_type: str | None = None
    processing_status: str | None = None
    document_id: str | None = None
    published_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True)
class StoredNotification:
    """The result of ``store``. ``account_id`` is None if the account is unknown."""

    is_new: bool
    account_id: str | None


@dataclass(frozen=True)
class Subscription:
    """A subscription that ``sellerops notifications setup`` created or found. ``queue``: its ARN."""

    account_id: str
    notification_type: str
    subscription_id: str
    destination_id: str
    queue: str


@dataclass(frozen=True)
class NotificationStatus:
    """What tasks that wait for reports need to know.

    ``arrived``: awaited reports with a notification; ``working``: (account, type) pairs whose notifications
    are known to arrive; ``is_subscribed``: whether any account has a subscription.
    """

    arrived: frozenset[Awaited]
    working: frozenset[tuple[str, str]]
    is_subscribed: bool


def store(connection: Connection, notification: Notification) -> StoredNotification:
    """Store a notification once, however often and in whatever order it arrives.

    Its account is its subscription's, or else the only account that requested the report.
    """
    values = {**asdict(notification), "raw": redact(notification.raw)}
    row = connection.execute(
        """
        INSERT INTO sellerops.notification AS stored (id, notification_type, account_id, seller_id,
            subscription_id, report_id, report_type, processing_status, document_id, published_at, problem,
            raw)
        VALUES (%(id)s, %(notification_type)s, coalesce(
                (SELECT min(account_id) FROM sellerops.notification_subscription
                 WHERE subscription_id = %(subscription_id)s),
                (SELECT min(account_id) FROM sellerops.report_request
                 WHERE report_id = %(report_id)s HAVING count(DISTINCT account_id) = 1)),
            %(seller_id)s, %(subscription_id)s, %(report_id)s, %(report_type)s, %(processing_status)s,
            %(document_id)s, %(published_at)s, %(problem)s, %(raw)s)
        ON CONFLICT (id) DO UPDATE SET times = stored.times + 1,
            account_id = coalesce(stored.account_id, excluded.account_id)
        RETURNING times = 1 AS is_new, account_id
        """,
        values,
    ).fetchone()
    assert row is not None
    return StoredNotification(row["is_new"], row["account_id"])


def read_status(connection: Connection, awaited: Collection[Awaited]) -> NotificationStatus:
    """The status for all awaited (account id, report id) pairs of a process, in few queries."""
    subscribed = connection.execute(
        "SELECT EXISTS (SELECT FROM sellerops.notification_subscription) AS any"
    ).fetchone()
    assert subscribed is not None
    if not subscribed["any"]:
        return NotificationStatus(frozenset(), frozenset(), False)
    arrived = connection.execute(
        """
        SELECT DISTINCT account_id, report_id FROM sellerops.notification
        JOIN unnest(%s::text[], %s::text[]) AS awaited (account_id, report_id) USING (account_id, report_id)
        """,
        ([account for account, _ in awaited], [report for _, report in awaited]),
    )
    working = connection.execute(
        "SELECT account_id, notification_type FROM sellerops.notifications_working()"
    )
    return NotificationStatus(
        frozenset((row["account_id"], row["report_id"]) for row in arrived),
        frozenset((row["account_id"], row["notification_type"]) for row in working),
        True,
    )


def heartbeat(connection: Connection, queue: str, alive: timedelta, problem: str | None = None) -> None:
    """Record that a listener reads ``queue`` for at least ``alive`` (real time), or what prevents it."""
    connection.execute(
        """
        INSERT INTO sellerops.notification_listener (queue, alive_until, problem)
        VALUES (%(queue)s, clock_timestamp() + %(alive)s, %(problem)s)
        ON CONFLICT (queue) DO UPDATE
        SET alive_until = excluded.alive_until, problem = excluded.problem, told_at = sellerops.now()
        """,
        {"queue": queue, "alive": alive if problem is None else timedelta(0), "problem": problem},
    )


def unrequested(connection: Connection, account_id: str, report_type: str, since: datetime) -> list[str]:
    """Ids of finished reports of the type that we neither requested, listed nor looked up, newest first."""
    rows = connection.execute(
        """
        SELECT report_id FROM sellerops.notification AS n
        WHERE account_id = %(account_id)s AND notification_type = %(type)s AND report_type = %(report_type)s
          AND processing_status = 'DONE' AND received_at >= %(since)s AND looked_up_at IS NULL
          AND NOT EXISTS (SELECT FROM sellerops.report_request AS ours
                          WHERE ours.account_id = n.account_id AND ours.report_id = n.report_id)
          AND NOT EXISTS (SELECT FROM sellerops.listed_report AS listed
                          WHERE listed.account_id = n.account_id AND listed.report_id = n.report_id
                            AND listed.status = 'DONE')
        GROUP BY report_id ORDER BY max(received_at) DESC
        """,
        {"account_id": account_id, "report_type": report_type, "since": since, "type": REPORT_FINISHED},
    )
    return [row["report_id"] for row in rows]


def mark_looked_up(connection: Connection, account_id: str, report_id: str) -> None:
    """Record that Amazon was queried for this report and does not serve it to us."""
    connection.execute(
        """
        UPDATE sellerops.notification SET looked_up_at = sellerops.now()
        WHERE account_id = %s AND report_id = %s
        """,
        (account_id, report_id),
    )


def record_subscription(connection: Connection, subscription: Subscription) -> None:
    """Record a subscription and assign its earlier notifications to its account as well."""
    with connection.transaction():
        connection.execute(
            """
            INSERT INTO sellerops.notification_subscription AS stored
                (account_id, notification_type, subscription_id, destination_id, queue)
            VALUES (%(account_id)s, %(notification_type)s, %(subscription_id)s, %(destination_id)s, %(queue)s)
            ON CONFLICT (account_id, notification_type) DO UPDATE SET
                subscription_id = excluded.subscription_id, destination_id = excluded.destination_id,
                queue = excluded.queue, recorded_at = excluded.recorded_at
            """,
            asdict(subscription),
        )
        connection.execute(
            """
            UPDATE sellerops.notification SET account_id = %(account_id)s
            WHERE account_id IS NULL AND subscription_id = %(subscription_id)s
            """,
            asdict(subscription),
        )


def forget_subscription(connection: Connection, account_id: str, notification_type: str) -> None:
    """Delete a subscription; waiting tasks poll at their usual pace again."""
    connection.execute(
        "DELETE FROM sellerops.notification_subscription WHERE account_id = %s AND notification_type = %s",
        (account_id, notification_type),
    )


def find(connection: Connection, notification_id: str) -> dict[str, Any] | None:
    """One notification's row; None if the id is unknown."""
    return connection.execute(
        "SELECT * FROM sellerops.notification WHERE id = %s", (notification_id,)
    ).fetchone()


def overview(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """What people see: ``subscriptions`` with counts of notifications, ``listeners``, and ``problems``."""
    subscriptions = connection.execute(
        """
        SELECT subscription.account_id, subscription.notification_type, subscription.queue,
               count(heard.id) AS received, max(heard.received_at) AS last_received,
               bool_or(working.account_id IS NOT NULL) AS is_working
        FROM sellerops.notification_subscription AS subscription
        LEFT JOIN sellerops.notification AS heard USING (account_id, notification_type)
        LEFT JOIN sellerops.notifications_working() AS working USING (account_id, notification_type)
        GROUP BY 1, 2, 3 ORDER BY 1, 2
        """
    )
    listeners = connection.execute(
        """
        SELECT queue, alive_until > clock_timestamp() AS is_alive, problem, told_at
        FROM sellerops.notification_listener ORDER BY queue
        """
    )
    problems = connection.execute(
        """
        SELECT coalesce(problem, 'unknown account: subscription ' || subscription_id,
                        'unknown account') AS problem, count(*) AS count, max(received_at) AS last
        FROM sellerops.notification
        WHERE problem IS NOT NULL OR (account_id IS NULL AND report_id IS NOT NULL)
        GROUP BY 1 ORDER BY 3 DESC LIMIT 20
        """
    )
    return {
        "subscriptions": subscriptions.fetchall(),
        "listeners": listeners.fetchall(),
        "problems": problems.fetchall(),
    }
