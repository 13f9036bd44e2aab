"""Loads one slice's documents into one destination, and Amazon's confirmation of no data into all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sellerops.base.errors import ArchiveDamaged, DocumentDamaged, GiveUpError, Quarantined, SellerOpsError
from sellerops.calendar.slices import Slice
from sellerops_airflow.notifiers.findings import send_findings
from sellerops_airflow.runs.slice_load import SliceLoad

if TYPE_CHECKING:
    from sellerops.collect import Done
    from sellerops.destinations import Destination, LoadResult
    from sellerops.ledger import Ledger, RunRef
    from sellerops.settings.specs import ReportSpec
    from sellerops_airflow.runtime import Runtime

log = logging.getLogger(__name__)


def load_slice(
    runtime: Runtime, spec: ReportSpec, slice_: Slice, run: RunRef, slice_load: SliceLoad
) -> list[LoadResult]:
    """Load every document of the slice and record that its destination has them.

    Raises, after loading all others, the error of the first document that cannot be loaded, or Quarantined
    for the documents that wait for a person's decision.
    """
    from sellerops.destinations import merge_quarantined
    from sellerops.ledger import SliceState

    destination = runtime.destination(slice_load.destination)
    results: list[LoadResult] = []
    quarantined: list[Quarantined] = []
    failed: list[GiveUpError] = []
    try:
        for request_id in slice_load.request_ids:
            try:
                results += _load(runtime, destination, spec, slice_, run, request_id)
            except Quarantined as error:
                quarantined.append(error)
            except GiveUpError as error:
                failed.append(error)
    finally:
        destination.close()
    if failed:
        send_findings(runtime.ledger, spec, results)
        raise failed[0]
    if quarantined:
        send_findings(runtime.ledger, spec, results)
        with notify_if_quarantined(runtime.ledger):
            raise merge_quarantined(quarantined)
    load_id = results[-1].load_id if results else None
    slice_load.record_state(runtime.ledger, slice_, SliceState.LOADED, run=run, load_id=load_id)
    send_findings(runtime.ledger, spec, results)
    return results


def load_confirmed_empty(runtime: Runtime, spec: ReportSpec, slice_: Slice, run: RunRef, step: Done) -> None:
    """Apply to every destination Amazon's confirmation (``step.evidence``) that it has no data for the slice.

    Does nothing for reports whose tables keep rows that Amazon no longer delivers. Stored rows are not
    deleted without a decision: they raise Quarantined. All destinations are tried before the first error is
    raised, Quarantined last.
    """
    from sellerops.collect.second_look import EmptyEvidence

    if not spec.clearable_tables:
        return
    evidence = EmptyEvidence(step.evidence, is_conclusive=True).evidence
    errors: list[SellerOpsError] = []
    for name in spec.destinations_of(slice_.account_id):
        slice_load = SliceLoad.of(spec, slice_, name, step.evidence)
        try:
            _empty(runtime, spec, slice_, run, slice_load, evidence)
        except SellerOpsError as error:
            errors.append(error)
    errors.sort(key=lambda error: isinstance(error, Quarantined))
    if errors:
        raise errors[0]


def _empty(
    runtime: Runtime,
    spec: ReportSpec,
    slice_: Slice,
    run: RunRef,
    slice_load: SliceLoad,
    evidence: SellerOpsError,
) -> None:
    from sellerops.destinations import RequestMeta, load_no_data
    from sellerops.ledger import SliceState
    from sellerops.reprocess.quarantine import state_of

    request = runtime.ledger.get_request(slice_load.request_ids[-1])
    destination = runtime.destination(slice_load.destination)
    try:
        with notify_if_quarantined(runtime.ledger):
            load_no_data(destination, spec, slice_, replace(RequestMeta.of_no_data(request), run=run))
    except Quarantined as error:
        state = state_of(error)
        # A rejected document is not this run's failure, because a person decided it: record no run.
        by = None if state is SliceState.FAILED else run
        slice_load.record_state(runtime.ledger, slice_, state, run=by, error=error)
        raise
    finally:
        destination.close()
    slice_load.record_state(runtime.ledger, slice_, SliceState.CONFIRMED_EMPTY, run=run, error=evidence)


def _load(
    runtime: Runtime, destination: Destination, spec: ReportSpec, slice_: Slice, run: RunRef, request_id: int
) -> list[LoadResult]:
    from sellerops.destinations import RequestMeta, load_document

    request = runtime.ledger.get_request(request_id)
    uri = request.archive_uri
    if uri is None and request.error:
        from sellerops.collect.outcomes import stored_error

        raise stored_error(request)
    if uri is None:
        raise GiveUpError(
            f"is {request.status} and has no document in the archive.",
            where=f"report_request {request_id}",
            remedy="Clear the fetch task of this slice, with downstream.",
        )
    try:
        meta = replace(RequestMeta.of(request), run=run)
        results = load_document(destination, spec, slice_, meta, lambda: runtime.archive.open(uri))
    except (ArchiveDamaged, DocumentDamaged) as error:
        log.warning("%s: %s Downloading the document again.", error.where, error.cause)
        results = _download_and_load(runtime, destination, spec, slice_, run, request_id)
    for result in results:
        log.info("%s: %s", slice_.label, result)
    log.info("%s: loaded from %s (request %s).", slice_.label, uri, request_id)
    return results


def _download_and_load(
    runtime: Runtime, destination: Destination, spec: ReportSpec, slice_: Slice, run: RunRef, request_id: int
) -> list[LoadResult]:
    """Download the document again and load it. Raises ArchiveDamaged when that copy is damaged too."""
    from sellerops.destinations import RequestMeta, load_document
    from sellerops.rate_limits import Priority

    collector = runtime.collector(spec, runtime.account(slice_.account_id), Priority.SCHEDULE)
    collector.archive_again(slice_, request_id)
    request = runtime.ledger.get_request(request_id)
    uri = request.archive_uri or ""
    try:
        meta = replace(RequestMeta.of(request), run=run)
        return load_document(destination, spec, slice_, meta, lambda: runtime.archive.open(uri))
    except DocumentDamaged as error:
        raise collector.give_up_document(request_id, error.cause) from error


@contextmanager
def notify_if_quarantined(ledger: Ledger) -> Iterator[None]:
    """Context manager that sends one notice about the documents its block quarantines."""
    try:
        yield
    except Quarantined as error:
        from sellerops.reprocess.quarantine import get_quarantine
        from sellerops_airflow.notifiers.quarantine import send_quarantine_notices

        if not error.details.get("is_rejected"):
            ids = error.details.get("quarantine_ids", [])
            send_quarantine_notices(ledger, [get_quarantine(ledger, one) for one in ids])
        raise
