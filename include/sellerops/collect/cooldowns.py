"""Learns a report type's cooldown from how Amazon refuses reports requested too soon, which varies."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from sellerops.collect.context import Tools
from sellerops.ledger import ReportRequest
from sellerops.ledger.database import Connection

log = logging.getLogger(__name__)

_TOO_SOON = re.compile(
    r"too (recent|frequent|soon|often)|more frequently|recently (generated|requested)"
    r"|already (been )?(generated|requested)|once (every|per|in)",
    re.IGNORECASE,
)
# The longest known cooldown; a report that is empty longer than this after one with data has another cause.
_LONGEST = timedelta(days=2)


def is_too_soon(reason: str) -> bool:
    """Whether Amazon's message means that the report was requested too soon."""
    return bool(_TOO_SOON.search(reason))


def learn_from_refusal(tools: Tools, request: ReportRequest, reason: str) -> None:
    """Lengthen the cooldown if ``reason``, for which Amazon refused a create or ended a report FATAL, says
    that the report was requested too soon.
    """
    if is_too_soon(reason):
        _lengthen(tools, request, reason, tools.ledger.database.run(lambda c: _gap(c, request)))


def learn_from_cancelled(tools: Tools, request: ReportRequest) -> None:
    """Lengthen the cooldown if a CANCELLED report was requested too soon. Amazon gives no reason for
    CANCELLED: it may also mean that there is no data.

    It was too soon if a report with the same type, marketplaces, window and options had data shortly before,
    because data does not disappear.
    """
    gap = tools.ledger.database.run(lambda c: _gap(c, request))
    if gap is not None and gap <= _LONGEST:
        _lengthen(tools, request, "CANCELLED, though the same report had data shortly before", gap)


def _lengthen(tools: Tools, request: ReportRequest, reason: str, gap: timedelta | None) -> None:
    in_force = tools.limits.lengthen_cooldown(
        request.account_id,
        request.report_type,
        refusal=request.report_id or f"request {request.id}",
        reason=reason,
        gap=gap,
        cooldown=tools.spec.request.cooldown,
    )
    log.warning(
        "%s of %s: %s. Its cooldown is now %s.", request.report_type, request.account_id, reason, in_force
    )


def _gap(connection: Connection, request: ReportRequest) -> timedelta | None:
    """The time between this request and the last report of the same key that had data."""
    row = connection.execute(
        """
        SELECT this.creating_at - max(earlier.reported_at) AS gap
        FROM sellerops.report_request AS this JOIN sellerops.report_request AS earlier
          ON earlier.key_hash = this.key_hash AND earlier.id <> this.id
         AND earlier.status IN ('DONE', 'ARCHIVED') AND earlier.reported_at < this.creating_at
        WHERE this.id = %s GROUP BY this.creating_at
        """,
        (request.id,),
    ).fetchone()
    return row["gap"] if row else None
