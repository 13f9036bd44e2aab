"""Reports listed by getReports (``report_listing``, ``listed_report``) and their reuse (``report_reuse``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.ledger.database import Connection
from sellerops.ledger.models import RunRef


@dataclass(frozen=True)
class ListedReport:
    """A report in Amazon's list, whoever requested it. Times are aware; the window is None if it has none."""

    report_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    window_start: datetime | None
    window_end: datetime | None
    status: str
    created_at: datetime


@dataclass(frozen=True)
class WantedReport:
    """The report to look for, as Amazon would list it, with the ``key`` (digest) of its request.

    ``any_options``: also accept other applications' reports, whose options Amazon does not list.
    """

    account_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    window_start: datetime | None
    window_end: datetime | None
    created_since: datetime
    key: str
    any_options: bool


def begin_listing(
    connection: Connection, account_id: str, report_type: str, since: datetime, every: timedelta
) -> bool:
    """Whether to list now: the last listing is older than ``every`` or did not reach back to ``since``.

    True for one caller only, which then lists and calls ``finish_listing`` or ``forget_listing``.
    """
    begun = connection.execute(
        """
        INSERT INTO sellerops.report_listing AS stored (account_id, report_type, begun_at, since)
        VALUES (%(account_id)s, %(report_type)s, sellerops.now(), %(since)s)
        ON CONFLICT (account_id, report_type) DO UPDATE
        SET begun_at = excluded.begun_at, since = least(excluded.since, stored.since)
        WHERE stored.begun_at NOT BETWEEN excluded.begun_at - %(every)s AND excluded.begun_at
           OR stored.since > excluded.since
        """,
        {"account_id": account_id, "report_type": report_type, "since": since, "every": every},
    )
    return begun.rowcount == 1


def finish_listing(
    connection: Connection,
    account_id: str,
    report_type: str,
    since: datetime,
    reports: Iterable[ListedReport],
) -> None:
    """Store the reports listed since ``since``; delete those that Amazon no longer serves."""
    with connection.transaction():
        add_listed(connection, account_id, reports)
        connection.execute(
            """
            UPDATE sellerops.report_listing SET listed_at = sellerops.now(), since = %s
            WHERE account_id = %s AND report_type = %s
            """,
            (since, account_id, report_type),
        )
        connection.execute(
            """
            DELETE FROM sellerops.listed_report
            WHERE account_id = %s AND report_type = %s AND created_at < sellerops.now() - interval '90 days'
            """,
            (account_id, report_type),
        )


def add_listed(connection: Connection, account_id: str, reports: Iterable[ListedReport]) -> None:
    """Store reports that exist at Amazon, whatever the source."""
    values = [
        {**vars(report), "marketplace_ids": list(report.marketplace_ids), "account_id": account_id}
        for report in reports
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO sellerops.listed_report (account_id, report_id, report_type, marketplace_ids,
                window_start, window_end, status, created_at, seen_at)
            VALUES (%(account_id)s, %(report_id)s, %(report_type)s, %(marketplace_ids)s,
                %(window_start)s, %(window_end)s, %(status)s, %(created_at)s, sellerops.now())
            ON CONFLICT (account_id, report_id) DO UPDATE
            SET status = excluded.status, seen_at = excluded.seen_at
            """,
            values,
        )


def forget_listing(connection: Connection, account_id: str, report_type: str) -> None:
    """Undo ``begin_listing`` after a failed listing, so that the next slice may list."""
    connection.execute(
        "DELETE FROM sellerops.report_listing WHERE account_id = %s AND report_type = %s",
        (account_id, report_type),
    )


def find_report(connection: Connection, wanted: WantedReport) -> ListedReport | None:
    """The best listed report that matches: finished reports before running ones, then the newest.

    Excludes reports of our requests with other options, and reports that a request already has. The report of
    a failed request with the same key is reused.
    """
    row = connection.execute(
        """
        SELECT report_id, report_type, marketplace_ids, window_start, window_end, status, created_at
        FROM sellerops.listed_report AS listed
        WHERE account_id = %(account_id)s AND report_type = %(report_type)s
          AND created_at >= %(created_since)s AND status IN ('IN_QUEUE', 'IN_PROGRESS', 'DONE')
          AND NOT is_unfit
          AND marketplace_ids @> %(marketplace_ids)s AND marketplace_ids <@ %(marketplace_ids)s
          AND (%(window_start)s::timestamptz IS NULL
               OR (window_start = %(window_start)s AND window_end = %(window_end)s))
          AND NOT EXISTS (
              SELECT FROM sellerops.report_request AS ours
              WHERE ours.account_id = listed.account_id AND ours.report_id = listed.report_id
                AND (ours.key_hash <> %(key)s OR ours.status <> 'FAILED'))
          AND (%(any_options)s OR EXISTS (
              SELECT FROM sellerops.report_request AS ours
              WHERE ours.account_id = listed.account_id AND ours.report_id = listed.report_id))
        ORDER BY status = 'DONE' DESC, created_at DESC LIMIT 1
        """,
        {**vars(wanted), "marketplace_ids": list(wanted.marketplace_ids)},
    ).fetchone()
    return ListedReport(**{**row, "marketplace_ids": tuple(row["marketplace_ids"])}) if row else None


def mark_unfit(connection: Connection, request_id: int) -> None:
    """Discard a reused report whose options are not those requested, and plan the request anew."""
    with connection.transaction():
        connection.execute(
            """
            UPDATE sellerops.listed_report AS listed SET is_unfit = true
            FROM sellerops.report_request AS request
            WHERE request.id = %s AND listed.account_id = request.account_id
              AND listed.report_id = request.report_id
            """,
            (request_id,),
        )
        connection.execute(
            "DELETE FROM sellerops.report_reuse WHERE request_id = %s AND found_in = 'amazon'", (request_id,)
        )
        connection.execute(
            """
            UPDATE sellerops.report_request
            SET status = 'PLANNED', report_id = NULL, document_id = NULL, reported_at = NULL,
                created_by = NULL, claim_token = NULL, creating_at = NULL, document_lease_at = NULL,
                updated_at = sellerops.now()
            WHERE id = %s AND created_by = 'reused' AND status = 'DONE'
            """,
            (request_id,),
        )


def note_reuse(connection: Connection, request_id: int, run: RunRef, found_in: str) -> None:
    """Record that ``run`` reused an existing report; counts once per run, however often it looks."""
    connection.execute(
        """
        INSERT INTO sellerops.report_reuse (request_id, dag_id, run_id, map_index, found_in)
        VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (request_id, run.dag_id, run.run_id, run.map_index, found_in),
    )


def reuses(connection: Connection, account_id: str | None = None) -> list[dict[str, Any]]:
    """How many requests were saved, by account, report and where the report was found."""
    return connection.execute(
        """
        SELECT request.account_id, request.report, reuse.found_in, count(*) AS saved
        FROM sellerops.report_reuse AS reuse JOIN sellerops.report_request AS request
          ON request.id = reuse.request_id
        WHERE %(account)s::text IS NULL OR request.account_id = %(account)s
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        {"account": account_id},
    ).fetchall()
