"""Ledger statements in which two collectors could meet: each is one transaction, and one of the two wins."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.ledger import Ledger, ReportRequest, RequestKey, RequestStatus, RunRef, requests
from sellerops.ledger.database import Connection

# Amazon tells a report's type, window and shops but not its options: rows that agree in these look alike in
# getReports.
_LOOK_ALIKE = """
    account_id = %(account_id)s AND report_type = %(report_type)s
    AND window_start IS NOT DISTINCT FROM %(window_start)s AND window_end IS NOT DISTINCT FROM %(window_end)s
    AND marketplace_ids @> %(marketplace_ids)s AND marketplace_ids <@ %(marketplace_ids)s
"""


@dataclass(frozen=True)
class Claim:
    """``request``: ours to create, as it stands now. ``other``: the look-alike to be settled before."""

    request: ReportRequest | None = None
    other: ReportRequest | None = None


def claim_alone(ledger: Ledger, request: ReportRequest) -> Claim:
    """PLANNED -> CREATING, unless a request that looks alike to Amazon is CREATING; an empty Claim was lost.

    Were two look-alikes created at once and both ids lost, nobody could tell whose report is whose; so they
    go one after the other.
    """
    token = uuid.uuid4()

    def work(connection: Connection) -> Claim:
        with connection.transaction():
            values = _look(request)
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))", values)
            other = connection.execute(
                f"""
                SELECT id FROM sellerops.report_request
                WHERE {_LOOK_ALIKE} AND status = 'CREATING' AND id <> %(id)s ORDER BY id LIMIT 1
                """,
                values,
            ).fetchone()
            if other:
                return Claim(other=requests.get(connection, other["id"]))
            won = requests.claim_create(connection, request.id, token)
            return Claim(request=requests.get(connection, request.id) if won else None)

    return ledger.database.run(work)


def release_claim(ledger: Ledger, request: ReportRequest) -> bool:
    """CREATING -> PLANNED, but only the claim this caller saw (by its ``creating_at``), never a later one."""

    def work(connection: Connection) -> bool:
        done = connection.execute(
            """
            UPDATE sellerops.report_request
            SET status = 'PLANNED', claim_token = NULL, creating_at = NULL, updated_at = sellerops.now()
            WHERE id = %s AND status = 'CREATING' AND report_id IS NULL AND creating_at = %s
            """,
            (request.id, request.creating_at),
        )
        return done.rowcount == 1

    return ledger.database.run(work)


def use_document_lease(ledger: Ledger, request_id: int, lifetime: timedelta) -> bool:
    """Use up the getReportDocument token that a wait took for this request; True once, and only while it is
    young.
    """

    def work(connection: Connection) -> bool:
        used = connection.execute(
            """
            WITH held AS (
                SELECT id, document_lease_at FROM sellerops.report_request WHERE id = %(id)s FOR UPDATE
            )
            UPDATE sellerops.report_request AS request
            SET document_lease_at = NULL, updated_at = sellerops.now()
            FROM held
            WHERE request.id = held.id AND held.document_lease_at > sellerops.now() - %(lifetime)s
            """,
            {"id": request_id, "lifetime": lifetime},
        )
        return used.rowcount == 1

    return ledger.database.run(work)


def record_fatal(
    ledger: Ledger,
    request_id: int,
    document_id: str | None,
    reported_at: datetime | None,
    error: BaseException,
) -> None:
    """FATAL and Amazon's reason in one transaction: a row that ended says why."""

    def work(connection: Connection) -> None:
        with connection.transaction():
            requests.record_status(connection, request_id, RequestStatus.FATAL, document_id, reported_at)
            requests.record_failed(connection, request_id, error)

    ledger.database.run(work)


def own_since(ledger: Ledger, key: RequestKey, run: RunRef) -> datetime | None:
    """When Amazon made what this very run got for ``key`` before it was killed; None if it got nothing."""

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


def _look(request: ReportRequest) -> dict[str, Any]:
    shops = sorted(request.marketplace_ids)
    parts = (request.account_id, request.report_type, request.window_start, request.window_end, *shops)
    return {
        "id": request.id,
        "lock": hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest(),
        "account_id": request.account_id,
        "report_type": request.report_type,
        "window_start": request.window_start,
        "window_end": request.window_end,
        "marketplace_ids": shops,
    }
