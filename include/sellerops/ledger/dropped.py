"""Statements about dropped files, each of which is a ``report_request`` of its own."""

from __future__ import annotations

from collections.abc import Collection

from sellerops.ledger.database import Connection
from sellerops.ledger.models import ReportRequest


def settled_requests(connection: Connection, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` whose document was loaded, or waits for a person's decision, or had one."""
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
    """The archived request of the same report, account and marketplaces whose document is this one."""
    row = connection.execute(
        """
        SELECT min(id) AS id FROM sellerops.report_request
        WHERE account_id = %s AND source = %s AND report = %s AND status = 'ARCHIVED' AND content_sha256 = %s
          AND marketplace_ids = %s AND id <> %s AND NOT document_headers ? 'same_as'
        """,
        (
            *(request.account_id, request.source, request.report, sha256),
            *(list(request.marketplace_ids), request.id),
        ),
    ).fetchone()
    return row["id"] if row else None
