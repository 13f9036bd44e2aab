"""Why Amazon aborted a report, read from the document that a FATAL report may have."""

from __future__ import annotations

import re
from typing import Any

from sellerops.archive import ArchivedDocument
from sellerops.base.bounded_json import read_json
from sellerops.base.errors import NotPublishedYet, ReportFatal, SellerOpsError
from sellerops.collect.context import Job, Tools

_READ = 64 * 1024
_LONGEST = 1_000


def fatal_report_error(
    tools: Tools, job: Job, report_id: str | None, reason: str, **details: Any
) -> SellerOpsError:
    """The error for a report that Amazon aborted: NotPublishedYet if its reason contains one of the spec's
    ``late_when`` texts, else ReportFatal.
    """
    words = tools.spec.request.late_when
    kind = NotPublishedYet if any(each.lower() in reason.lower() for each in words) else ReportFatal
    return kind(
        f"Amazon aborted report {report_id} (FATAL): {reason or 'it gave no reason'}.",
        where=f"{tools.spec.report_type}, {job.slice_.label}",
        remedy="" if reason else "Clear the task to request the report again.",
        report_id=report_id,
        reason=reason,
        **details,
    )


def read_fatal_reason(tools: Tools, document: ArchivedDocument) -> str:
    """Amazon's reason as one line of at most 1000 characters: ``errorDetails``, ``errorMessage`` or
    ``message`` of a JSON document, else the document's text. Empty if the document is empty.
    """
    with tools.archive.open(document.uri) as stream:
        text = stream.read(_READ).decode("utf-8", "replace")
    try:
        found = _error_details(read_json(text))
    except ValueError:
        found = None
    line = re.sub(r"\s+", " ", found or text).strip().rstrip(".")
    return line[:_LONGEST]


def _error_details(value: object) -> str | None:
    if isinstance(value, dict):
        for key in ("errorDetails", "errorMessage", "message"):
            if isinstance(value.get(key), str):
                return str(value[key])
    return None
