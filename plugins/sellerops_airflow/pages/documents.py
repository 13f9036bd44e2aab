"""Serves archived documents over HTTP, decompressed on the fly, as plain text that no browser executes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from fastapi.responses import Response, StreamingResponse

from sellerops.base.errors import ArchiveDamaged, GiveUpError
from sellerops_airflow.pages.access import PERSONAL_VARIABLE, may_see_personal

if TYPE_CHECKING:
    from sellerops.archive import Archive
    from sellerops.read_models.document import Document
    from sellerops.settings.specs import ReportSpec

# Bytes that a browser can display without trouble; larger documents are downloaded.
MAX_INLINE_BYTES = 8 * 1024 * 1024
_CHUNK = 1 << 18
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE | re.ASCII)


class PersonalDocument(GiveUpError):
    """The document holds personal data that the user may not see."""


def serve_document(
    archive: Archive, spec: ReportSpec, document: Document, user: str, *, download: bool = False
) -> Response:
    """The document as text to display or, with ``download`` or above 8 MiB, as a file to save.

    Raises PersonalDocument when ``user`` may not see its personal data, ArchiveDamaged when the file is
    missing.
    """
    if document.is_personal and not may_see_personal(user):
        raise PersonalDocument(
            f"the document holds personal data, and {user} may not open such documents.",
            where=f"request {document.request_id}",
            remedy=f"Ask an administrator to add the user to variable {PERSONAL_VARIABLE} (comma-separated).",
        )
    # The address must be within this archive, so that a ledger row cannot open any other file.
    if not document.uri.startswith(f"{archive.root}/") or "/../" in document.uri:
        raise ArchiveDamaged("the document is not in this archive.", where=f"request {document.request_id}")
    stream = archive.open(document.uri)
    is_saved = download or document.nbytes > MAX_INLINE_BYTES
    disposition = "attachment" if is_saved else "inline"
    return StreamingResponse(
        chunks(stream),
        media_type=None,
        headers={
            "Content-Type": f"text/plain; charset={_charset(document)}",
            "Content-Disposition": f'{disposition}; filename="{file_name(spec, document)}"',
            "Content-Length": str(document.nbytes),
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


def file_name(spec: ReportSpec, document: Document) -> str:
    """``<report>_<account>_<report id>.<format>``, with any other character replaced by a dash."""
    stem = f"{document.report}_{document.account_id}_{document.report_id or document.request_id}"
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', stem)}.{spec.format.kind}"


def _charset(document: Document) -> str:
    """The download's own charset, or UTF-8. Not Python's name for it, which browsers may not know."""
    found = _CHARSET.search(document.content_type)
    return found[1].lower() if found else "utf-8"


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The document in chunks. Damage raises before the last chunk, so that the browser reports a failure."""
    try:
        while chunk := stream.read(_CHUNK):
            yield chunk
    finally:
        stream.close()
