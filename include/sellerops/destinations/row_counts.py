"""How many rows a document usually has, from earlier loads in the ledger. For merged tables and snapshots."""

from __future__ import annotations

from typing import Any

import psycopg

from sellerops.destinations.collapse import EarlierLoad, falls_below_usual
from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.plausibility import Figure, Finding, Total, total_of_rows

Connection = psycopg.Connection[Any]
_LOOKED_AT = 8


def judge_row_count(
    connection: Connection, job: LoadJob, destination: str
) -> tuple[list[Figure], list[Finding]]:
    """The document's number of rows as a figure, and a finding if it is implausibly small."""
    rules = job.table_spec.row_collapse_rules
    if rules is None or job.spec.is_in_parts:
        return [], []
    days = (job.slice.days[0], job.slice.days[-1]) if job.slice.first_day else None
    earlier = _earlier_loads(connection, job, destination)
    stored = next((each.stored for each in earlier if days and each.days == days), 0)
    new = job.rows.accepted
    figure = Figure("", job.slice.days[0], total_of_rows(new), total_of_rows(stored) if stored else Total())
    usual = falls_below_usual(rules, new, earlier, days)
    if usual is None:
        return [figure], []
    return [figure], [Finding(f"{new} rows, usually about {usual}", [figure])]


def _earlier_loads(connection: Connection, job: LoadJob, destination: str) -> list[EarlierLoad]:
    """The latest loads of older documents for windows of the same length, newest first."""
    days = job.slice.days if job.slice.first_day else []
    rows = connection.execute(
        """
        SELECT stored, first_day, last_day FROM sellerops.load
        WHERE table_name = %(table)s AND account_id = %(account_id)s AND marketplace_id = %(marketplace)s
          AND slice ->> 'region' = %(region)s AND destination = %(destination)s
          AND last_day - first_day IS NOT DISTINCT FROM %(length)s AND reported_at < %(reported_at)s
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {
            "table": job.full_name,
            "account_id": job.slice.account_id,
            "marketplace": job.ledger_marketplace,
            "region": job.slice.region,
            "destination": destination,
            "length": len(days) - 1 if days else None,
            "reported_at": job.request.reported_at,
            "limit": _LOOKED_AT,
        },
    ).fetchall()
    return [EarlierLoad(stored, (first, last) if first else None) for stored, first, last in rows]
