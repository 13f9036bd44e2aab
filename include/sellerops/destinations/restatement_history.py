"""The history of changed cells, recorded once however many destinations load the same document."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from sellerops.destinations.jobs import LoadJob
from sellerops.settings.specs import TableSpec, WriteDisposition

Connection = psycopg.Connection[Any]


def keeps_restatements(table: TableSpec) -> bool:
    """Whether changes of the table's rows are recorded: only with a natural key, and not for snapshots."""
    return (
        table.restatements
        and bool(table.primary_key)
        and table.write_disposition is not WriteDisposition.SNAPSHOT
    )


def lock_history(connection: Connection, job: LoadJob) -> None:
    """Lock the history of the job's table, account and place until the transaction ends.

    No other destination can record changes there meanwhile.
    """
    lock_history_of(connection, job.full_name, job.slice.account_id, job.place)


def lock_history_of(connection: Connection, table: str, account_id: str, place: str) -> None:
    """``lock_history``, by names."""
    key = f"sellerops.history:{table}:{account_id}:{place}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def unrecorded_condition(connection: Connection, job: LoadJob, destination: str) -> LiteralString:
    """The SQL condition under which a change ``c`` (a row of ``sellerops.restatement``) is not yet recorded.

    Another destination may have recorded the same change of the same document. Called under ``lock_history``;
    the statement that contains the condition has the parameter ``destination``.
    """
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM sellerops.load WHERE table_name = %s AND account_id = %s "
        "AND reported_at = %s AND destination <> %s)",
        (job.full_name, job.slice.account_id, job.request.reported_at, destination),
    ).fetchone()
    return UNRECORDED if row and row[0] else "true"


UNRECORDED: LiteralString = """
NOT EXISTS (
    SELECT FROM sellerops.load AS by_load
    JOIN sellerops.restatement AS recorded ON recorded.new_load_id = by_load.id
    WHERE by_load.table_name = c.table_name AND by_load.account_id = c.account_id
      AND by_load.reported_at = c.new_reported_at AND by_load.destination <> %(destination)s
      AND recorded.marketplace_id IS NOT DISTINCT FROM c.marketplace_id
      AND recorded.key = c.key AND recorded.column_name = c.column_name
)
"""
