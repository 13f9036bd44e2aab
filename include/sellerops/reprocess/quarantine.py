"""Documents that wait for a person: who decided, and what follows from it. The same for UI and command."""

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
    """How a slice stands that was skipped for ``error``."""
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
    """Oldest first; ``states`` None takes all."""
    return ledger.database.run(lambda c: quarantines.listed(c, states, limit))


def get_quarantine(ledger: Ledger, quarantine_id: int) -> Quarantine:
    """One of them. Raises GiveUpError when there is none of that id."""
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
    """Store the held document after all, wherever it is held; it is never asked about again.

    May be repeated, also after a crash half way, or when a destination was away: the others have it by then.
    Raises GiveUpError when a newer document has made the question idle, and what loading raises.
    """
    decided = _decide(ledger, quarantine_id, QuarantineState.RELEASED, decided_by, note)
    results: list[LoadResult] = []
    errors: list[SellerOpsError] = []
    waiting = _held_in(ledger, decided)
    for name in waiting:
        try:
            results += _load(ledger, decided, spec, name, open_destination, open_document)
        except SellerOpsError as error:
            errors.append(error)
        else:
            _note(ledger, decided, [name], _all_of(spec, decided), results[-1].load_id if results else None)
    if errors:
        raise errors[0]
    return results


def reject(
    ledger: Ledger, quarantine_id: int, *, decided_by: str, note: str = "", spec: ReportSpec | None = None
) -> Quarantine:
    """Keep the rows there are. May be repeated. Raises GiveUpError when it was decided otherwise.

    ``spec`` tells the destinations of the report; left out, they are those that hold the document.
    """
    decided = _decide(ledger, quarantine_id, QuarantineState.REJECTED, decided_by, note)
    waiting = _held_in(ledger, decided)
    _note(ledger, decided, waiting, _all_of(spec, decided) if spec else waiting, None)
    return decided


def _all_of(spec: ReportSpec, decided: Quarantine) -> tuple[str, ...]:
    return spec.destinations_of(decided.account_id)


def _held_in(ledger: Ledger, decided: Quarantine) -> tuple[str, ...]:
    """The destinations that wait for the answer: which asked first, and which hold the document as well."""
    slice_ = Slice.from_dict(decided.slice)
    shop = slice_.marketplace.id if slice_.marketplace else ""
    held = ledger.destination_days(
        report=slice_.report,
        account_id=slice_.account_id,
        marketplace_id=shop,
        days=slice_.days,
        state=SliceState.QUARANTINED,
    )
    return tuple(dict.fromkeys([decided.destination, *(each.end.destination for each in held)]))


def _decide(ledger: Ledger, quarantine_id: int, state: QuarantineState, by: str, note: str) -> Quarantine:
    decided = ledger.database.run(lambda c: quarantines.decide(c, quarantine_id, state, by, note))
    if decided.state is state:
        log.info("%s is %s by %s", decided.label, state, decided.decided_by)
        return decided
    raise GiveUpError(
        f"{decided.label} was {decided.state} by {decided.decided_by} already. {decided.note}".rstrip(),
        where=f"quarantine {quarantine_id}",
        remedy="Nothing; `sellerops quarantine show` has the story.",
    )


def _load(
    ledger: Ledger,
    held: Quarantine,
    spec: ReportSpec,
    name: str,
    open_destination: Callable[[str], Destination],
    open_document: Callable[[str], BinaryIO],
) -> list[LoadResult]:
    from sellerops.destinations import RequestMeta, load_document, load_no_data

    if held.request_id is None:
        raise GiveUpError(
            "it is not known which request brought the document.",
            where=f"quarantine {held.id}",
            remedy="Load the document again; it is let through now.",
        )
    request = ledger.get_request(held.request_id)
    slice_, tables = Slice.from_dict(held.slice), {held.table_name.split(".")[-1]}
    destination = open_destination(name)
    try:
        if request.status is RequestStatus.CANCELLED:
            return load_no_data(destination, spec, slice_, RequestMeta.of_no_data(request), tables=tables)
        uri = request.archive_uri
        if uri is None:
            raise GiveUpError(
                f"is {request.status} and has no document in the archive.",
                where=f"report_request {request.id}",
                remedy="Clear the fetch task of this slice, with downstream.",
            )
        return load_document(
            destination, spec, slice_, RequestMeta.of(request), lambda: open_document(uri), tables=tables
        )
    finally:
        destination.close()


def _note(
    ledger: Ledger,
    decided: Quarantine,
    waited: Sequence[str],
    destinations: Sequence[str],
    load_id: int | None,
) -> None:
    """The slice as it stands in the destinations that waited; who decided what is its evidence."""
    slice_ = Slice.from_dict(decided.slice)
    all_of_it = ledger.database.run(lambda c: quarantines.find_by_slice(c, decided.slice))
    is_open = any(each.state is QuarantineState.OPEN for each in all_of_it)
    released = any(each.state is QuarantineState.RELEASED for each in all_of_it)
    stands = any(figure.get("stored_rows") for each in all_of_it for figure in each.figures)
    story = f"{decided.label} was {decided.state} by {decided.decided_by}: {decided.reason} {decided.note}"
    error = Quarantined(
        story.rstrip(),
        remedy="Nothing." if released or stands else "There is no data of this day: clear the fetch task.",
        is_rejected=not is_open,
        rows_stand=released or stands,
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
