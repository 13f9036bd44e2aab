"""The queue of partitions to rebuild, and the ledger's record of builds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import BuildCounts, Span

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Pending:
    """A span that waits to be rebuilt, with the id of its row. ``cause``: the input that changed, or why else
    it was queued.
    """

    id: int
    span: Span
    cause: str


def add_pending(
    connection: Connection, mart: str, destination: str, spans: Iterable[Span], *, cause: str
) -> None:
    """Queue spans of a mart."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sellerops.mart_pending (mart, destination, account_id, marketplace_id, first_day, "
            "last_day, cause) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    mart,
                    destination,
                    each.account_id,
                    each.marketplace_id,
                    each.first_day,
                    each.last_day,
                    cause,
                )
                for each in spans
            ],
        )


def pending(connection: Connection, mart: str, destination: str) -> list[Pending]:
    """The queued spans of a mart, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT id, account_id, marketplace_id, first_day, last_day, cause FROM sellerops.mart_pending "
            "WHERE mart = %s AND destination = %s ORDER BY id",
            (mart, destination),
        ).fetchall()
    return [
        Pending(
            row["id"],
            Span(row["account_id"], row["marketplace_id"], row["first_day"], row["last_day"]),
            row["cause"],
        )
        for row in rows
    ]


def waiting_marts(connection: Connection, destination: str) -> set[str]:
    """The marts that have queued spans."""
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT DISTINCT mart FROM sellerops.mart_pending WHERE destination = %s", (destination,)
    )
    return {row["mart"] for row in rows}


def remove_pending(connection: Connection, found: Sequence[Pending]) -> None:
    """Remove rebuilt spans from the queue."""
    connection.execute(
        "DELETE FROM sellerops.mart_pending WHERE id = ANY(%s)", ([each.id for each in found],)
    )


def note_build(
    connection: Connection,
    mart: str,
    destination: str,
    spans: Sequence[Span],
    counts: BuildCounts,
    seconds: float,
    run: tuple[str, str] | None,
) -> None:
    """Record a rebuild of at least one span. ``run``: ids of the DAG and its run."""
    firsts = [each.first_day for each in spans]
    lasts = [each.last_day for each in spans]
    connection.execute(
        "INSERT INTO sellerops.mart_build (mart, destination, spans, first_day, last_day, deleted, inserted, "
        "seconds, dag_id, run_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            mart,
            destination,
            len(spans),
            None if None in firsts else min(day for day in firsts if day),
            None if None in lasts else max(day for day in lasts if day),
            counts.deleted,
            counts.inserted,
            seconds,
            *(run or (None, None)),
        ),
    )


def days_built(
    connection: Connection, mart: str, destination: str, run: tuple[str, str]
) -> list[tuple[date | None, date | None]]:
    """First and last day of each rebuild that a run has done; None for no bound."""
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT DISTINCT first_day, last_day FROM sellerops.mart_build "
        "WHERE mart = %s AND destination = %s AND dag_id = %s AND run_id = %s",
        (mart, destination, *run),
    )
    return [(row["first_day"], row["last_day"]) for row in rows]
