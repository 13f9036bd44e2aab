"""Statements about dropped files, each of which is a ``report_request`` of its own."""

from __future__ import annotations

from collections.abc import Collection

from sellerops.ledger.database import Connection
from sellerops.ledger.models import ReportRequest


def settled_requests(connection: Connection, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` whose document was loaded, or is or was quarantined."""
    rows = connection.execute(
        """
        SELECT id FROM sellerops.report_request AS request
        WHERE id = ANY (%s) AND (
            EXISTS (SELECT FROM sellerops.load WHERE load.request_id = request.id)
            OR EXISTS (SELECT FROM sellerops.quarantine WHERE quarantine.request_id = request.id))
        """,
        (list(ids),),
    )
    return {row["id"] for row in rows}


def find_same_content(connection: Connection, request: ReportRequest, sha256: str) -> int | None:
    """The newest archived request of the same report, account and marketplaces with this content.

    None if there is none, or if its file or this request's file has had other content since: what was loaded
    then has been replaced.
    """
    row = connection.execute(
        """
        WITH same AS (
            SELECT id, document_id FROM sellerops.report_request
            WHERE account_id = %(account_id)s AND source = %(source)s AND report = %(report)s
              AND status = 'ARCHIVED' AND content_sha256 = %(sha256)s
              AND marketplace_ids = %(marketplace_ids)s AND id <> %(id)s
              AND NOT document_headers ? 'same_as'
            ORDER BY id DESC LIMIT 1)
        SELECT id FROM same WHERE NOT EXISTS (
            SELECT FROM sellerops.report_request AS later
            WHERE later.account_id = %(account_id)s AND later.source = %(source)s
              AND later.report = %(report)s AND later.status = 'ARCHIVED'
              AND later.document_id IN (same.document_id, %(path)s)
              AND later.id > same.id AND later.id <> %(id)s
              AND later.content_sha256 IS DISTINCT FROM %(sha256)s)
        """,
        {
            "account_id": request.account_id,
            "source": request.source,
            "report": request.report,
            "sha256": sha256,
            "marketplace_ids": list(request.marketplace_ids),
            "id": request.id,
            "path": request.document_id,
        },
    ).fetchone()
    return row["id"] if row else None


def find_failed(connection: Connection, account_id: str, report: str, identity: str) -> int | None:
    """The newest request for this version of a file if it failed, else None."""
    row = connection.execute(
        """
        SELECT id, status FROM sellerops.report_request
        WHERE account_id = %s AND report_id = %s AND report = %s ORDER BY id DESC LIMIT 1
        """,
        (account_id, identity, report),
    ).fetchone()
    return row["id"] if row and row["status"] == "FAILED" else None
