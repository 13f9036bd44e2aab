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
    slice_: Slice,
    as_of: datetime,
    content: bytes,
    *,
    content_type: str = "text/tab-separated-values;charset=UTF-8",
) -> RequestMeta:
    """Archive ``content`` for ``slice_``; what the ledger would know of it, its address in ``where``."""
    meta = DocumentMeta(
        source=spec.source,
        report=spec.name,
        account_id=slice_.account_id,
        fetch=f"{slice_.label} {as_of}",
        fetched_at=as_of.isoformat(),
        request={
            "region": slice_.region,
            "marketplace_ids": list(slice_.marketplace_ids),
            "window_start": slice_.window_start,
            "window_end": slice_.window_end,
            "reported_at": as_of.isoformat(),
            "slice": slice_.to_dict(),
        },
        response={"content_type": content_type},
    )
    uri = archive.put_stream([content], meta).uri
    return RequestMeta(as_of, None, content_type, tuple(slice_.marketplace_ids), uri)


def load_archived(
    ledger: Ledger, archive: Archive, spec: ReportSpec, slice_: Slice, meta: RequestMeta
) -> None:
    """Load it into Postgres."""
    destination = open_destination("postgres", ledger.database.conninfo)
    load_document(destination, spec, slice_, meta, lambda: archive.open(meta.where))
