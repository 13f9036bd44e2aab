"""Serves archived labels and bills of lading over HTTP: PDFs to display, anything else to save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import Response, StreamingResponse

from sellerops.base.errors import ArchiveDamaged
from sellerops_airflow.pages.documents import chunks

if TYPE_CHECKING:
    from sellerops.archive import Archive
    from sellerops.read_models.inbound_document import InboundDocument

# Only PDFs are displayed: browsers execute nothing in them with this page's origin.
_PDF = "application/pdf"


def serve_label(archive: Archive, document: InboundDocument, *, download: bool = False) -> Response:
    """The file as it came from Amazon. Raises ArchiveDamaged when it is missing."""
    # The address must be within this archive, so that a ledger row cannot open any other file.
    if not document.uri.startswith(f"{archive.root}/") or "/../" in document.uri:
        raise ArchiveDamaged("the file is not in this archive.", where=f"document {document.id}")
    is_pdf = document.media_type == _PDF
    disposition = "inline" if is_pdf and not download else "attachment"
    return StreamingResponse(
        chunks(archive.open(document.uri)),
        media_type=None,
        headers={
            "Content-Type": _PDF if is_pdf else "application/octet-stream",
            "Content-Disposition": f'{disposition}; filename="{document.file_name}"',
            "Content-Length": str(document.nbytes),
            "Cache-Control": "no-store",
            # No `sandbox`: Chromium displays no PDF in it. Its viewer needs `object-src` and inline styles.
            "Content-Security-Policy": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )
