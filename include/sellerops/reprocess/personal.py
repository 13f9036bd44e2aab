"""Deletes personal data after its retention, also from tables whose spec was removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sellerops.destinations.postgres.personal import personal_tables, purge, register
from sellerops.ledger import Ledger
from sellerops.settings.specs import ReportSpec


@dataclass(frozen=True)
class PersonalTable:
    """One table of personal columns, from the ledger. ``purged_rows``: how many rows were deleted so far."""

    table: str
    report: str
    retention: timedelta
    columns: tuple[str, ...]
    purged_at: datetime | None
    purged_rows: int


@dataclass(frozen=True)
class PurgedRows:
    """How many rows a purge deleted from one table."""

    table: str
    rows: int


def list_personal(ledger: Ledger) -> list[PersonalTable]:
    """All tables of personal columns, by name."""
    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT table_name, report, retention, columns, purged_at, purged_rows "
            "FROM sellerops.personal_table ORDER BY table_name"
        ).fetchall()
    return [
        PersonalTable(
            row["table_name"], row["report"], row["retention"], tuple(row["columns"]), row["purged_at"],
            row["purged_rows"],
        )
        for row in rows
    ]  # fmt: skip


def purge_personal(ledger: Ledger, specs: Sequence[ReportSpec]) -> list[PurgedRows]:
    """Delete rows past their retention, each table in its own transaction.

    The retention in ``specs`` applies from now on; tables of removed specs keep their last retention.
    """
    known = {each.table for each in list_personal(ledger)}
    with ledger.connection() as connection:
        for spec, table in personal_tables(specs):
            if f"{spec.source}.{table}__personal" in known:
                register(connection, spec, table)
    done = []
    for each in list_personal(ledger):
        with ledger.connection() as connection:
            rows = purge(connection, each.table, each.retention)
            connection.execute(
                "UPDATE sellerops.personal_table SET purged_at = sellerops.now(), "
                "purged_rows = purged_rows + %s WHERE table_name = %s",
                (rows, each.table),
            )
        done.append(PurgedRows(each.table, rows))
    return done
