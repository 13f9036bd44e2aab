"""Archives a finished report's document: token, address and download in one step, on a worker."""

from __future__ import annotations

import logging
import time

from sellerops.archive import ArchivedDocument, DocumentMeta
from sellerops.base.errors import (
    AmazonUnavailable,
    ArchiveDamaged,
    DocumentDamaged,
    DocumentExpired,
    LimitExceeded,
    RequestRefused,
    RetryableError,
    SellerOpsError,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.calendar.slices import Slice
from sellerops.calendar.telemetry import fields_of, observed
from sellerops.collect.context import Job, Tools, call_on_worker
from sellerops.collect.cooldowns import learn_from_refusal
from sellerops.collect.document_meta import document_meta
from sellerops.collect.document_tokens import redeem_token, restore_token
from sellerops.collect.fatal import fatal_report_error, read_fatal_reason
from sellerops.collect.report_claims import record_fatal
from sellerops.collect.reuse import discard_if_unfit
from sellerops.ledger import ReportRequest, requests
from sellerops.sources.common.call_log import DOCUMENTS, CallRecord, record_call
from sellerops.sources.common.documents import DocumentAddress, download

log = logging.getLogger(__name__)

_NOT_SERVED = {
    "downloaded": "it was downloaded from a web page",
    "dropped": "the drop folder no longer has this version of it",
}
# Seconds. An address is valid for 5 minutes; an interrupted download is retried if enough of that is left.
_ADDRESS_VALID = 240.0


def archive_document(tools: Tools, request: ReportRequest, slice_: Slice) -> bool:
    """Archive the document of a DONE request and record it. Returns False if there is no quota for its
    address now; the triggerer then waits for quota.

    May be killed and repeated at any point, because the archive stores a document by the hash of its content.
    If a reused report turns out to have other options, it is given up and the request is PLANNED again.
    """
    with observed("archive", fields_of(slice_) | {"request_id": str(request.id)}):
        try:
            document = _fetch(tools, request, slice_)
        except Throttled as error:
            _wait_for_quota_later(tools, request, error)
            return False
        if discard_if_unfit(tools, request, document):
            return True
        _record(tools, request, document)
        return True


def _record(tools: Tools, request: ReportRequest, document: ArchivedDocument) -> None:
    tools.ledger.record_archived(
        request.id,
        uri=document.uri,
        nbytes=document.nbytes,
        sha256=document.sha256,
        headers=document.headers,
    )


def _wait_for_quota_later(tools: Tools, request: ReportRequest, error: Throttled) -> None:
    """Leave waiting for quota to the triggerer: a call throttled for lack of quota is not a failed attempt.

    Raises ``error`` once Amazon has refused for the spec's ``give_up_after``.
    """
    began = request.creating_at or request.created_at
    is_refused = error.details.get("sent") is not False
    if is_refused and tools.ledger.clock().now() >= began + tools.spec.request.give_up_after:
        raise error
    log.info("request %s: %s", request.id, error.cause)


def archive_again(tools: Tools, request: ReportRequest, slice_: Slice) -> None:
    """Download an ARCHIVED request's document again, because its copy in the archive is damaged or missing.

    Raises RetryableError if there is no quota for its address now; ``wait_seconds`` in its details says in
    how many real seconds there will be. Raises ArchiveDamaged when Amazon no longer serves the document; the
    request is then FAILED, so that a cleared fetch task requests a new report. A request with ``created_by``
    'amazon' stays ARCHIVED unless its document was deleted.
    """
    if deletion := tools.archive.deletion_of(request.archive_uri or ""):
        raise _lost(tools, request, f"it {deletion}", is_deleted=True)
    if request.document_id is None or tools.spec.request.how in _NOT_SERVED:
        raise lost_document(tools, request)
    try:
        document = _fetch(tools, request, slice_)
    except RequestRefused as error:
        raise _lost(tools, request, f"Amazon no longer serves it ({error.cause.rstrip('.')})") from error
    except Throttled as error:
        raise RetryableError(
            "the archived document is damaged or missing, and there is no quota to download it again now.",
            where=f"report_request {request.id}",
            wait_seconds=_real_seconds(tools, error.details.get("virtual_seconds")),
        ) from error
    _record(tools, request, document)
    log.info("request %s: downloaded the document again, because its archived copy was damaged", request.id)


def give_up_document(tools: Tools, request: ReportRequest, cause: str) -> ArchiveDamaged:
    """Return the error for a document that Amazon serves damaged. The request is FAILED as in
    ``archive_again``.
    """
    return _lost(tools, request, f"Amazon serves a damaged copy ({cause.rstrip('.')})")


def lost_document(tools: Tools, request: ReportRequest) -> ArchiveDamaged:
    """Return the error for a document that Amazon did not serve as one file, so that it cannot be downloaded
    again. The request is FAILED as in ``archive_again``.
    """
    how = tools.spec.request.how
    return _lost(tools, request, _NOT_SERVED.get(how, "it was built from an operation's answers"))


def _lost(tools: Tools, request: ReportRequest, why: str, *, is_deleted: bool = False) -> ArchiveDamaged:
    is_listed = request.created_by == "amazon" and not is_deleted
    error = ArchiveDamaged(
        f"the archived document is damaged or missing and cannot be downloaded again: {why}.",
        where=request.archive_uri or f"report_request {request.id}",
        remedy=_remedy_of_loss(tools.spec.request.how, is_listed),
        request_id=request.id,
    )
    if not is_listed:
        tools.ledger.database.run(lambda c: requests.record_lost(c, request.id, error))
    return error


def _remedy_of_loss(how: str, is_listed: bool) -> str:
    if how == "dropped":
        return (
            "Restore the document from a backup of the archive and clear the slice's load task, or put the "
            "file into the drop folder again and clear the slice's fetch task, with downstream."
        )
    if is_listed:
        return (
            "Restore the file from a backup, or wait until Amazon serves it undamaged; then clear the "
            "slice's load task."
        )
    return "Clear the slice's fetch task, with downstream, to request a new report."


def read_fatal(tools: Tools, job: Job, request: ReportRequest) -> bool:
    """Archive and read the document that says why Amazon aborted the report, record the reason and raise
    ReportFatal.

    Returns False if there is no quota for it now. If the document cannot be read, only the reason is missing.
    """
    try:
        document = _fetch(tools, request, job.slice_)
        reason, uri = read_fatal_reason(tools, document), document.uri
    except Throttled as error:
        _wait_for_quota_later(tools, request, error)
        return False
    except (DocumentDamaged, DocumentExpired, LimitExceeded, RequestRefused, UnexpectedAnswer) as error:
        reason, uri = f"the reason cannot be read ({error.cause.rstrip('.')})", ""
    learn_from_refusal(tools, request, reason)
    failure = fatal_report_error(
        tools, job, request.report_id, reason, request_id=request.id, archive_uri=uri
    )
    record_fatal(tools.ledger, request.id, request.document_id, request.reported_at, failure)
    raise failure


def _fetch(tools: Tools, request: ReportRequest, slice_: Slice) -> ArchivedDocument:
    """Download the document into the archive. An expired address is replaced once, which takes another token.
    Raises Throttled if there is no quota now.
    """
    try:
        return _download(tools, request, slice_, _address(tools, request))
    except DocumentExpired as error:
        log.info("request %s: %s Getting a new address.", request.id, error.cause)
        return _download(tools, request, slice_, _address(tools, request))


def _address(tools: Tools, request: ReportRequest) -> DocumentAddress:
    assert request.document_id is not None

    async def with_token() -> DocumentAddress:
        await redeem_token(tools, request)
        try:
            return await tools.report_api.get_address(tools.client, request)
        except Throttled as error:
            if error.details.get("operation") != tools.report_api.document_operation:
                await restore_token(tools, request)  # an earlier call was refused, so this one was not made
            raise

    try:
        return call_on_worker(tools, with_token)
    except RequestRefused as error:
        # Amazon no longer knows the document; only a new report helps.
        tools.ledger.record_failed(request.id, error)
        raise


def _download(
    tools: Tools, request: ReportRequest, slice_: Slice, address: DocumentAddress
) -> ArchivedDocument:
    began = time.monotonic()
    try:
        return _logged_download(tools, request, slice_, address)
    except (DocumentDamaged, AmazonUnavailable) as error:
        if time.monotonic() - began > _ADDRESS_VALID:
            raise
        log.warning("request %s: %s Retrying with the same address.", request.id, error.cause)
        return _logged_download(tools, request, slice_, address)


def _logged_download(
    tools: Tools, request: ReportRequest, slice_: Slice, address: DocumentAddress
) -> ArchivedDocument:
    """One download, recorded in the ledger's log of calls."""
    meta, origins = _meta(tools, request, slice_), tools.client.document_origins
    call = CallRecord("downloadDocument", api=DOCUMENTS, method="GET")
    try:
        document = download(address, tools.archive, meta, origins=origins, record=call)
        call.end()
        return document
    except SellerOpsError as error:
        call.end(error)
        raise
    finally:
        if call.seconds is not None:
            about = {"report_type": request.report_type, "report_id": request.report_id}
            record_call(tools.ledger, call.to_api_call(request.account_id, request_id=request.id, **about))


def _real_seconds(tools: Tools, seconds: float | None) -> float | None:
    """Convert seconds on the ledger's clock to real seconds; None if unknown."""
    speed = tools.ledger.clock().speed
    return seconds / speed if seconds is not None and speed > 0 else None


def _meta(tools: Tools, request: ReportRequest, slice_: Slice) -> DocumentMeta:
    return document_meta(
        tools,
        request,
        slice_,
        fetch=f"{request.report_id} {request.document_id}",
        fetched_at=tools.ledger.clock().now().isoformat(),
        response=tools.report_api.headers(tools.client, request),
        report_id=request.report_id,
        document_id=request.document_id,
    )
