"""Documents in an archive as the collector leaves them, and their loads, for tests of what comes after."""

from __future__ import annotations

from datetime import datetime

from sellerops.archive import Archive, DocumentMeta
from sellerops.calendar.slices import Slice
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger
from sellerops.settings.specs import ReportSpec


def archive_document(
    archive: Archive,
    spec: ReportSpec,
    piece: Slice,
    as_of: datetime,
    content: bytes,
    *,
    content_type: str = "text/tab-separated-values;charset=UTF-8",
) -> RequestMeta:
    """Archive ``content`` for ``piece``; what the ledger would know of it, its address in ``where``."""
    meta = DocumentMeta(
        source=spec.source,
        report=spec.name,
        account_id=piece.account_id,
        fetch=f"{piece.label} {as_of}",
        fetched_at=as_of.isoformat(),
        request={
            "region": piece.region,
            "marketplace_ids": list(piece.marketplace_ids),
            "window_start": piece.window_start,
            "window_end": piece.window_end,
            "reported_at": as_of.isoformat(),
            "slice": piece.to_dict(),
        },
        response={"content_type": content_type},
    )
    uri = archive.put_stream([content], meta).uri
    return RequestMeta(as_of, None, content_type, tuple(piece.marketplace_ids), uri)


def load_archived(
    ledger: Ledger, archive: Archive, spec: ReportSpec, piece: Slice, meta: RequestMeta
) -> None:
    """Load it into Postgres."""
    destination = open_destination("postgres", ledger.database.conninfo)
    load_document(destination, spec, piece, meta, lambda: archive.open(meta.where))
