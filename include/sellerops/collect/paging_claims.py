"""Decides which wait pages through an operation for a request: one at a time, while the others follow it.

PLANNED -> CREATING is the claim, and ``creating_at`` is its heartbeat on the ledger's clock
(``renew_paging``). Any wait may take a claim whose heartbeat has stopped: paging only reads, so it simply
starts again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.redaction import redact, redact_values
from sellerops.collect.report_claims import changes_row
from sellerops.ledger import Ledger

HEARTBEAT = timedelta(seconds=45)
CLAIM_LIFE = timedelta(minutes=3)


def claim_paging(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """Claim the request; whether this wait may page. It may if the request was unclaimed or already ours, or
    if the heartbeat of its claim has stopped.
    """
    return changes_row(
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


def renew_paging(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """Send one heartbeat. False if another wait has the claim by now, or the request has ended.

    ``updated_at`` keeps the start of the paging, because notices say since when a request is in progress.
    """
    return changes_row(
        ledger,
        """
        UPDATE sellerops.report_request SET creating_at = sellerops.now()
        WHERE id = %(id)s AND status = 'CREATING' AND claim_token = %(token)s
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
    """CREATING -> ARCHIVED if the claim is still ours, so that two waits that both paged record one document.

    Idempotent.
    """
    return changes_row(
        ledger,
        """
        UPDATE sellerops.report_request SET
            status = 'ARCHIVED', created_by = 'us', reported_at = %(reported_at)s, archive_uri = %(uri)s,
            archive_bytes = %(nbytes)s, content_sha256 = %(sha256)s, document_headers = %(headers)s,
            error_type = NULL, error = NULL, updated_at = sellerops.now()
        WHERE id = %(id)s AND claim_token = %(token)s AND status IN ('CREATING', 'ARCHIVED')
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
