"""The tables ``load``, ``rejected_row`` and ``schema_change``.

The functions take a connection, so that a destination can write them in the transaction that writes its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sellerops.base.errors import GiveUpError
from sellerops.base.redaction import storable
from sellerops.ledger.database import Connection
from sellerops.ledger.models import LoadRecord, Reject, SchemaChange

_COLUMNS = """
    id AS load_id, request_id, report, account_id, marketplace_id, table_name AS "table", destination,
    rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, replaced, seconds, first_day,
    last_day, started_at, bytes_processed, damaged_texts
"""


@dataclass(frozen=True)
class LoadCost:
    """What the loads of one day (UTC), report and destination cost.

    ``bytes_processed``: None where the destination does not tell. ``seconds``: real time.
    """

    day: date
    report: str
    destination: str
    loads: int
    stored: int
    bytes_processed: int | None
    seconds: float


def new_load_id(connection: Connection) -> int:
    """A load id that nobody else gets; numbers of loads that rolled back stay unused."""
    return int(_one(connection.execute("SELECT nextval('sellerops.load_id') AS id").fetchone())["id"])


def insert_load(connection: Connection, record: LoadRecord) -> int:
    """Store the record and return its load id; the same load id again changes nothing.

    Raises psycopg.errors.CheckViolation when the counts do not add up.
    """
    values = asdict(record)
    values["load_id"] = record.load_id if record.load_id is not None else new_load_id(connection)
    connection.execute(
        """
        INSERT INTO sellerops.load (
            id, request_id, report, account_id, marketplace_id, table_name, destination, rows_in_file, stored,
            rejected, inserted, updated, unchanged, superseded, replaced, seconds, first_day, last_day,
            started_at, bytes_processed, damaged_texts
        ) VALUES (
            %(load_id)s, %(request_id)s, %(report)s, %(account_id)s, %(marketplace_id)s, %(table)s,
            %(destination)s, %(rows_in_file)s, %(stored)s, %(rejected)s, %(inserted)s, %(updated)s,
            %(unchanged)s, %(superseded)s, %(replaced)s, %(seconds)s, %(first_day)s, %(last_day)s,
            %(started_at)s, %(bytes_processed)s, %(damaged_texts)s
        ) ON CONFLICT (id) DO NOTHING
        """,
        values,
    )
    return int(values["load_id"])


def insert_rejects(connection: Connection, load_id: int, rejects: Iterable[Reject]) -> int:
    """Store rejected rows by COPY, in constant memory; returns how many."""
    count = 0
    statement = """
        COPY sellerops.rejected_row (load_id, source_line, reason, column_name, value, raw_line) FROM STDIN
    """
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for reject in rejects:
            texts = (reject.reason, reject.column_name, reject.value, reject.raw_line)
            copy.write_row((load_id, reject.source_line, *map(_storable, texts)))
            count += 1
    return count


def insert_schema_change(connection: Connection, change: SchemaChange) -> bool:
    """Store a change of a column; False when it is the last thing known about that column already."""
    stored = connection.execute(
        """
        INSERT INTO sellerops.schema_change (report, table_name, column_name, kind, load_id)
        SELECT %(report)s, %(table)s, %(column_name)s, %(kind)s, %(load_id)s
        WHERE %(kind)s IS DISTINCT FROM (
            SELECT kind FROM sellerops.schema_change
            WHERE table_name = %(table)s AND column_name = %(column_name)s
            ORDER BY id DESC LIMIT 1
        )
        """,
        {**asdict(change), "column_name": storable(change.column_name)},
    )
    return stored.rowcount == 1


def loads(
    connection: Connection,
    report: str | None,
    account_id: str | None,
    marketplace_id: str | None,
    request_id: int | None,
    limit: int,
) -> list[LoadRecord]:
    """Loads, newest first; a filter left None lets all through."""
    wanted = {
        "report": report,
        "account_id": account_id,
        "marketplace_id": marketplace_id,
        "request_id": request_id,
    }
    conditions = [f"{name} = %({name})s" for name, value in wanted.items() if value is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM sellerops.load {where} ORDER BY id DESC LIMIT %(limit)s",
        {**wanted, "limit": limit},
    )
    return [LoadRecord(**row) for row in rows]


def costs(connection: Connection, report: str | None, since: date | None) -> list[LoadCost]:
    """What loads cost, by UTC day, report and destination, newest day first."""
    rows = connection.execute(
        """
        SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, report, destination, count(*) AS loads,
               sum(stored)::bigint AS stored, sum(bytes_processed)::bigint AS bytes_processed,
               sum(seconds) AS seconds
        FROM sellerops.load
        WHERE (%(report)s::text IS NULL OR report = %(report)s)
          AND (%(since)s::date IS NULL OR recorded_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC')
        GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3
        """,
        {"report": report, "since": since},
    )
    return [LoadCost(**row) for row in rows]


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _one(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise GiveUpError("a statement of the ledger returned no row.", where="load")
    return row
