"""Downloads a file into the archive and records it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sellerops.archive import ArchivedDocument, DocumentMeta
from sellerops.base.errors import AmazonUnavailable, DocumentDamaged, DocumentExpired
from sellerops.inbound.steps.step import Step
from sellerops.sources.common.documents import DocumentAddress, download

# The archive's folder of labels and bills of lading: <source>/<report>.
SOURCE, REPORT = "amazon_sp", "inbound_documents"
_TRIES = 4
_PAUSES = (2.0, 10.0, 30.0)
_PDF = "application/pdf"


async def archive_file(
    step: Step, kind: str, address: Callable[[], Awaitable[str]], *, shipment_id: str = "", part: int = 1
) -> None:
    """Download a file and record it as the run's newest of its kind; ``address`` asks Amazon for a new link.

    If a link has expired or a download breaks off, the download is retried with a new link.
    """
    for attempt in range(_TRIES):
        url = await address()
        try:
            stored = await _download(step, f"{kind}/{shipment_id or 'items'}/{part}", url)
        except (AmazonUnavailable, DocumentDamaged, DocumentExpired):
            if attempt == _TRIES - 1:
                raise
            await step.services.pause(_PAUSES[attempt])
        else:
            await step.blocking(
                step.store.save_document,
                step.run.id,
                kind,
                stored,
                media_type=str(stored.headers.get("content_type") or _PDF).partition(";")[0],
                shipment_id=shipment_id,
                part=part,
            )
            return


async def _download(step: Step, name: str, url: str) -> ArchivedDocument:
    services, moment = step.services, await step.services.now()
    meta = DocumentMeta(
        source=SOURCE,
        report=REPORT,
        account_id=services.account.id,
        fetch=f"inbound/{step.run.id}/{name}/{moment.isoformat()}",
        fetched_at=moment.isoformat(),
        request={"inbound_run": step.run.id, "plan": step.run.name, "file": name},
    )
    address = DocumentAddress(f"{name} of inbound run {step.run.id}", url)
    return await asyncio.to_thread(
        download, address, services.archive, meta, origins=services.client.document_origins
    )
