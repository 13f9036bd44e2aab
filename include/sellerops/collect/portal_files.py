"""Accepts and archives the files of a web page, within the visit that downloaded them."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sellerops.collect.context import Job, Tools, key_of
from sellerops.collect.document_meta import document_meta
from sellerops.formats.acceptance import check_file
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.sources.common.portal_api import DownloadedFile

# Options of the request for a further file of a download: the id of the first file's request, and the file's
# number.
OF, PART = "of", "part"
_CHUNK = 1 << 20


def archive_files(tools: Tools, job: Job, request: ReportRequest, files: Sequence[DownloadedFile]) -> None:
    """Archive all files of one download; the request is ARCHIVED once all of them are.

    Each file after the first has a request of its own. Raises WrongFile if a file is not the requested one;
    nothing is archived then. May be killed and repeated at any point.
    """
    for file in files:
        check_file(file.path, file.name, file.facts, tools.spec, job.slice_)
    parts = [_part(tools, job, request, number) for number in range(2, len(files) + 1)]
    for part, file in zip(parts, files[1:], strict=True):
        _archive(tools, job, part, file)
    _archive(tools, job, request, files[0], parts=[part.id for part in parts])


def parts_of(request: ReportRequest) -> tuple[int, ...]:
    """The requests of all files of an archived request's download."""
    return (request.id, *(int(one) for one in request.document_headers.get("parts") or ()))


def _part(tools: Tools, job: Job, first: ReportRequest, number: int) -> ReportRequest:
    key = key_of(tools.spec, job.slice_)
    options = {**key.options, OF: str(first.id), PART: str(number)}
    part = tools.ledger.find_or_open_request(replace(key, options=options), fresh_after=None, run=job.run)
    if part.status is not RequestStatus.ARCHIVED:
        tools.ledger.record_status(part.id, RequestStatus.DONE, reported_at=first.reported_at)
    return tools.ledger.get_request(part.id)


def _archive(
    tools: Tools, job: Job, request: ReportRequest, file: DownloadedFile, parts: Sequence[int] = ()
) -> None:
    fetched_at = tools.ledger.clock().now().isoformat()
    meta = document_meta(
        tools,
        request,
        job.slice_,
        # The same file, downloaded again after a crash, counts as the same fetch.
        fetch=f"request {request.id}",
        fetched_at=fetched_at,
        response={
            "content_type": mimetypes.guess_type(file.name)[0],
            "file_name": file.name,
            "facts": dict(file.facts),
            **({"parts": list(parts)} if parts else {}),
        },
        report_id=request.report_id,
        page=tools.spec.request.page,
    )
    document = tools.archive.put_stream(_chunks(file.path), meta)
    tools.ledger.record_archived(
        request.id,
        uri=document.uri,
        nbytes=document.nbytes,
        sha256=document.sha256,
        headers=document.headers,
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
