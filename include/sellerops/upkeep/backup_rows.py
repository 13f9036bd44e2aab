"""The ledger's table ``backup``: every backup that was started, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sellerops.base.redaction import error_fields, redact
from sellerops.ledger import Ledger


@dataclass(frozen=True)
class BackupRow:
    """One started backup. ``began_at``, ``ended_at``: real time, UTC. ``error``: why it failed."""

    target: str
    began_at: datetime
    ended_at: datetime | None
    backup: str | None
    nbytes: int | None
    documents: int | None
    damaged: int | None
    error: str | None


def begin_backup(ledger: Ledger, target: str) -> int:
    """Record that a backup has started; returns the row's id."""
    with ledger.connection() as connection:
        row = connection.execute(
            "INSERT INTO sellerops.backup (target) VALUES (%s) RETURNING id", (redact(target),)
        ).fetchone()
    assert row is not None
    return int(row["id"])


def end_backup(ledger: Ledger, row: int, *, backup: str, nbytes: int, documents: int, damaged: int) -> None:
    """Record that a backup is complete."""
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.backup SET ended_at = clock_timestamp(), backup = %s, nbytes = %s, "
            "documents = %s, damaged = %s WHERE id = %s",
            (backup, nbytes, documents, damaged, row),
        )


def fail_backup(ledger: Ledger, row: int, error: BaseException) -> None:
    """Record why a backup failed."""
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.backup SET ended_at = clock_timestamp(), error = %s WHERE id = %s",
            (error_fields(error)[1], row),
        )


def newest_backups(ledger: Ledger, number: int = 10) -> list[BackupRow]:
    """The newest rows, newest first."""
    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT target, began_at, ended_at, backup, nbytes, documents, damaged, error "
            "FROM sellerops.backup ORDER BY id DESC LIMIT %s",
            (number,),
        ).fetchall()
    return [BackupRow(**row) for row in rows]


def last_complete(ledger: Ledger) -> BackupRow | None:
    """The newest complete backup; None if there is none."""
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT target, began_at, ended_at, backup, nbytes, documents, damaged, error "
            "FROM sellerops.backup WHERE backup IS NOT NULL ORDER BY id DESC LIMIT 1"
        ).fetchone()
    return BackupRow(**row) if row else None
