"""Reading the table ``load``. Destinations write it, in the transaction that writes their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sellerops.ledger.database import Connection
from sellerops.ledger.models import LoadRecord

_COLUMNS = """
    id AS load_id, request_id, report, account_id, marketplace_id, table_name AS "table", destination,
    rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, replaced, seconds, first_day,
    last_day, started_at, bytes_processed, damaged_texts
"""


@dataclass(frozen=True)
class LoadCost:
    """The cost of the loads of one day (UTC), report and destination.

    ``bytes_processed``: None if the destination does not report it. ``seconds``: real time.
    """

    day: date
    report: str
    destination: str
    loads: int
    stored: int
    bytes_processed: int | None
    seconds: float


def loads(
    connection: Connection,
    report: str | None,
    account_id: str | None,
    marketplace_id: str | None,
    request_id: int | None,
    limit: int,
) -> list[LoadRecord]:
    """Loads, newest first; None means no filter."""
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
    """Costs of loads by UTC day, report and destination, newest day first; None means no filter."""
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
