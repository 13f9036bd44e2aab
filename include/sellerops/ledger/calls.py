"""The table ``api_call``: one row per call to Amazon, partitioned by UTC day, kept for a limited time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from psycopg import errors

from sellerops.base.redaction import redact
from sellerops.base.table_locks import with_tables_locked
from sellerops.ledger.database import Connection
from sellerops.ledger.models import ApiCall

_INSERT = """
    INSERT INTO sellerops.api_call (
        called_at, account_id, api, operation, http_method, marketplace_ids, status, seconds, rate_limit,
        amazon_request_id, report_type, report_id, request_id, error_type, error_code, error
    ) VALUES (
        %(called_at)s, %(account_id)s, %(api)s, %(operation)s, %(http_method)s,
        coalesce(
            nullif(%(marketplace_ids)s::text[], '{}'),
            (SELECT marketplace_ids FROM sellerops.report_request WHERE id = %(request_id)s),
            '{}'
        ),
        %(status)s, %(seconds)s, %(rate_limit)s, %(amazon_request_id)s, %(report_type)s, %(report_id)s,
        %(request_id)s, %(error_type)s, %(error_code)s, %(error)s
    )
"""


def log_call(connection: Connection, call: ApiCall, called_at: datetime) -> None:
    """Store the call; creates the day's partition if missing (a virtual clock may jump to any day)."""
    values: dict[str, Any] = {**asdict(call), "called_at": called_at}
    values["marketplace_ids"] = list(call.marketplace_ids)
    values["error"] = redact(call.error) if call.error is not None else None
    try:
        connection.execute(_INSERT, values)
    except errors.CheckViolation:
        day = called_at.astimezone(UTC).date()
        connection.execute("SELECT sellerops.api_call_make_day(%s)", (day,))
        connection.execute(_INSERT, values)


def roll_days(connection: Connection, keep_days: int) -> list[str]:
    """Create today's and tomorrow's partition; drop those older than ``keep_days`` and return their names.

    Raises TableInUse while another session keeps reading the table; calls are still logged then.
    """
    return with_tables_locked(connection, [("sellerops", "api_call")], lambda: _roll(connection, keep_days))


def _roll(connection: Connection, keep_days: int) -> list[str]:
    rows = connection.execute("SELECT api_call_roll AS name FROM sellerops.api_call_roll(%s)", (keep_days,))
    return [row["name"] for row in rows]
