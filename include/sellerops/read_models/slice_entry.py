"""One slice in the ledger: days, requests, loads, rejected rows and changes, without the rows' content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.calendar.slices import Slice

Row = Mapping[str, Any]
Connection = psycopg.Connection[Any]

_WHERE = """
    report = %(report)s AND account_id = %(account_id)s AND marketplace_id = %(marketplace_id)s
    AND day = ANY (%(days)s) AND snapshot_at IS NOT DISTINCT FROM %(snapshot_at)s
"""
_STATES = f"""
    SELECT day, NULL AS destination, state, error_type, error, remedy, dag_id, run_id, request_id, load_id,
           updated_at
    FROM sellerops.slice_state WHERE {_WHERE} ORDER BY day
"""
_DESTINATIONS = f"""
    SELECT day, destination, state, error_type, error, remedy, dag_id, run_id, request_id, load_id, updated_at
    FROM sellerops.slice_destination WHERE {_WHERE} ORDER BY day, destination
"""
_REQUESTS = """
    SELECT id, report_type, status, report_id, created_by, dag_id, run_id, task_try, created_at, reported_at,
           archive_uri IS NOT NULL AS has_document, archive_bytes, error_type, error
    FROM sellerops.report_request WHERE id = ANY (%(requests)s) ORDER BY id
"""
_LOADS = """
    SELECT id, request_id, table_name, destination, rows_in_file, stored, rejected, inserted, updated,
           unchanged, superseded, replaced, seconds, dag_id, run_id, reported_at, recorded_at
    FROM sellerops.load WHERE request_id = ANY (%(requests)s) OR id = ANY (%(loads)s) ORDER BY id
"""
_REJECTS = """
    SELECT load_id, table_name, reason, column_name, rows, first_line FROM sellerops_views.rejects
    WHERE load_id = ANY (%(loads)s) ORDER BY load_id, rows DESC
"""
_COLUMNS = """
    SELECT load_id, table_name, column_name, kind FROM sellerops.schema_change
    WHERE load_id = ANY (%(loads)s) ORDER BY id
"""
_CHANGES = """
    SELECT new_load_id AS load_id, table_name, column_name, count(*) AS cells
    FROM sellerops.restatement WHERE new_load_id = ANY (%(loads)s) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class SliceEntry:
    """A slice's ledger rows by kind. ``columns``: changed columns; ``changes``: counts of restated cells."""

    slice_: Slice
    states: list[Row]
    destinations: list[Row]
    requests: list[Row]
    loads: list[Row]
    rejects: list[Row]
    columns: list[Row]
    changes: list[Row]


def read_slice_entry(connection: Connection, slice_: Slice, request_ids: Iterable[int]) -> SliceEntry:
    """Read the ledger's rows of a slice; ``request_ids``: further requests that its run used."""

    def query(statement: str, **values: Any) -> list[Row]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(statement.encode(), values).fetchall())

    place: dict[str, Any] = {
        "report": slice_.report,
        "account_id": slice_.account_id,
        "marketplace_id": slice_.marketplace.id if slice_.marketplace else "",
        "days": slice_.days,
        "snapshot_at": _instant(slice_.snapshot_at),
    }
    states, destinations = query(_STATES, **place), query(_DESTINATIONS, **place)
    ends = [*states, *destinations]
    requests = sorted({*request_ids, *(row["request_id"] for row in ends if row["request_id"])})
    loads = query(_LOADS, requests=requests, loads=[row["load_id"] for row in ends if row["load_id"]])
    ids = [row["id"] for row in loads]
    return SliceEntry(
        slice_=slice_,
        states=states,
        destinations=destinations,
        requests=query(_REQUESTS, requests=requests),
        loads=loads,
        rejects=query(_REJECTS, loads=ids),
        columns=query(_COLUMNS, loads=ids),
        changes=query(_CHANGES, loads=ids),
    )


def slice_of_load(
    connection: Connection, dag_id: str, run_id: str, account_id: str, map_index: int
) -> Row | None:
    """The slice, as plain values, of a load made by a task of the run; for runs whose XComs are gone."""
    row = connection.execute(
        "SELECT slice FROM sellerops.load WHERE run_id = %s AND dag_id = %s AND account_id = %s "
        "AND map_index = %s AND slice IS NOT NULL ORDER BY id DESC LIMIT 1",
        (run_id, dag_id, account_id, map_index),
    ).fetchone()
    return row[0] if row else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
