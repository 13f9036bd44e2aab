"""Serves a failed browser job's evidence: the screenshot to display, the page as text, the trace to save.

All of it is redacted before it is stored, and none of it is executed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import Response

from sellerops.base.errors import ArchiveDamaged
from sellerops.browsers.evidence import PAGE, SCREENSHOT, TRACE

if TYPE_CHECKING:
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.read_models.browser_job import SeenJob

# File: its type, and whether browsers save it instead of displaying it.
_TYPES = {
    SCREENSHOT: ("image/png", False),
    PAGE: ("text/plain; charset=utf-8", False),
    TRACE: ("application/zip", True),
}


def evidence_files(store: EvidenceStore, job: SeenJob) -> list[str]:
    """The names of the job's files; empty when it left none, or they were deleted."""
    return store.files(job.evidence_uri) if job.evidence_uri else []


def serve_evidence(store: EvidenceStore, job: SeenJob, name: str) -> Response:
    """One file of the job. Raises ArchiveDamaged when it is missing or not in this archive."""
    try:
        if name not in _TYPES or not job.evidence_uri:
            raise FileNotFoundError(name)
        content = store.read(job.evidence_uri, name)
    except FileNotFoundError as error:
        raise ArchiveDamaged(
            "the file is not in this archive (any more).",
            where=f"browser job {job.id}, {name}",
            remedy="Old evidence is deleted by sellerops__maintenance (`keep_evidence_days`).",
        ) from error
    media_type, is_saved = _TYPES[name]
    disposition = "attachment" if is_saved else "inline"
    return Response(
        content,
        headers={
            "Content-Type": media_type,
            "Content-Disposition": f'{disposition}; filename="job-{job.id}-{name}"',
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )
