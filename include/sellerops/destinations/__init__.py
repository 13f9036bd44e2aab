"""Rows -> tables. A destination is a folder here and one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import BinaryIO

from sellerops.calendar.slices import Slice
from sellerops.calendar.telemetry import fields_of, observed
from sellerops.destinations.base import ConnectionValues, Destination, LoadJob, LoadResult, RequestMeta
from sellerops.destinations.child_tables import load_with_children, merge_quarantined
from sellerops.destinations.no_data import load_no_data
from sellerops.destinations.registry import DESTINATIONS, open_destination
from sellerops.destinations.rejects import RejectSpool
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
    """Load every table of ``spec`` (or only ``tables``) from one document; the results in the spec's order.

    ``open_stream`` gives the document's decoded bytes from the start and is called once or twice for each
    table. Each table is a transaction of its own; repeating the call after a failure gives the same tables.
    Raises DocumentDamaged, UnreadableDocument, CheckFailed (nothing of the table is stored), RetryableError
    when the destination is away; Quarantined, once the other tables are loaded, for those that a person must
    look at. Tables whose rows lie within the rows of a quarantined one, or around them, are quarantined too.
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
