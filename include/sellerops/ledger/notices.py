"""The tables ``notice``, ``delivery`` and ``fault``: notices, where they go, and whether they were delivered.

``notice`` holds the keys of sent notices, so that nobody gets one twice. ``delivery`` has a row per message
and address, sent or pending. ``fault`` lists open faults. Times are ``sellerops.now()``, in UTC; only the
lease of a delivery is real time.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.redaction import redact, redact_values
from sellerops.ledger.database import Connection

# Longer than any send may take; after that, another sender takes over from one that died.
_LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class NewDelivery:
    """A message for one address. ``message``: the content that the channel's module renders."""

    notice_key: str
    event: str
    report: str
    thread: str
    channel: str
    kind: str
    connection: str
    target: str
    message: dict[str, Any]
    broadcast: bool = False


@dataclass(frozen=True)
class Delivery:
    """One row of ``delivery``. ``answers``: the reference of the thread's first message to the address."""

    id: int
    notice_key: str
    event: str
    report: str
    thread: str
    channel: str
    kind: str
    connection: str
    target: str
    message: dict[str, Any]
    broadcast: bool
    state: str
    attempts: int
    created_at: datetime
    next_try_at: datetime
    sent_at: datetime | None
    last_error: str | None
    reference: str | None
    answers: str | None = None


@dataclass(frozen=True)
class OpenFault:
    """A fault that is open. ``is_new``: it was opened just now."""

    id: int
    fault_key: str
    event: str
    report: str
    headline: str
    threads: list[str]
    times: int
    opened_at: datetime
    seen_at: datetime
    told_at: datetime
    is_new: bool = False


_DELIVERY = """
    id, notice_key, event, report, thread, channel, kind, connection, target, message, broadcast, state,
    attempts, created_at, next_try_at, sent_at, last_error, reference
"""
_FAULT = "id, fault_key, event, report, headline, threads, times, opened_at, seen_at, told_at"


def claim(connection: Connection, key: str, token: uuid.UUID) -> bool:
    """True for the first caller with ``key``; the same ``token`` gets the same answer again."""
    won = connection.execute(
        """
        INSERT INTO sellerops.notice AS stored (key, claim_token) VALUES (%(key)s, %(token)s)
        ON CONFLICT (key) DO UPDATE SET claim_token = stored.claim_token
        WHERE stored.claim_token = excluded.claim_token
        """,
        {"key": redact(key), "token": token},
    )
    return won.rowcount == 1


def add_deliveries(connection: Connection, wanted: Iterable[NewDelivery]) -> int:
    """Add pending deliveries; returns how many are new."""
    added = 0
    for each in wanted:
        added += connection.execute(
            """
            INSERT INTO sellerops.delivery
                (notice_key, event, report, thread, channel, kind, connection, target, message, broadcast)
            VALUES (%(notice_key)s, %(event)s, %(report)s, %(thread)s, %(channel)s, %(kind)s, %(connection)s,
                    %(target)s, %(message)s, %(broadcast)s)
            ON CONFLICT (notice_key, kind, connection, target) DO NOTHING
            """,
            {
                **vars(each),
                "notice_key": redact(each.notice_key),
                "message": Jsonb(redact_values(each.message)),
            },
        ).rowcount
    return added


def lease_delivery(
    connection: Connection, threads: Sequence[str] | None, without: Collection[tuple[str, str, str]]
) -> Delivery | None:
    """Lease the oldest delivery that is due to this caller; None if there is none.

    Only the oldest unsent delivery of a thread and address is due, which keeps their order.

    :param threads: only these threads; None: all.
    :param without: kinds, connections and addresses to skip.
    """
    row = connection.execute(
        f"""
        UPDATE sellerops.delivery AS mine
        SET leased_until = clock_timestamp() + %(lease)s, attempts = attempts + 1
        WHERE id = (
            SELECT id FROM sellerops.delivery AS due
            WHERE state = 'WAITING' AND next_try_at <= sellerops.now()
              AND (leased_until IS NULL OR leased_until < clock_timestamp())
              AND (%(threads)s::text[] IS NULL OR thread = ANY(%(threads)s))
              AND NOT kind || '|' || connection || '|' || target = ANY(%(without)s)
              AND NOT EXISTS (
                  SELECT FROM sellerops.delivery AS earlier
                  WHERE (earlier.thread, earlier.kind, earlier.connection, earlier.target)
                        = (due.thread, due.kind, due.connection, due.target)
                    AND earlier.id < due.id AND earlier.state = 'WAITING'
              )
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING {_DELIVERY}, (
            SELECT first.reference FROM sellerops.delivery AS first
            WHERE (first.thread, first.kind, first.connection, first.target)
                  = (mine.thread, mine.kind, mine.connection, mine.target)
              AND first.state = 'SENT' AND first.reference <> ''
            ORDER BY first.id LIMIT 1
        ) AS answers
        """,
        {
            "lease": _LEASE,
            "threads": None if threads is None else list(threads),
            "without": ["|".join(each) for each in without],
        },
    ).fetchone()
    return Delivery(**row) if row else None


def record_sent(connection: Connection, delivery_id: int, reference: str) -> None:
    """Record a delivery as sent; ``reference`` is the channel's id of the message."""
    connection.execute(
        """
        UPDATE sellerops.delivery
        SET state = 'SENT', sent_at = sellerops.now(), leased_until = NULL, last_error = NULL,
            reference = %(reference)s
        WHERE id = %(id)s
        """,
        {"id": delivery_id, "reference": reference},
    )


def record_unsent(
    connection: Connection, delivery_id: int, error: str, wait: timedelta, give_up_after: timedelta
) -> str:
    """Record a failed try; returns the new state: WAITING for ``wait``, or GIVEN_UP."""
    row = connection.execute(
        """
        UPDATE sellerops.delivery
        SET last_error = %(error)s, leased_until = NULL, next_try_at = sellerops.now() + %(wait)s,
            state = CASE WHEN created_at + %(limit)s <= sellerops.now() THEN 'GIVEN_UP' ELSE 'WAITING' END
        WHERE id = %(id)s
        RETURNING state
        """,
        {"id": delivery_id, "error": redact(error), "wait": wait, "limit": give_up_after},
    ).fetchone()
    return str(row["state"]) if row else "GIVEN_UP"


def deliveries(connection: Connection, states: Collection[str], limit: int = 100) -> list[Delivery]:
    """Deliveries in one of these states, newest first."""
    rows = connection.execute(
        f"SELECT {_DELIVERY} FROM sellerops.delivery WHERE state = ANY(%s) ORDER BY id DESC LIMIT %s",
        (list(states), limit),
    )
    return [Delivery(**row) for row in rows]


def first_deliveries(connection: Connection, thread: str) -> list[Delivery]:
    """The first delivery of a thread to each address, without those given up."""
    rows = connection.execute(
        f"""
        SELECT DISTINCT ON (kind, connection, target) {_DELIVERY} FROM sellerops.delivery
        WHERE thread = %s AND state <> 'GIVEN_UP' ORDER BY kind, connection, target, id
        """,
        (thread,),
    )
    return [Delivery(**row) for row in rows]


def record_fault(
    connection: Connection, key: str, *, event: str, report: str, headline: str, thread: str
) -> OpenFault:
    """Open the fault, or count one more occurrence if it is open."""
    row = connection.execute(
        f"""
        INSERT INTO sellerops.fault AS stored (fault_key, event, report, headline, threads)
        VALUES (%(key)s, %(event)s, %(report)s, %(headline)s, ARRAY[%(thread)s])
        ON CONFLICT (fault_key) WHERE closed_at IS NULL
        DO UPDATE SET times = stored.times + 1, seen_at = sellerops.now()
        RETURNING {_FAULT}, times = 1 AS is_new
        """,
        {
            "key": redact(key),
            "event": event,
            "report": report,
            "headline": redact(headline),
            "thread": thread,
        },
    ).fetchone()
    assert row is not None
    return OpenFault(**row)


def mark_faults_notified(connection: Connection, fault_ids: Collection[int], event: str, thread: str) -> None:
    """Record that people were just notified of these faults in this thread."""
    connection.execute(
        """
        UPDATE sellerops.fault SET told_at = sellerops.now(), event = %(event)s,
            threads = array_remove(threads, %(thread)s) || %(thread)s
        WHERE id = ANY(%(ids)s)
        """,
        {"event": event, "thread": thread, "ids": list(fault_ids)},
    )


def open_faults(connection: Connection, prefix: str = "") -> list[OpenFault]:
    """Open faults whose key begins with ``prefix``, oldest first."""
    rows = connection.execute(
        f"""
        SELECT {_FAULT} FROM sellerops.fault
        WHERE closed_at IS NULL AND starts_with(fault_key, %s) ORDER BY id
        """,
        (prefix,),
    )
    return [OpenFault(**row) for row in rows]


def close_faults(connection: Connection, fault_ids: Collection[int]) -> list[OpenFault]:
    """Close these faults; returns those that were still open."""
    rows = connection.execute(
        f"""
        UPDATE sellerops.fault SET closed_at = sellerops.now()
        WHERE id = ANY(%s) AND closed_at IS NULL RETURNING {_FAULT}
        """,
        (list(fault_ids),),
    )
    return sorted((OpenFault(**row) for row in rows), key=lambda each: each.id)
