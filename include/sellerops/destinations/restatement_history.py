"""The history of changed cells, where several destinations load the same documents: told once."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from sellerops.destinations.jobs import LoadJob
from sellerops.settings.specs import TableSpec, WriteDisposition

Connection = psycopg.Connection[Any]


def keeps_restatements(table: TableSpec) -> bool:
    """Whether changes of the table's rows are kept: rows need a name of their own, and a day or a merge."""
    return (
        table.restatements
        and bool(table.primary_key)
        and table.write_disposition is not WriteDisposition.SNAPSHOT
    )


def lock_history(connection: Connection, job: LoadJob) -> None:
    """Until the transaction ends no other destination notes changes of this table, account and place."""
    lock_history_of(connection, job.full_name, job.slice.account_id, job.place)


def lock_history_of(connection: Connection, table: str, account_id: str, place: str) -> None:
    """The same by names."""
    key = f"sellerops.history:{table}:{account_id}:{place}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def unrecorded_condition(connection: Connection, job: LoadJob, destination: str) -> LiteralString:
    """The condition under which a change ``c`` (a row of ``sellerops.restatement``) is news.

    Of one document another destination may have told it. Asked under ``lock_history``; the statement it
    goes into has the parameter ``destination``.
    """
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM sellerops.load WHERE table_name = %s AND account_id = %s "
        "AND reported_at = %s AND destination <> %s)",
        (job.full_name, job.slice.account_id, job.request.reported_at, destination),
    ).fetchone()
    return UNRECORDED if row and row[0] else "true"


UNRECORDED: LiteralString = """
NOT EXISTS (
    SELECT FROM sellerops.load AS told_by JOIN sellerops.restatement AS told ON told.new_load_id = told_by.id
    WHERE told_by.table_name = c.table_name AND told_by.account_id = c.account_id
      AND told_by.reported_at = c.new_reported_at AND told_by.destination <> %(destination)s
      AND told.marketplace_id IS NOT DISTINCT FROM c.marketplace_id
      AND told.key = c.key AND told.column_name = c.column_name
)
"""
