"""Loads archived documents that the ledger does not know or has not loaded.

After a restore, these are the documents that arrived after the backup. Amazon is not called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sellerops.archive import Archive
from sellerops.base.errors import GiveUpError, Quarantined, SellerOpsError
from sellerops.calendar.slices import Slice
from sellerops.destinations import Destination, RequestMeta, load_document
from sellerops.ledger import Ledger, SliceState
from sellerops.reprocess.quarantine import state_of
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops.upkeep.recovered_requests import recover_request, slice_of_sidecar

log = logging.getLogger(__name__)

OpenDestination = Callable[[str], Destination]


@dataclass
class Recovered:
    """What ``recover`` did.

    ``requests``: rows that were missing or unfinished. ``loads``: documents loaded, counted once per
    destination. ``quarantined``, ``failed``: slices, with the reason. ``damaged``: documents that are
    missing, or whose sidecar cannot be read.
    """

    documents: int = 0
    requests: int = 0
    loads: int = 0
    quarantined: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """A document that was fetched since the given moment."""

    uri: str
    sidecar: dict[str, Any]
    slice_: Slice


def recover(
    ledger: Ledger,
    archive: Archive,
    specs: Sequence[ReportSpec],
    open_destination: OpenDestination,
    *,
    since: datetime | None = None,
    progress: Callable[[str], None] = log.info,
) -> Recovered:
    """Record and load the archived documents that have no load yet, oldest first, as their runs would have.

    ``since``: only documents fetched since then, by the ledger's clock; None means all. Idempotent. A slice
    that needs several documents is loaded but not recorded as complete, so that a run collects what it lacks.
    """
    done = Recovered()
    for spec in specs:
        found = sorted(_documents(archive, spec, since, done), key=_age)
        if not found:
            continue
        before = done.loads
        for document in found:
            _recover(ledger, archive, spec, document, open_destination, done)
        done.documents += len(found)
        progress(f"{spec.name}: {len(found):,} documents, {done.loads - before:,} loaded")
    return done


def _documents(
    archive: Archive, spec: ReportSpec, since: datetime | None, done: Recovered
) -> Iterator[_Found]:
    for uri, sidecar in archive.sidecars_of_report(spec.source, spec.name):
        if sidecar is None:
            done.damaged.append(f"{uri}: its sidecar is damaged")
            continue
        slice_ = slice_of_sidecar(sidecar)
        if slice_ is None or "deleted" in sidecar:
            continue
        if since is None or datetime.fromisoformat(sidecar["fetched_at"]) >= since:
            yield _Found(uri, sidecar, slice_)


def _age(document: _Found) -> tuple[str, str]:
    return str(document.sidecar["request"].get("reported_at")), str(document.sidecar["fetched_at"])


def _recover(
    ledger: Ledger,
    archive: Archive,
    spec: ReportSpec,
    document: _Found,
    open_destination: OpenDestination,
    done: Recovered,
) -> None:
    if not archive.has(document.uri):
        done.damaged.append(f"{document.uri}: the document is missing")
        return
    with ledger.connection() as connection:
        request_id, is_new = recover_request(connection, spec, document.uri, document.sidecar)
    done.requests += is_new
    for name in spec.destinations_of(document.slice_.account_id):
        if not _is_loaded(ledger, request_id, name):
            _load(ledger, archive, spec, document.slice_, request_id, name, open_destination, done)


def _is_loaded(ledger: Ledger, request_id: int, destination: str) -> bool:
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM sellerops.load WHERE request_id = %s AND destination = %s) AS found",
            (request_id, destination),
        ).fetchone()
    return bool(row and row["found"])


def _load(
    ledger: Ledger,
    archive: Archive,
    spec: ReportSpec,
    slice_: Slice,
    request_id: int,
    destination: str,
    open_destination: OpenDestination,
    done: Recovered,
) -> None:
    request = ledger.get_request(request_id)
    load_id, state = None, SliceState.LOADED
    error: SellerOpsError | None = None
    try:
        with closing(open_destination(destination)) as opened:
            results = load_document(
                opened,
                spec,
                slice_,
                RequestMeta.of(request),
                lambda: archive.open(request.archive_uri or ""),
            )
        load_id = results[-1].load_id if results else None
        done.loads += 1
    except Quarantined as why:
        done.quarantined.append(f"{spec.name} {slice_.label} into {destination}: {why.cause}")
        state, error = state_of(why), why
    except GiveUpError as why:
        done.failed.append(f"{spec.name} {slice_.label} into {destination}: {why.cause}")
        state, error = SliceState.FAILED, why
    _record(ledger, spec, slice_, request_id, destination, state, load_id, error)


def _record(
    ledger: Ledger,
    spec: ReportSpec,
    slice_: Slice,
    request_id: int,
    destination: str,
    state: SliceState,
    load_id: int | None,
    error: SellerOpsError | None,
) -> None:
    """Record the slice's state, except that one of several documents does not make a slice loaded."""
    has_several = spec.request.split is not None or spec.period.kind is PeriodKind.LISTING
    if state is SliceState.LOADED and has_several:
        return
    ledger.set_destination_state(
        slice_,
        destination,
        state,
        destinations=spec.destinations_of(slice_.account_id),
        request_id=request_id,
        load_id=load_id,
        error=error,
    )
