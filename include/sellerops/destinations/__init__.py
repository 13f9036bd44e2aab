"""Rows -> tables. A destination is a folder here and one line in the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from sellerops.destinations.base import Destination, LoadJob, LoadResult, RequestMeta
from sellerops.destinations.registry import DESTINATIONS, open_destination
from sellerops.destinations.rejects import RejectSpool
from sellerops.slices import Slice
from sellerops.specs import ReportSpec

__all__ = [
    "DESTINATIONS",
    "Destination",
    "LoadJob",
    "LoadResult",
    "RequestMeta",
    "load_document",
    "open_destination",
]


def load_document(
    destination: Destination,
    spec: ReportSpec,
    piece: Slice,
    request: RequestMeta,
    open_stream: Callable[[], BinaryIO],
) -> list[LoadResult]:
    """Load every table of ``spec`` from one document; the results in the spec's order.

    ``open_stream`` gives the document's decoded bytes from the start and is called once for each table. Each
    table is a transaction of its own; repeating the call after a failure gives the same tables. Raises
    DocumentDamaged, UnreadableDocument, CheckFailed (nothing of the table is stored), RetryableError when the
    destination is away.
    """
    from sellerops.formats import open_rows

    results = []
    for name, table in spec.tables.items():
        with open_stream() as stream, RejectSpool() as rejects:
            rows = open_rows(
                table,
                stream,
                file_format=spec.format,
                piece=piece,
                content_type=request.content_type,
                marketplace_ids=request.marketplace_ids,
                on_reject=rejects.add,
                where=f"{request.where}, table {spec.source}.{name}",
            )
            results.append(destination.load(LoadJob(spec, name, piece, request, rows, rejects)))
    return results
