"""What an answer says about a type's cooldown: what was asked too recently is refused in many ways."""

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
# Longer cooldowns are not known; a report that went away after so long has another cause.
_LONGEST = timedelta(days=2)


def says_too_soon(reason: str) -> bool:
    """Whether Amazon's words mean that the report was asked for too recently."""
    return bool(_TOO_SOON.search(reason))


def learn_from_refusal(tools: Tools, request: ReportRequest, reason: str) -> None:
    """A create refused, or a report ended FATAL, with these words."""
    if says_too_soon(reason):
        _lengthen(tools, request, reason, tools.ledger.database.run(lambda c: _gap(c, request)))


def learn_from_cancelled(tools: Tools, request: ReportRequest) -> None:
    """A report ended CANCELLED, without words: no data, or asked for too recently.

    It was the latter when a report of the same type, shops, window and options had data shortly before: data
    do not vanish.
    """
    gap = tools.ledger.database.run(lambda c: _gap(c, request))
    if gap is not None and gap <= _LONGEST:
        _lengthen(tools, request, "CANCELLED, though the same report had data shortly before", gap)


def _lengthen(tools: Tools, request: ReportRequest, reason: str, gap: timedelta | None) -> None:
    now_kept = tools.limits.lengthen_cooldown(
        request.account_id,
        request.report_type,
        refusal=request.report_id or f"request {request.id}",
        reason=reason,
        gap=gap,
        cooldown=tools.spec.request.cooldown,
    )
    log.warning(
        "%s of %s: %s. Its cooldown is now %s.", request.report_type, request.account_id, reason, now_kept
    )


def _gap(connection: Connection, request: ReportRequest) -> timedelta | None:
    """The time since the report before of the same question that had data."""
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
