"""Ledger statements that collectors may run concurrently: each is a transaction that only one wins."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.ledger import Ledger, ReportRequest, RequestKey, RequestStatus, RunRef, requests
from sellerops.ledger.database import Connection

_RELEASE = """
    UPDATE sellerops.report_request
    SET status = 'PLANNED', claim_token = NULL, creating_at = NULL, updated_at = sellerops.now()
    WHERE id = %s AND status = 'CREATING' AND report_id IS NULL
"""
# getReports lists a report's type, window and marketplaces but not its options, so requests that differ only
# in their options look alike there.
_LOOK_ALIKE = """
    account_id = %(account_id)s AND report_type = %(report_type)s
    AND window_start IS NOT DISTINCT FROM %(window_start)s AND window_end IS NOT DISTINCT FROM %(window_end)s
    AND marketplace_ids @> %(marketplace_ids)s AND marketplace_ids <@ %(marketplace_ids)s
"""


@dataclass(frozen=True)
class Claim:
    """``request``: the request as it is now, claimed under ``token``. ``look_alike``: the request to settle
    first. If both are None, another collector won the claim.
    """

    token: uuid.UUID
    request: ReportRequest | None = None
    look_alike: ReportRequest | None = None


def claim_request(ledger: Ledger, request: ReportRequest) -> Claim:
    """PLANNED -> CREATING, unless a request that looks alike to Amazon is CREATING.

    If two look-alikes were created at once and both ids were lost, their reports could not be told apart. So
    they are created one after the other.
    """
    token = uuid.uuid4()

    def work(connection: Connection) -> Claim:
        with connection.transaction():
            values = _look_alike_values(request)
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))", values)
            found = connection.execute(
                f"""
                SELECT id FROM sellerops.report_request
                WHERE {_LOOK_ALIKE} AND status = 'CREATING' AND id <> %(id)s ORDER BY id LIMIT 1
                """,
                values,
            ).fetchone()
            if found:
                return Claim(token, look_alike=requests.get(connection, found["id"]))
            won = requests.claim_create(connection, request.id, token)
            return Claim(token, requests.get(connection, request.id) if won else None)

    return ledger.database.run(work)


def renew_claim(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """Set ``creating_at`` to now; False if the claim is no longer the caller's, or the request has ended."""
    return changes_row(
        ledger,
        """
        UPDATE sellerops.report_request SET creating_at = sellerops.now(), updated_at = sellerops.now()
        WHERE id = %s AND status = 'CREATING' AND report_id IS NULL AND claim_token = %s
        """,
        (request_id, token),
    )


def release_claim(ledger: Ledger, request_id: int, token: uuid.UUID) -> bool:
    """CREATING -> PLANNED by the claim's owner; False if it no longer holds the claim."""
    return changes_row(ledger, f"{_RELEASE} AND claim_token = %s", (request_id, token))


def release_orphan(ledger: Ledger, request: ReportRequest) -> bool:
    """CREATING -> PLANNED by another collector, but only for the claim that it saw (identified by
    ``creating_at``), never for a later claim or one sent since.
    """
    return changes_row(ledger, f"{_RELEASE} AND creating_at = %s", (request.id, request.creating_at))


def look_after(ledger: Ledger, request_id: int, wait: timedelta) -> None:
    """Visit the page of a request in progress no sooner than ``wait`` from now."""
    changes_row(
        ledger,
        """
        UPDATE sellerops.report_request
        SET look_after = sellerops.now() + %s, updated_at = sellerops.now()
        WHERE id = %s AND status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
        """,
        (wait, request_id),
    )


def adopt_report(ledger: Ledger, request: ReportRequest, report_id: str, created_at: datetime) -> bool:
    """CREATING -> IN_QUEUE with a report found at Amazon, only for the claim the caller saw. Idempotent."""
    return changes_row(
        ledger,
        """
        UPDATE sellerops.report_request SET
            status = CASE status WHEN 'CREATING' THEN 'IN_QUEUE' ELSE status END,
            report_id = %(report_id)s, created_by = 'adopted', reported_at = %(created_at)s,
            updated_at = sellerops.now()
        WHERE id = %(id)s AND creating_at = %(seen)s
          AND ((status = 'CREATING' AND report_id IS NULL) OR report_id = %(report_id)s)
        """,
        {"id": request.id, "seen": request.creating_at, "report_id": report_id, "created_at": created_at},
    )


def record_fatal(
    ledger: Ledger,
    request_id: int,
    document_id: str | None,
    reported_at: datetime | None,
    error: BaseException,
) -> None:
    """Record FATAL and Amazon's reason in one transaction, so that a row that has ended always says why."""

    def work(connection: Connection) -> None:
        with connection.transaction():
            requests.record_status(connection, request_id, RequestStatus.FATAL, document_id, reported_at)
            requests.record_failed(connection, request_id, error)

    ledger.database.run(work)


def find_own_reported_at(ledger: Ledger, key: RequestKey, run: RunRef) -> datetime | None:
    """When Amazon made what this run got for ``key`` before it was killed; None if it got nothing."""

    def work(connection: Connection) -> datetime | None:
        row = connection.execute(
            """
            SELECT CASE status WHEN 'ARCHIVED' THEN reported_at ELSE updated_at END AS since
            FROM sellerops.report_request
            WHERE key_hash = %s AND dag_id = %s AND run_id = %s AND status IN ('ARCHIVED', 'CANCELLED')
            ORDER BY id DESC LIMIT 1
            """,
            (key.digest, run.dag_id, run.run_id),
        ).fetchone()
        return row["since"] if row else None

    return ledger.database.run(work)


def changes_row(ledger: Ledger, statement: str, values: Any) -> bool:
    """Run an UPDATE and return whether it changed exactly one row."""
    return ledger.database.run(lambda connection: connection.execute(statement, values).rowcount == 1)


def _look_alike_values(request: ReportRequest) -> dict[str, Any]:
    marketplace_ids = sorted(request.marketplace_ids)
    parts = (
        request.account_id,
        request.report_type,
        request.window_start,
        request.window_end,
        *marketplace_ids,
    )
    return {
        "id": request.id,
        "lock": hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest(),
        "account_id": request.account_id,
        "report_type": request.report_type,
        "window_start": request.window_start,
        "window_end": request.window_end,
        "marketplace_ids": marketplace_ids,
    }
