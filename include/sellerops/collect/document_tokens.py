"""Tokens for documents' addresses (getReportDocument, getDocument): kept by a wait, used by its worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sellerops.base.clock import Clock
from sellerops.collect.context import Tools, clock_of, deadline_of, off_loop
from sellerops.ledger import ReportRequest
from sellerops.ledger.database import Connection
from sellerops.rate_limits import Granted, TokenRedeemer, TokenReserver, acquire

# A worker that has not come by then comes no more: its token is no longer counted, and it takes another if it
# does come.
RESERVED_FOR = timedelta(minutes=15)
# Where tokens come faster than one in so many seconds (Amazon Ads), workers do not use them up at once.
_SCARCE_S = 2.0
# KEPT_FOR in real seconds, on a clock that is faster: Airflow does not start tasks faster because of it.
_SHORTEST_KEPT = 120.0


class DocumentToken:
    """The token of one request, as its row in the ledger tells (``document_lease_at``).

    All documents of an account and source count, as if their operations had one bucket: that errs to the slow
    side, and the row need not name the operation. Tokens that are not scarce are kept without being counted:
    as many documents as there are may be on their way to a worker.
    """

    def __init__(self, request: ReportRequest, clock: Clock, *, is_scarce: bool = True) -> None:
        self._is_scarce = is_scarce
        self._values: dict[str, Any] = {
            "id": request.id,
            "source": request.source,
            "account_id": request.account_id,
            "reservation_lifetime": reservation_lifetime(clock),
        }

    def count(self, connection: Connection) -> int:
        if not self._is_scarce:
            return 0
        row = connection.execute(
            """
            SELECT count(*) AS kept FROM sellerops.report_request
            WHERE account_id = %(account_id)s AND source = %(source)s
              AND status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
              AND document_lease_at > sellerops.now() - %(reservation_lifetime)s
            """,
            self._values,
        ).fetchone()
        assert row is not None
        kept: int = row["kept"]
        return kept

    def keep(self, connection: Connection) -> None:
        connection.execute(
            """
            UPDATE sellerops.report_request
            SET document_lease_at = sellerops.now(), updated_at = sellerops.now() WHERE id = %(id)s
            """,
            self._values,
        )

    def use(self, connection: Connection) -> bool:
        used = connection.execute(
            """
            WITH held AS (
                SELECT id, document_lease_at FROM sellerops.report_request WHERE id = %(id)s FOR UPDATE
            )
            UPDATE sellerops.report_request AS request
            SET document_lease_at = NULL, updated_at = sellerops.now()
            FROM held
            WHERE request.id = held.id AND held.document_lease_at > sellerops.now() - %(reservation_lifetime)s
            """,
            self._values,
        )
        return used.rowcount == 1


def reservation_lifetime(clock: Clock) -> timedelta:
    """How long a token is kept for the worker that will use it, by ``clock``."""
    return max(RESERVED_FOR, timedelta(seconds=_SHORTEST_KEPT * clock.speed))


async def reserve_token(tools: Tools, request: ReportRequest) -> None:
    """Wait for a token for the request's document and keep it, unless one is kept already."""
    clock = await clock_of(tools.ledger)
    held = request.document_lease_at
    if held is None or held + reservation_lifetime(clock) / 2 < clock.now():
        keeping = TokenReserver(tools.limits, _token_of(tools, request, clock))
        bucket = tools.client.bucket(tools.report_api.document_operation)
        await acquire(keeping, bucket, tools.client.priority, deadline_of(tools, request))


async def reserve_token_if_free(tools: Tools, request: ReportRequest) -> bool:
    """The same without waiting; whether the request has its token.

    Who holds tokens must not wait for further ones: two who did so could wait for each other.
    """
    keeping = TokenReserver(tools.limits, _token_of(tools, request, await clock_of(tools.ledger)))
    bucket = tools.client.bucket(tools.report_api.document_operation)
    decision = await off_loop(keeping.try_acquire, bucket, tools.client.priority)
    return isinstance(decision, Granted)


async def redeem_token(tools: Tools, request: ReportRequest) -> None:
    """The right to call for the request's document now. Throttled when there is none soon (``at_most``)."""
    using = TokenRedeemer(tools.limits, _token_of(tools, request, await clock_of(tools.ledger)))
    await acquire(using, tools.client.bucket(tools.report_api.document_operation), tools.client.priority)


async def restore_token(tools: Tools, request: ReportRequest) -> None:
    """Keep a used token after all: the call it was for was not made."""
    token = _token_of(tools, request, await clock_of(tools.ledger))
    await off_loop(tools.ledger.database.run, token.keep)


def _token_of(tools: Tools, request: ReportRequest, clock: Clock) -> DocumentToken:
    rate = tools.limits.config.limit(tools.report_api.document_operation).rate
    return DocumentToken(request, clock, is_scarce=rate * _SCARCE_S < 1)
