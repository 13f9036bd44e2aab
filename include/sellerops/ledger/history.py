"""Reading loads that can be repeated, and how long the figures of a table keep changing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from sellerops.ledger.database import Connection


@dataclass(frozen=True)
class RecordedLoad:
    """One load and what it takes to repeat it. ``slice`` is None for loads made before slices were recorded.

    ``uri`` is None if Amazon had confirmed that there is no data. Without a slice, the request's own fields
    replace it; they are None once the request is purged.
    """

    load_id: int
    account_id: str
    marketplace_id: str
    first_day: date | None
    last_day: date | None
    slice: dict[str, Any] | None
    uri: str | None
    content_type: str | None
    marketplace_ids: tuple[str, ...]
    facts: dict[str, str]
    reported_at: datetime | None
    region: str | None
    window_start: datetime | None
    window_end: datetime | None


@dataclass(frozen=True)
class AgeFigure:
    """``cells`` of ``days`` days that were loaded at an age of at most ``age`` days and again later;
    ``moved`` of them changed later.
    """

    age: int
    days: int
    cells: int
    moved: int

    @property
    def percent(self) -> float:
        """Percentage of the cells that did not change later."""
        return 100.0 * (1 - self.moved / self.cells) if self.cells else 0.0


def recorded_loads(connection: Connection, table: str, destination: str) -> list[RecordedLoad]:
    """All loads of a table in a destination, by id, which is the order in which they began.

    A slow load may be committed after loads with higher ids, so the highest id does not mean that all lower
    ones have been read.
    """
    rows = connection.execute(
        """
        SELECT load.id AS load_id, load.account_id, load.marketplace_id, load.first_day, load.last_day,
               load.slice, coalesce(load.reported_at, request.reported_at) AS reported_at,
               CASE WHEN load.document IS NULL THEN request.archive_uri
                    ELSE load.document->>'uri' END AS uri,
               coalesce(load.document->>'content_type', request.document_headers->>'content_type',
                        request.document_headers->>'content-type') AS content_type,
               coalesce(load.document->'marketplace_ids', to_jsonb(request.marketplace_ids),
                        '[]'::jsonb) AS marketplace_ids,
               coalesce(load.document->'facts', request.document_headers->'facts', '{}'::jsonb) AS facts,
               request.region, request.window_start, request.window_end
        FROM sellerops.load LEFT JOIN sellerops.report_request AS request ON request.id = load.request_id
        WHERE load.table_name = %(table)s AND load.destination = %(destination)s
        ORDER BY load.id
        """,
        {"table": table, "destination": destination},
    ).fetchall()
    return [RecordedLoad(**{**row, "marketplace_ids": tuple(row["marketplace_ids"])}) for row in rows]


def settling_figures(
    connection: Connection,
    table: str,
    day_column: str,
    *,
    cells_per_row: int,
    is_merge: bool,
    account_id: str | None,
) -> list[AgeFigure]:
    """The figures of one table by age, youngest first; empty without a table or a day loaded twice."""
    with connection.cursor(row_factory=class_row(AgeFigure)) as cursor:
        return cursor.execute(
            "SELECT age_days AS age, days, cells, moved "
            "FROM sellerops.finality(%s::text, %s::text, %s::integer, %s::boolean, %s::text)",
            (table, day_column, cells_per_row, is_merge, account_id),
        ).fetchall()
