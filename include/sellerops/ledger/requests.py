"""The table ``report_request``: every request for a report, from plan to archive."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.errors import GiveUpError
from sellerops.base.redaction import error_fields, redact, redact_values
from sellerops.ledger import listings
from sellerops.ledger.database import Connection
from sellerops.ledger.models import ReportRequest, RequestKey, RequestStatus, RunRef
from sellerops.settings.marketplaces import marketplace_by_id

_COLUMNS = """
    id, source, report, report_type, options, account_id, region, marketplace_ids, window_start, window_end,
    status, report_id, document_id, reported_at, created_by, creating_at, document_lease_at, archive_uri,
    archive_bytes, content_sha256, document_headers, error_type, error, dag_id, run_id, task_try, created_at,
    updated_at, look_after
"""
_LOCK_KEY = "SELECT pg_advisory_xact_lock(hashtextextended(%(digest)s, 0))"
# Spelled as in the partial indexes, so that the planner finds them.
_ACTIVE = "('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')"
_FIND = f"""
    SELECT {_COLUMNS} FROM sellerops.report_request
    WHERE key_hash = %(digest)s AND created_by IS DISTINCT FROM 'amazon' AND (
        status IN {_ACTIVE}
        OR (status = 'ARCHIVED' AND (%(fresh_after)s::timestamptz IS NULL OR reported_at >= %(fresh_after)s))
        OR (status = 'CANCELLED' AND (%(fresh_after)s::timestamptz IS NULL OR updated_at >= %(fresh_after)s))
    )
    ORDER BY id DESC LIMIT 1
"""
_FIND_LISTED = f"""
    SELECT {_COLUMNS} FROM sellerops.report_request
    WHERE account_id = %(account_id)s AND report_id = %(report_id)s AND created_by = 'amazon'
      AND status NOT IN ('FATAL', 'FAILED')
"""
_INSERT = f"""
    INSERT INTO sellerops.report_request (
        key_hash, source, report, report_type, options, account_id, region, marketplace_ids, window_start,
        window_end, status, report_id, document_id, reported_at, created_by, dag_id, run_id, task_id,
        map_index, task_try
    ) VALUES (
        %(digest)s, %(source)s, %(report)s, %(report_type)s, %(options)s, %(account_id)s, %(region)s,
        %(marketplace_ids)s, %(window_start)s, %(window_end)s, %(status)s, %(report_id)s, %(document_id)s,
        %(reported_at)s, %(created_by)s, %(dag_id)s, %(run_id)s, %(task_id)s, %(map_index)s, %(task_try)s
    ) RETURNING {_COLUMNS}
"""


def find_or_open(
    connection: Connection, key: RequestKey, fresh_after: datetime | None, run: RunRef
) -> ReportRequest:
    """The newest usable row of ``key``, else a new PLANNED one. Callers with the same key wait their turn."""
    values = {**_key_values(key), **_run_values(run), "status": "PLANNED", "fresh_after": fresh_after}
    values |= {"report_id": None, "document_id": None, "reported_at": None, "created_by": None}
    with connection.transaction():
        connection.execute(_LOCK_KEY, values)
        row = connection.execute(_FIND, values).fetchone()
        if row is None:
            return _request(connection.execute(_INSERT, values).fetchone())
        if (row["dag_id"], row["run_id"]) != (run.dag_id, run.run_id):
            listings.note_reuse(connection, row["id"], run, "ledger")
    return _request(row)


def find_or_open_listed(
    connection: Connection,
    key: RequestKey,
    report_id: str,
    document_id: str,
    reported_at: datetime,
    window_start: datetime | None,
    window_end: datetime | None,
    marketplace_ids: tuple[str, ...],
    run: RunRef,
) -> ReportRequest:
    """The row of a report that Amazon created on its own schedule, else a new DONE one."""
    values = {**_key_values(key), **_run_values(run), "status": "DONE", "created_by": "amazon"}
    values |= {"report_id": report_id, "document_id": document_id, "reported_at": reported_at}
    values |= {"window_start": window_start, "window_end": window_end}
    if marketplace_ids:
        values |= {"marketplace_ids": list(marketplace_ids), "region": _region(marketplace_ids)}
    with connection.transaction():
        connection.execute(_LOCK_KEY, {"digest": f"{key.account_id} {report_id}"})
        row = (
            connection.execute(_FIND_LISTED, values).fetchone()
            or connection.execute(_INSERT, values).fetchone()
        )
    return _request(row)


def claim_create(connection: Connection, request_id: int, token: uuid.UUID) -> bool:
    """PLANNED -> CREATING; True for one caller only, and again if it repeats the call with its ``token``."""
    won = connection.execute(
        """
        UPDATE sellerops.report_request
        SET status = 'CREATING', claim_token = %(token)s, creating_at = sellerops.now(),
            updated_at = sellerops.now()
        WHERE id = %(id)s AND (status = 'PLANNED' OR (status = 'CREATING' AND claim_token = %(token)s))
        """,
        {"id": request_id, "token": token},
    )
    return won.rowcount == 1


def release_create(connection: Connection, request_id: int) -> None:
    """CREATING -> PLANNED, unless the report's id is already known."""
    connection.execute(
        """
        UPDATE sellerops.report_request
        SET status = 'PLANNED', claim_token = NULL, creating_at = NULL, updated_at = sellerops.now()
        WHERE id = %s AND status = 'CREATING' AND report_id IS NULL
        """,
        (request_id,),
    )


def record_created(
    connection: Connection, request_id: int, report_id: str, created_by: str, reported_at: datetime | None
) -> None:
    """Store the report's id, which a row keeps.

    Raises GiveUpError if the row already has another one, or has ended without one.
    """
    stored = connection.execute(
        f"""
        UPDATE sellerops.report_request SET
            status = CASE WHEN status IN ('PLANNED', 'CREATING') THEN 'IN_QUEUE' ELSE status END,
            report_id = %(report_id)s,
            created_by = coalesce(created_by, %(created_by)s),
            reported_at = coalesce(%(reported_at)s, reported_at),
            updated_at = sellerops.now()
        WHERE id = %(id)s AND (report_id = %(report_id)s OR (report_id IS NULL AND status IN {_ACTIVE}))
        """,
        {"id": request_id, "report_id": report_id, "created_by": created_by, "reported_at": reported_at},
    )
    if stored.rowcount == 1:
        return
    found = get(connection, request_id)
    raise GiveUpError(
        f"report {report_id} cannot become the report of this request: it is {found.status} and has "
        f"{found.report_id or 'no report'}.",
        where=f"report_request {request_id}",
        remedy="One request was created twice; use the report that the ledger has.",
        request_id=request_id,
        report_id=report_id,
        stored_report_id=found.report_id,
    )


def record_status(
    connection: Connection,
    request_id: int,
    status: RequestStatus,
    document_id: str | None,
    reported_at: datetime | None,
) -> None:
    """Advance the row to ``status``. Late messages never move it back, or out of a terminal status."""
    connection.execute(
        f"""
        UPDATE sellerops.report_request SET
            status = %(status)s,
            document_id = coalesce(%(document_id)s, document_id),
            reported_at = coalesce(%(reported_at)s, reported_at),
            updated_at = sellerops.now()
        WHERE id = %(id)s AND status IN {_ACTIVE}
          AND array_position(%(order)s, status) <= array_position(%(order)s, %(status)s)
        """,
        {
            "id": request_id,
            "status": str(status),
            "document_id": document_id,
            "reported_at": reported_at,
            "order": [str(one) for one in RequestStatus],
        },
    )


def record_archived(
    connection: Connection, request_id: int, uri: str, nbytes: int, sha256: str, headers: Mapping[str, Any]
) -> None:
    """Record that the document is in the archive."""
    connection.execute(
        """
        UPDATE sellerops.report_request SET
            status = 'ARCHIVED', archive_uri = %(uri)s, archive_bytes = %(nbytes)s, content_sha256 =
            %(sha256)s,
            document_headers = %(headers)s, error_type = NULL, error = NULL, updated_at = sellerops.now()
        WHERE id = %(id)s
        """,
        {
            "id": request_id,
            "uri": redact(uri),
            "nbytes": nbytes,
            "sha256": sha256,
            "headers": Jsonb(redact_values(headers)),
        },
    )


def record_failed(connection: Connection, request_id: int, error: BaseException) -> None:
    """Record the error; a row that Amazon already finished keeps its status."""
    error_type, text, _ = error_fields(error)
    connection.execute(
        f"""
        UPDATE sellerops.report_request SET
            status = CASE WHEN status IN {_ACTIVE} THEN 'FAILED' ELSE status END,
            error_type = %s, error = %s, updated_at = sellerops.now()
        WHERE id = %s
        """,
        (error_type, text, request_id),
    )


def record_lost(connection: Connection, request_id: int, error: BaseException) -> None:
    """Mark the row of a lost archived document as FAILED, so that the next run requests it again."""
    error_type, text, _ = error_fields(error)
    connection.execute(
        """
        UPDATE sellerops.report_request
        SET status = 'FAILED', error_type = %s, error = %s, updated_at = sellerops.now()
        WHERE id = %s AND status = 'ARCHIVED'
        """,
        (error_type, text, request_id),
    )


def get(connection: Connection, request_id: int) -> ReportRequest:
    """One row. Raises GiveUpError if the id is unknown."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM sellerops.report_request WHERE id = %s", (request_id,)
    ).fetchone()
    if row is None:
        raise GiveUpError(
            "unknown request id.",
            where=f"report_request {request_id}",
            remedy="Clear the slice from its first task, which opens a new request.",
        )
    return _request(row)


def open_requests(connection: Connection, account_id: str) -> list[ReportRequest]:
    """All requests of an account that are in progress, oldest first."""
    rows = connection.execute(
        f"""
        SELECT {_COLUMNS} FROM sellerops.report_request
        WHERE account_id = %s AND status IN {_ACTIVE} ORDER BY id
        """,
        (account_id,),
    )
    return [_request(row) for row in rows]


def known_report_ids(connection: Connection, account_id: str, report_ids: Iterable[str]) -> set[str]:
    """Those of ``report_ids`` that the ledger already has for this account."""
    rows = connection.execute(
        """
        SELECT DISTINCT report_id FROM sellerops.report_request
        WHERE account_id = %s AND report_id = ANY (%s)
        """,
        (account_id, list(report_ids)),
    )
    return {row["report_id"] for row in rows}


def _key_values(key: RequestKey) -> dict[str, Any]:
    return {
        "digest": key.digest,
        "source": key.source,
        "report_type": key.report_type,
        "options": Jsonb(redact_values(key.options)),
        "account_id": key.account_id,
        "region": _region(key.marketplace_ids),
        "marketplace_ids": list(key.marketplace_ids),
        "window_start": key.window_start,
        "window_end": key.window_end,
    }


def _run_values(run: RunRef) -> dict[str, Any]:
    return {
        "report": run.report,
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "task_id": run.task_id,
        "map_index": run.map_index,
        "task_try": run.try_number,
    }


def _region(marketplace_ids: tuple[str, ...]) -> str:
    return marketplace_by_id(marketplace_ids[0]).region if marketplace_ids else ""


def _request(row: dict[str, Any] | None) -> ReportRequest:
    if row is None:
        raise GiveUpError("a statement of the ledger returned no row.", where="report_request")
    values = {**row, "status": RequestStatus(row["status"]), "marketplace_ids": tuple(row["marketplace_ids"])}
    return ReportRequest(**values)
