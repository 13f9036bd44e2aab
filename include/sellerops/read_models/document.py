"""One archived document: its address, its account, and whether it contains personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.base.errors import ConfigurationError
from sellerops.settings.specs import ReportSpec, load_spec

_REQUEST = """
    SELECT r.id, r.source, r.report, r.report_type, r.account_id, r.report_id, r.archive_uri, r.archive_bytes,
           r.document_headers, r.window_start, r.status,
           EXISTS (SELECT FROM sellerops.personal_document AS p WHERE p.uri = r.archive_uri)
           OR EXISTS (SELECT FROM sellerops.personal_table AS t WHERE t.report = r.report)
           AS is_noted_personal
    FROM sellerops.report_request AS r
    WHERE r.id = %s AND r.source = %s AND r.report_type = %s
"""


@dataclass(frozen=True)
class Document:
    """A request's document. ``nbytes`` is its decoded size; ``headers`` are those of the download."""

    request_id: int
    report: str
    account_id: str
    report_id: str | None
    uri: str
    nbytes: int
    headers: Mapping[str, Any]
    is_personal: bool

    @property
    def content_type(self) -> str:
        found = {name.lower().replace("-", "_"): value for name, value in self.headers.items()}
        return str(found.get("content_type") or "")


def find_document(connection: psycopg.Connection[Any], spec: ReportSpec, request_id: int) -> Document | None:
    """The document of a request; None if it has none, or if the request is of another report type.

    The type is checked because a user who may read one DAG's logs may not read every document.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_REQUEST, (request_id, spec.source, spec.report_type)).fetchone()
    if row is None or row["archive_uri"] is None:
        return None
    return Document(
        request_id=row["id"],
        report=row["report"],
        account_id=row["account_id"],
        report_id=row["report_id"],
        uri=row["archive_uri"],
        nbytes=row["archive_bytes"] or 0,
        headers=row["document_headers"] or {},
        is_personal=bool(row["is_noted_personal"]) or _is_declared(spec, row["source"], row["report"]),
    )


def _is_declared(spec: ReportSpec, source: str, report: str) -> bool:
    """Whether this spec, or the one that requested the report, declares personal columns."""
    if spec.archive_retention is not None:
        return True
    try:
        return load_spec(f"report__{source}__{report}").archive_retention is not None
    except ConfigurationError:
        # That spec was removed, so assume that its documents contain personal data.
        return report != spec.name
