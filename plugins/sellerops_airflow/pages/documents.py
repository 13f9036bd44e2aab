"""Archived documents over HTTP: unpacked as they are read, as text that no browser runs."""

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

# A browser shows so much text without trouble; the rest is downloaded.
MAX_INLINE_BYTES = 8 * 1024 * 1024
_CHUNK = 1 << 18
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE | re.ASCII)


class PersonalDocument(GiveUpError):
    """A document of personal data, and a user who is not named for such."""


def serve_document(
    archive: Archive, spec: ReportSpec, document: Document, user: str, *, download: bool = False
) -> Response:
    """The document, shown as text or (``download``, or if it is large) saved as a file.

    Raises PersonalDocument for personal data that ``user`` may not see, ArchiveDamaged when the file is gone.
    """
    if document.is_personal and not may_see_personal(user):
        raise PersonalDocument(
            f"the document holds personal data, and {user} may not open such documents.",
            where=f"request {document.request_id}",
            remedy=f"An administrator adds the user name to variable {PERSONAL_VARIABLE} (comma-separated).",
        )
    # The ledger's address must be one of this archive's: a row of the ledger opens no other file.
    if not document.uri.startswith(f"{archive.root}/") or "/../" in document.uri:
        raise ArchiveDamaged("the document is not in this archive.", where=f"request {document.request_id}")
    stream = archive.open(document.uri)
    is_saved = download or document.nbytes > MAX_INLINE_BYTES
    disposition = "attachment" if is_saved else "inline"
    return StreamingResponse(
        _pieces(stream),
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
    """``<report>_<account>_<report id>.<format>``, of plain characters."""
    told = f"{document.report}_{document.account_id}_{document.report_id or document.request_id}"
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', told)}.{spec.format.kind}"


def _charset(document: Document) -> str:
    """What the download said, else UTF-8: a browser knows other names than Python does."""
    found = _CHARSET.search(document.content_type)
    return found[1].lower() if found else "utf-8"


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A damaged document ends in an error before its last piece: the browser then says so."""
    try:
        while slice_ := stream.read(_CHUNK):
            yield slice_
    finally:
        stream.close()
