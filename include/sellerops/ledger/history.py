"""Reading loads that can be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
