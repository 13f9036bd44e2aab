"""Findings of loads that people should know about: changed columns and rejected rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sellerops.ledger.database import Connection

# Earlier loads are counted up to this number; more would not change a notice.
MOST_LOADS_BEFORE = 10


@dataclass(frozen=True)
class ColumnChange:
    """A change of a column that a load found.

    ``kind``: the column is new (``added``), occurs twice (``duplicated``), is missing (``dropped``), or was
    excluded from the table because its name looks like personal data (``personal``). ``label``: the slice
    (``US 2026-11-20``). ``loads_before``: earlier loads with rows of the same table, account and marketplace,
    counted up to ``MOST_LOADS_BEFORE``. ``was_absent``: some earlier document of the table lacked the column.
    """

    report: str
    table_name: str
    column_name: str
    kind: str
    load_id: int
    account_id: str
    label: str
    loads_before: int
    was_absent: bool


@dataclass(frozen=True)
class RejectedRows:
    """Rows that a load rejected: counts by reason, and the first row. ``day`` is the load's, in UTC."""

    load_id: int
    report: str
    table_name: str
    account_id: str
    marketplace_id: str
    label: str
    day: date
    rows_in_file: int
    rejected: int
    reasons: dict[str, int]
    source_line: int
    reason: str
    column_name: str | None
    value: str | None


def column_changes(connection: Connection, load_ids: Sequence[int]) -> list[ColumnChange]:
    """Column changes found by these loads, oldest first, without columns missing from a first document."""
    rows = connection.execute(
        """
        SELECT load.report, change.table_name, change.column_name, change.kind, change.load_id,
               load.account_id, coalesce(load.slice ->> 'label', load.first_day::text, '') AS label,
               (SELECT count(*) FROM (
                    SELECT FROM sellerops.load AS earlier
                    WHERE earlier.table_name = load.table_name AND earlier.account_id = load.account_id
                      AND earlier.marketplace_id = load.marketplace_id
                      AND earlier.id < load.id AND earlier.rows_in_file > 0
                    ORDER BY earlier.id DESC LIMIT %(most)s) AS enough) AS loads_before,
               EXISTS (SELECT FROM sellerops.schema_change AS earlier
                       WHERE earlier.table_name = change.table_name
                         AND earlier.column_name = change.column_name AND earlier.id < change.id
                         AND earlier.kind IN ('dropped', 'missing')) AS was_absent
        FROM sellerops.schema_change AS change JOIN sellerops.load ON load.id = change.load_id
        WHERE change.load_id = ANY(%(loads)s) AND change.kind <> 'missing'
        ORDER BY change.id
        """,
        {"loads": list(load_ids), "most": MOST_LOADS_BEFORE},
    )
    return [ColumnChange(**row) for row in rows]


def rejected_rows(connection: Connection, load_ids: Sequence[int]) -> list[RejectedRows]:
    """The rejected rows of these loads, one entry per load that has any, oldest first."""
    rows = connection.execute(
        """
        SELECT load.id AS load_id, load.report, load.table_name, load.account_id, load.marketplace_id,
               coalesce(load.slice ->> 'label', load.first_day::text, '') AS label,
               (load.recorded_at AT TIME ZONE 'UTC')::date AS day,
               load.rows_in_file, load.rejected, counted.reasons, first_row.*
        FROM sellerops.load
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(reason, n) AS reasons
            FROM (SELECT reason, count(*) AS n FROM sellerops.rejected_row
                  WHERE load_id = load.id GROUP BY reason) AS by_reason
        ) AS counted
        CROSS JOIN LATERAL (
            SELECT source_line, reason, column_name, value FROM sellerops.rejected_row
            WHERE load_id = load.id ORDER BY source_line LIMIT 1
        ) AS first_row
        WHERE load.id = ANY(%s) AND load.rejected > 0
        ORDER BY load.id
        """,
        (list(load_ids),),
    )
    return [RejectedRows(**row) for row in rows]


def rows_of_run(connection: Connection, dag_id: str, run_id: str) -> dict[str, int]:
    """Rows stored by a run, by destination; of a slice loaded twice, only the last load counts."""
    rows = connection.execute(
        """
        SELECT destination, sum(stored)::bigint AS stored
        FROM (
            SELECT DISTINCT ON (load.request_id, load.table_name, load.destination)
                   load.destination, load.stored
            FROM sellerops.slice_state AS state JOIN sellerops.load ON load.request_id = state.request_id
            WHERE state.dag_id = %(dag_id)s AND state.run_id = %(run_id)s AND state.state = 'LOADED'
              AND load.report = state.report
            ORDER BY load.request_id, load.table_name, load.destination, load.id DESC
        ) AS latest
        GROUP BY destination
        """,
        {"dag_id": dag_id, "run_id": run_id},
    )
    return {row["destination"]: row["stored"] for row in rows}


def loads_with_findings(connection: Connection, age: timedelta, horizon: timedelta) -> list[int]:
    """Loads recorded between ``horizon`` and ``age`` ago that found changed columns or rejected rows."""
    rows = connection.execute(
        """
        WITH recent AS (
            SELECT id, rejected FROM sellerops.load
            WHERE recorded_at BETWEEN sellerops.now() - %(horizon)s AND sellerops.now() - %(age)s
        )
        SELECT id FROM recent WHERE rejected > 0
        UNION SELECT recent.id
        FROM recent JOIN sellerops.schema_change AS change ON change.load_id = recent.id
        WHERE change.kind <> 'missing'
          -- redundant with the join, but lets the planner use the index
          AND change.load_id BETWEEN (SELECT min(id) FROM recent) AND (SELECT max(id) FROM recent)
        ORDER BY id
        """,
        {"age": age, "horizon": horizon},
    )
    return [row["id"] for row in rows]
