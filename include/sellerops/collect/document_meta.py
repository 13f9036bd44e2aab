"""The metadata stored beside an archived document: where it came from and which request it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.archive import DocumentMeta
from sellerops.calendar.slices import Slice
from sellerops.collect.context import Tools
from sellerops.ledger import ReportRequest


def document_meta(
    tools: Tools,
    request: ReportRequest,
    slice_: Slice,
    *,
    fetch: str,
    fetched_at: str,
    response: Mapping[str, Any],
    **details: Any,
) -> DocumentMeta:
    """The metadata of a document, from which a lost ledger can be rebuilt.

    :param fetch: identifies the download among those of the account.
    :param fetched_at: ISO time on the ledger's clock.
    :param details: further facts about the request.
    """
    return DocumentMeta(
        source=request.source,
        report=tools.spec.name,
        account_id=request.account_id,
        fetch=fetch,
        fetched_at=fetched_at,
        request={
            "request_id": request.id,
            "report_type": request.report_type,
            **details,
            "options": request.options,
            "region": request.region,
            "marketplace_ids": list(request.marketplace_ids),
            "window_start": request.window_start.isoformat() if request.window_start else None,
            "window_end": request.window_end.isoformat() if request.window_end else None,
            "reported_at": request.reported_at.isoformat() if request.reported_at else None,
            "created_by": request.created_by,
            "slice": slice_.to_dict(),
        },
        response=response,
    )
