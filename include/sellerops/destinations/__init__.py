"""Loads rows into tables. A destination is a folder here and one line in ``settings.known_destinations``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import BinaryIO

from sellerops.calendar.slices import Slice
from sellerops.calendar.telemetry import fields_of, observed
from sellerops.destinations.base import ConnectionValues, Destination
from sellerops.destinations.child_tables import load_with_children, merge_quarantined
from sellerops.destinations.jobs import LoadJob, RequestMeta
from sellerops.destinations.no_data import load_no_data
from sellerops.destinations.registry import DESTINATIONS, open_destination
from sellerops.destinations.rejects import RejectSpool
from sellerops.destinations.results import LoadResult
from sellerops.settings.specs import ReportSpec

__all__ = [
    "DESTINATIONS",
    "ConnectionValues",
    "Destination",
    "LoadJob",
    "LoadResult",
    "RequestMeta",
    "load_document",
    "load_no_data",
    "merge_quarantined",
    "open_destination",
]


def load_document(
    destination: Destination,
    spec: ReportSpec,
    slice_: Slice,
    request: RequestMeta,
    open_stream: Callable[[], BinaryIO],
    *,
    tables: Collection[str] | None = None,
) -> list[LoadResult]:
    """Load every table of ``spec`` (or only ``tables``) from one document; returns results in the spec's
    order.

    ``open_stream`` opens the document's decoded bytes from the start; it is called once or twice per table.
    Each table is a transaction of its own; repeating the call after a failure gives the same tables. Raises
    DocumentDamaged, UnreadableDocument and CheckFailed (nothing is stored in that table), RetryableError when
    the destination is unavailable, and Quarantined, after loading the other tables, when a table needs a
    person's decision. The parent and child tables of a quarantined table are quarantined with it.
    """
    from sellerops.formats import open_rows

    def load(name: str, *, quarantined_with: str | None, is_dry_run: bool) -> LoadResult:
        table = spec.tables[name]
        with (
            observed("load_table", fields_of(slice_) | {"table": f"{spec.source}.{name}"}),
            open_stream() as stream,
            RejectSpool() as rejects,
        ):
            rows = open_rows(
                table,
                stream,
                file_format=spec.format,
                slice_=slice_,
                content_type=request.content_type,
                marketplace_ids=request.marketplace_ids,
                facts=request.facts,
                on_reject=rejects.add,
                where=f"{request.where}, table {spec.source}.{name}",
            )
            job = LoadJob(
                spec,
                name,
                slice_,
                request,
                rows,
                rejects,
                quarantined_with=quarantined_with,
                is_dry_run=is_dry_run,
            )
            return destination.load(job)

    return load_with_children(spec, tables, load)
