"""Releases and rejects quarantined documents, for the Airflow UI and the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from sellerops.base.errors import GiveUpError, NotPublishedYet, Quarantined, SellerOpsError, SkipError
from sellerops.calendar.slices import Slice
from sellerops.ledger import Ledger, RequestStatus, SliceState, quarantines
from sellerops.ledger.quarantines import Quarantine, QuarantineState
from sellerops.settings.specs import ReportSpec

if TYPE_CHECKING:
    from sellerops.destinations import Destination, LoadResult

log = logging.getLogger(__name__)


def state_of(error: SkipError) -> SliceState:
    """The state of a slice that was skipped because of ``error``."""
    if isinstance(error, NotPublishedYet):
        return SliceState.LATE
    if not isinstance(error, Quarantined):
        return SliceState.CONFIRMED_EMPTY
    if not error.details.get("is_rejected"):
        return SliceState.QUARANTINED
    return SliceState.LOADED if error.details.get("rows_stand") else SliceState.FAILED


def list_quarantines(
    ledger: Ledger, states: Sequence[QuarantineState] | None = None, limit: int = 200
) -> list[Quarantine]:
    """Quarantined documents, oldest first; ``states`` None selects all states."""
    return ledger.database.run(lambda c: quarantines.find(c, states, limit))


def get_quarantine(ledger: Ledger, quarantine_id: int) -> Quarantine:
    """One quarantined document. Raises GiveUpError if the id is unknown."""
    return ledger.database.run(lambda c: quarantines.get(c, quarantine_id))


def release(
    ledger: Ledger,
    quarantine_id: int,
    *,
    decided_by: str,
    note: str = "",
    spec: ReportSpec,
    open_destination: Callable[[str], Destination],
    open_document: Callable[[str], BinaryIO],
) -> list[LoadResult]:
    """Load the quarantined document into every destination where it waits; it is never quarantined again.

    Idempotent: repeat it after a crash, or if a destination could not be reached (the others are loaded
    anyway). Raises GiveUpError if a newer document has superseded it, and whatever loading raises.
    """
    decided = _decide(ledger, quarantine_id, QuarantineState.RELEASED, decided_by, note)
    results: list[LoadResult] = []
    errors: list[SellerOpsError] = []
    waiting = _waiting_in(ledger, decided)
    for name in waiting:
        try:
            results += _load(ledger, decided, spec, name, open_destination, open_document)
        except SellerOpsError as error:
            errors.append(error)
        else:
            _record_decision(
                ledger,
                decided,
                [name],
                _destinations_of(spec, decided),
                results[-1].load_id if results else None,
            )
    if errors:
        raise errors[0]
    return results


def reject(
    ledger: Ledger, quarantine_id: int, *, decided_by: str, note: str = "", spec: ReportSpec | None = None
) -> Quarantine:
    """Keep the stored rows instead of loading the document. Idempotent.

    ``spec`` gives the report's destinations; without it, only those where the document waits are updated.
    Raises GiveUpError if the document was already released or superseded.
    """
    decided = _decide(ledger, quarantine_id, QuarantineState.REJECTED, decided_by, note)
    waiting = _waiting_in(ledger, decided)
    _record_decision(ledger, decided, waiting, _destinations_of(spec, decided) if spec else waiting, None)
    return decided


def _destinations_of(spec: ReportSpec, decided: Quarantine) -> tuple[str, ...]:
    return spec.destinations_of(decided.account_id)


def _waiting_in(ledger: Ledger, decided: Quarantine) -> tuple[str, ...]:
    """The destinations where the document waits: the one that quarantined it first, then the others."""
    slice_ = Slice.from_dict(decided.slice)
    marketplace_id = slice_.marketplace.id if slice_.marketplace else ""
    days = ledger.destination_days(
        report=slice_.report,
        account_id=slice_.account_id,
        marketplace_id=marketplace_id,
        days=slice_.days,
        state=SliceState.QUARANTINED,
    )
    return tuple(dict.fromkeys([decided.destination, *(each.status.destination for each in days)]))


def _decide(ledger: Ledger, quarantine_id: int, state: QuarantineState, by: str, note: str) -> Quarantine:
    decided = ledger.database.run(lambda c: quarantines.decide(c, quarantine_id, state, by, note))
    if decided.state is state:
        log.info("%s was %s by %s", decided.label, state, decided.decided_by)
        return decided
    raise GiveUpError(
        f"{decided.label} was already {decided.state} by {decided.decided_by}. {decided.note}".rstrip(),
        where=f"quarantine {quarantine_id}",
        remedy="Nothing. `sellerops quarantine show` has the details.",
    )


def _load(
    ledger: Ledger,
    quarantine: Quarantine,
    spec: ReportSpec,
    name: str,
    open_destination: Callable[[str], Destination],
    open_document: Callable[[str], BinaryIO],
) -> list[LoadResult]:
    from sellerops.destinations import RequestMeta, load_document, load_no_data

    if quarantine.request_id is None:
        raise GiveUpError(
            "the request of the document is unknown.",
            where=f"quarantine {quarantine.id}",
            remedy="Load the document again; it will be accepted now.",
        )
    request = ledger.get_request(quarantine.request_id)
    slice_, tables = Slice.from_dict(quarantine.slice), {quarantine.table_name.split(".")[-1]}
    destination = open_destination(name)
    try:
        if request.status is RequestStatus.CANCELLED:
            return load_no_data(destination, spec, slice_, RequestMeta.of_no_data(request), tables=tables)
        uri = request.archive_uri
        if uri is None:
            raise GiveUpError(
                f"is {request.status} and has no document in the archive.",
                where=f"report_request {request.id}",
                remedy="Clear the slice's fetch task and its downstream tasks.",
            )
        return load_document(
            destination, spec, slice_, RequestMeta.of(request), lambda: open_document(uri), tables=tables
        )
    finally:
        destination.close()


def _record_decision(
    ledger: Ledger,
    decided: Quarantine,
    waited: Sequence[str],
    destinations: Sequence[str],
    load_id: int | None,
) -> None:
    """Record the slice's state in the destinations where the document waited, with the decision."""
    slice_ = Slice.from_dict(decided.slice)
    of_slice = ledger.database.run(lambda c: quarantines.find_by_slice(c, decided.slice))
    is_open = any(each.state is QuarantineState.OPEN for each in of_slice)
    released = any(each.state is QuarantineState.RELEASED for each in of_slice)
    has_rows = any(figure.get("stored_rows") for each in of_slice for figure in each.figures)
    text = f"{decided.label} was {decided.state} by {decided.decided_by}: {decided.reason} {decided.note}"
    error = Quarantined(
        text.rstrip(),
        remedy="Nothing." if released or has_rows else "This day has no data: clear the fetch task.",
        is_rejected=not is_open,
        rows_stand=released or has_rows,
    )
    is_plain = decided.state is QuarantineState.RELEASED and not is_open
    for name in waited:
        ledger.set_destination_state(
            slice_,
            name,
            _released_state(ledger, decided) if is_plain else state_of(error),
            destinations=destinations,
            load_id=load_id,
            error=None if is_plain else error,
        )


def _released_state(ledger: Ledger, released: Quarantine) -> SliceState:
    assert released.request_id is not None
    request = ledger.get_request(released.request_id)
    return SliceState.CONFIRMED_EMPTY if request.status is RequestStatus.CANCELLED else SliceState.LOADED
