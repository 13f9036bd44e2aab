"""Recovers the requests whose rows a restored ledger lacks, from the sidecars of their documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.redaction import redact_values
from sellerops.calendar.slices import Slice
from sellerops.ledger import RequestKey
from sellerops.ledger.database import Connection
from sellerops.settings.specs import ReportSpec

_ACTIVE = "('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')"
_KNOWN = """
    SELECT id FROM sellerops.report_request
    WHERE account_id = %(account_id)s AND archive_uri = %(uri)s AND key_hash = %(key_hash)s
      AND reported_at IS NOT DISTINCT FROM %(reported_at)s
    UNION ALL
    SELECT id FROM sellerops.report_request
    WHERE account_id = %(account_id)s AND archive_uri = %(uri)s AND report_id = %(report_id)s
    ORDER BY id DESC LIMIT 1
"""
# The request was in progress at the moment of the backup; its document came later.
_FINISH = f"""
    UPDATE sellerops.report_request SET
        status = 'ARCHIVED', report_id = %(report_id)s, document_id = %(document_id)s,
        reported_at = %(reported_at)s, created_by = coalesce(created_by, %(created_by)s),
        archive_uri = %(uri)s, archive_bytes = %(nbytes)s, content_sha256 = %(sha256)s,
        document_headers = %(headers)s, error_type = NULL, error = NULL, updated_at = sellerops.now()
    WHERE id = %(request_id)s AND key_hash = %(key_hash)s AND status IN {_ACTIVE}
      AND (report_id IS NULL OR report_id = %(report_id)s)
    RETURNING id
"""
_INSERT = """
    INSERT INTO sellerops.report_request (
        key_hash, source, report, report_type, options, account_id, region, marketplace_ids, window_start,
        window_end, status, report_id, document_id, reported_at, created_by, archive_uri, archive_bytes,
        content_sha256, document_headers, dag_id, run_id, task_id, map_index, task_try
    ) VALUES (
        %(key_hash)s, %(source)s, %(report)s, %(report_type)s, %(options)s, %(account_id)s, %(region)s,
        %(marketplace_ids)s, %(window_start)s, %(window_end)s, 'ARCHIVED', %(report_id)s, %(document_id)s,
        %(reported_at)s, %(created_by)s, %(uri)s, %(nbytes)s, %(sha256)s, %(headers)s, %(dag_id)s,
        'recovered', 'recovered', -1, 1
    ) RETURNING id
"""


def recover_request(
    connection: Connection, spec: ReportSpec, uri: str, sidecar: Mapping[str, Any]
) -> tuple[int, bool]:
    """Record the archived request of a document, if its row is missing or unfinished.

    Returns the request's id, and whether its row was missing or unfinished.
    """
    values = _values(spec, uri, sidecar)
    # Without the lock, two recoveries at the same time would insert the request twice.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(key_hash)s, 0))", values)
    known = connection.execute(_KNOWN, values).fetchone()
    if known:
        return int(known["id"]), False
    row = (
        connection.execute(_FINISH.encode(), values).fetchone()
        or connection.execute(_INSERT, values).fetchone()
    )
    assert row is not None
    return int(row["id"]), True


def _values(spec: ReportSpec, uri: str, sidecar: Mapping[str, Any]) -> dict[str, Any]:
    request, decoded = sidecar["request"], sidecar["decoded"]
    start, end = (_moment(request.get(f"window_{side}")) for side in ("start", "end"))
    key = RequestKey(
        source=sidecar["source"],
        report_type=request["report_type"],
        account_id=sidecar["account_id"],
        marketplace_ids=tuple(request["marketplace_ids"]),
        window_start=start,
        window_end=end,
        options=request.get("options") or {},
    )
    # `parts` has ids of the further files' requests in the lost ledger; the files are recovered one by one.
    headers = {name: value for name, value in sidecar["response"].items() if name != "parts"}
    return {
        "key_hash": key.digest,
        "source": key.source,
        "report": spec.name,
        "report_type": key.report_type,
        "options": Jsonb(dict(key.options)),
        "account_id": key.account_id,
        "region": request["region"],
        "marketplace_ids": list(key.marketplace_ids),
        "window_start": start,
        "window_end": end,
        "request_id": request.get("request_id"),
        "report_id": request.get("report_id"),
        "document_id": request.get("document_id"),
        "reported_at": _moment(request.get("reported_at")) or _moment(sidecar["fetched_at"]),
        "created_by": request.get("created_by"),
        "uri": uri,
        "nbytes": decoded["bytes"],
        "sha256": decoded["sha256"],
        "headers": Jsonb(redact_values(headers)),
        "dag_id": spec.dag_id,
    }


def slice_of_sidecar(sidecar: Mapping[str, Any]) -> Slice | None:
    """The slice for which a document was collected; None if its sidecar does not say."""
    found = sidecar["request"].get("slice")
    return Slice.from_dict(found) if found else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
