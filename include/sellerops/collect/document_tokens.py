"""Tokens for requesting documents' addresses (getReportDocument, getDocument): a wait reserves a token, its
worker redeems it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sellerops.base.clock import Clock
from sellerops.collect.context import Tools, deadline_of
from sellerops.ledger import ReportRequest
from sellerops.ledger.database import Connection
from sellerops.ledger.waits import clock_of, off_loop
from sellerops.rate_limits import Granted, TokenRedeemer, TokenReserver, acquire

# After this a reservation no longer counts, and a worker that starts later takes another token.
RESERVED_FOR = timedelta(minutes=15)
# Seconds per token: tokens of faster operations (Amazon Ads) are not scarce; workers cannot use them up.
_SCARCE_S = 2.0
# Real seconds, for a clock that runs faster than real time: Airflow does not start tasks any faster then.
_SHORTEST_RESERVATION = 120.0


class DocumentToken:
    """One request's token, stored in its row in the ledger (``document_lease_at``).

    All documents of an account and source are counted as if their operations shared one bucket: this errs on
    the slow side, but the row need not name the operation. Tokens that are not scarce are reserved without
    being counted, so any number of documents may be waiting for a worker.
    """

    def __init__(self, request: ReportRequest, clock: Clock, *, is_scarce: bool = True) -> None:
        self._is_scarce = is_scarce
        self._values: dict[str, Any] = {
            "id": request.id,
            "source": request.source,
            "account_id": request.account_id,
            "lifetime": reservation_lifetime(clock),
        }

    def count(self, connection: Connection) -> int:
        if not self._is_scarce:
            return 0
        row = connection.execute(
            """
            SELECT count(*) AS reserved FROM sellerops.report_request
            WHERE account_id = %(account_id)s AND source = %(source)s
              AND status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
              AND document_lease_at > sellerops.now() - %(lifetime)s
            """,
            self._values,
        ).fetchone()
        assert row is not None
        reserved: int = row["reserved"]
        return reserved

    def reserve(self, connection: Connection) -> None:
        connection.execute(
            """
            UPDATE sellerops.report_request
            SET document_lease_at = sellerops.now(), updated_at = sellerops.now() WHERE id = %(id)s
            """,
            self._values,
        )

    def redeem(self, connection: Connection) -> bool:
        redeemed = connection.execute(
            """
            WITH reserved AS (
                SELECT id, document_lease_at FROM sellerops.report_request WHERE id = %(id)s FOR UPDATE
            )
            UPDATE sellerops.report_request AS request
            SET document_lease_at = NULL, updated_at = sellerops.now()
            FROM reserved
            WHERE request.id = reserved.id AND reserved.document_lease_at > sellerops.now() - %(lifetime)s
            """,
            self._values,
        )
        return redeemed.rowcount == 1


def reservation_lifetime(clock: Clock) -> timedelta:
    """How long, on ``clock``, a token stays reserved for the worker that will redeem it."""
    return max(RESERVED_FOR, timedelta(seconds=_SHORTEST_RESERVATION * clock.speed))


async def reserve_token(tools: Tools, request: ReportRequest) -> None:
    """Wait for a token for the request's document and reserve it, unless it has one already."""
    clock = await clock_of(tools.ledger)
    reserved_at = request.document_lease_at
    if reserved_at is None or reserved_at + reservation_lifetime(clock) / 2 < clock.now():
        reserver = TokenReserver(tools.limits, _token_of(tools, request, clock))
        bucket = tools.client.bucket(tools.report_api.document_operation)
        await acquire(reserver, bucket, tools.client.priority, deadline_of(tools, request))


async def reserve_token_if_free(tools: Tools, request: ReportRequest) -> bool:
    """Reserve a token only if one is free now; whether the request now has one.

    A wait that holds tokens must not wait for more, because two such waits could deadlock.
    """
    reserver = TokenReserver(tools.limits, _token_of(tools, request, await clock_of(tools.ledger)))
    bucket = tools.client.bucket(tools.report_api.document_operation)
    decision = await off_loop(reserver.try_acquire, bucket, tools.client.priority)
    return isinstance(decision, Granted)


async def redeem_token(tools: Tools, request: ReportRequest) -> None:
    """Take the right to request the document's address now: the reserved token, else another. Raises
    Throttled unless a token is free soon (see ``max_token_wait``).
    """
    redeemer = TokenRedeemer(tools.limits, _token_of(tools, request, await clock_of(tools.ledger)))
    await acquire(redeemer, tools.client.bucket(tools.report_api.document_operation), tools.client.priority)


async def restore_token(tools: Tools, request: ReportRequest) -> None:
    """Reserve a redeemed token again, because the call it was for was not made."""
    token = _token_of(tools, request, await clock_of(tools.ledger))
    await off_loop(tools.ledger.database.run, token.reserve)


def _token_of(tools: Tools, request: ReportRequest, clock: Clock) -> DocumentToken:
    rate = tools.limits.config.limit(tools.report_api.document_operation).rate
    return DocumentToken(request, clock, is_scarce=rate * _SCARCE_S < 1)
