"""The table ``warning``: warnings about late and expiring days, open until these are loaded or lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.redaction import redact
from sellerops.ledger.database import Connection

# A marketplace id and a day; an empty id means all marketplaces of an account together.
MarketplaceDay = tuple[str, date]


class WarningKind(StrEnum):
    """LATE: not loaded by the promised time. EXPIRING: soon no longer served by Amazon."""

    LATE = "late"
    EXPIRING = "expiring"


@dataclass(frozen=True)
class DayWarning:
    """One warning about one report of one account. Times are in UTC.

    ``since``: the promised time (LATE), or when it was found (EXPIRING). ``until``: when Amazon will have
    stopped serving the last of the days (EXPIRING).
    """

    fault_key: str
    kind: WarningKind
    report: str
    account_id: str
    slices: tuple[MarketplaceDay, ...]
    since: datetime
    until: datetime | None
    opened_at: datetime
    told_at: datetime | None
    ended_at: datetime | None


def lock_warnings(connection: Connection, report: str, account_id: str) -> None:
    """Lock the warnings of this report and account until the transaction ends."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('sellerops.warning|' || %s || '|' || %s, 0))",
        (report, account_id),
    )


def open_warnings(
    connection: Connection, report: str | None = None, account_id: str | None = None
) -> list[DayWarning]:
    """Warnings that have not ended, oldest first; None means no filter."""
    rows = connection.execute(
        """
        SELECT * FROM sellerops.warning
        WHERE ended_at IS NULL AND (%(report)s::text IS NULL OR report = %(report)s)
          AND (%(account_id)s::text IS NULL OR account_id = %(account_id)s)
        ORDER BY since, fault_key
        """,
        {"report": report, "account_id": account_id},
    )
    return [_warned(row) for row in rows]


def open_warning(
    connection: Connection,
    kind: WarningKind,
    fault_key: str,
    report: str,
    account_id: str,
    slices: Iterable[MarketplaceDay],
    since: datetime,
    until: datetime | None = None,
) -> None:
    """Open a warning, whose notice is still to be sent. An existing one is not changed."""
    connection.execute(
        """
        INSERT INTO sellerops.warning (fault_key, kind, report, account_id, slices, since, until)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (fault_key, str(kind), report, account_id, _json(slices), since, until),
    )


def extend_warning(connection: Connection, warned: DayWarning, slices: Iterable[MarketplaceDay]) -> None:
    """Add days to a warning."""
    every = sorted({*warned.slices, *slices})
    connection.execute(
        "UPDATE sellerops.warning SET slices = %s WHERE fault_key = %s", (_json(every), warned.fault_key)
    )


def mark_notified(connection: Connection, fault_key: str) -> None:
    """Record that people were notified, if the notice exists: with invalid routes, sending fails silently."""
    connection.execute(
        """
        UPDATE sellerops.warning SET told_at = coalesce(told_at, sellerops.now())
        WHERE fault_key = %s AND EXISTS (SELECT FROM sellerops.notice WHERE key = %s)
        """,
        (fault_key, redact(fault_key)),
    )


def mark_ended(connection: Connection, fault_key: str) -> None:
    connection.execute(
        "UPDATE sellerops.warning SET ended_at = coalesce(ended_at, sellerops.now()) WHERE fault_key = %s",
        (fault_key,),
    )


def _json(slices: Iterable[MarketplaceDay]) -> Jsonb:
    return Jsonb([[marketplace_id, day.isoformat()] for marketplace_id, day in slices])


def _warned(row: dict[str, Any]) -> DayWarning:
    slices = tuple((marketplace_id, date.fromisoformat(day)) for marketplace_id, day in row["slices"])
    return DayWarning(**{**row, "kind": WarningKind(row["kind"]), "slices": slices})
