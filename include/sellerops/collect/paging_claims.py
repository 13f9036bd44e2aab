"""Who pages through an operation for a request: one wait at a time, the others follow it.

PLANNED -> CREATING is the claim, ``creating_at`` its heartbeat by the ledger's clock. A claim whose heart has
stopped is anybody's: paging only reads, so it simply begins again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.redaction import redact, redact_values
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection

HEARTBEAT = timedelta(seconds=45)
CLAIM_LIFE = timedelta(minutes=3)
_OURS = "id = %(id)s AND status = 'CREATING' AND claim_token = %(token)s"


def claim_paging(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """Whether this wait pages: the request was nobody's, ours already, or its holder is dead."""
    return _update(
        ledger,
        """
        UPDATE sellerops.report_request
        SET status = 'CREATING', claim_token = %(token)s, creating_at = sellerops.now(),
            updated_at = sellerops.now()
        WHERE id = %(id)s AND (
            status = 'PLANNED'
            OR (status = 'CREATING' AND (
                claim_token = %(token)s OR creating_at < sellerops.now() - %(life)s
                OR creating_at > sellerops.now() + %(life)s
            ))
        )
        """,
        {"id": request_id, "token": token, "life": CLAIM_LIFE},
    )


def keep_paging(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """The heartbeat; False when the claim is another's by now, or the request has ended."""
    return _update(
        ledger,
        f"UPDATE sellerops.report_request SET creating_at = sellerops.now() WHERE {_OURS}",
        {"id": request_id, "token": token},
    )


def release_paging(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """CREATING -> PLANNED, if the claim is still ours: the next wait may begin at once."""
    return _update(
        ledger,
        f"""
        UPDATE sellerops.report_request
        SET status = 'PLANNED', claim_token = NULL, creating_at = NULL, updated_at = sellerops.now()
        WHERE {_OURS}
        """,
        {"id": request_id, "token": token},
    )


def record_paged(
    ledger: Ledger,
    request_id: int,
    token: uuid.UUID,
    *,
    reported_at: datetime,
    uri: str,
    nbytes: int,
    sha256: str,
    headers: Mapping[str, Any],
) -> bool:
    """CREATING -> ARCHIVED, if the claim is still ours: two that paged leave one document behind.

    Safe to repeat: the second time it finds the row as the first left it.
    """
    return _update(
        ledger,
        f"""
        UPDATE sellerops.report_request SET
            status = 'ARCHIVED', created_by = 'us', reported_at = %(reported_at)s, archive_uri = %(uri)s,
            archive_bytes = %(nbytes)s, content_sha256 = %(sha256)s, document_headers = %(headers)s,
            error_type = NULL, error = NULL, updated_at = sellerops.now()
        WHERE {_OURS} OR (id = %(id)s AND status = 'ARCHIVED' AND claim_token = %(token)s)
        """,
        {
            "id": request_id,
            "token": token,
            "reported_at": reported_at,
            "uri": redact(uri),
            "nbytes": nbytes,
            "sha256": sha256,
            "headers": Jsonb(redact_values(headers)),
        },
    )


def _update(ledger: Ledger, statement: str, values: Mapping[str, Any]) -> bool:
    def work(connection: Connection) -> bool:
        return connection.execute(statement, values).rowcount == 1

    return ledger.database.run(work)
