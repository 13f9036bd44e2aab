"""Labels of items as PDF files, and where all PDF files are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from amazon_sandbox.inbound import views
from amazon_sandbox.inbound.bodies import ITEM_LABELS
from amazon_sandbox.inbound.calls import body_of, listing_of, own_marketplace, store_of
from amazon_sandbox.inbound.pdf import Page, write_pdf
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.sp_api.operations import Answer, Operation

LETTER_SIZE, A4_SIZE = (612, 792), (595, 842)
MOST_LABELS = 1_000
_MOST_ITEM_LABELS = 10_000  # keeps the file small; Amazon names no limit


async def create_marketplace_item_labels(call: Operation) -> Answer:
    """createMarketplaceItemLabels: a label per unit, with the FNSKU."""
    body = body_of(call, ITEM_LABELS)
    storefront = own_marketplace(call, body["marketplaceId"])
    is_thermal = body["labelType"] == "THERMAL_PRINTING"
    if is_thermal and (body.get("height") is None or body.get("width") is None):
        raise bad_request("ERROR: height and width are required for THERMAL_PRINTING.")
    if not is_thermal and body.get("pageType") is None:
        raise bad_request("ERROR: pageType is required for STANDARD_FORMAT.")
    labels: list[tuple[str, str]] = []
    for line in body["mskuQuantities"]:
        listing = listing_of(storefront, line["msku"])
        if not listing.fnsku:
            raise bad_request(f"ERROR: MSKU {line['msku']} is not fulfilled by Amazon in this marketplace.")
        title = listing.title(storefront.marketplace.language)
        labels += [(listing.fnsku, title)] * int(line["quantity"])
    url, expires_at = await store_pdf(call, "item-labels", _item_pages(labels[:_MOST_ITEM_LABELS], body))
    download = {"downloadType": "URL", "uri": url, "expiration": views.time(expires_at)}
    return 200, {"documentDownloads": [download]}


async def store_pdf(call: Operation, name: str, pages: Sequence[Page]) -> tuple[str, float]:
    """Write a PDF and return its URL and when that expires (UTC epoch seconds)."""
    content = await asyncio.to_thread(write_pdf, pages)
    return store_of(call).documents.add(call.caller.seller_id, name, content)


def _item_pages(labels: Sequence[tuple[str, str]], body: dict[str, object]) -> list[Page]:
    if body["labelType"] == "THERMAL_PRINTING":
        points = 72 / 25.4
        width, height = (float(str(body[name])) * points for name in ("width", "height"))
        return [Page([fnsku, title[:40], "New"], "", round(width), round(height)) for fnsku, title in labels]
    page_type = str(body["pageType"])
    count = int(page_type.split("_")[1].rstrip("i"))
    size = LETTER_SIZE if page_type.startswith("Letter") else A4_SIZE
    return [
        Page([f"{fnsku}  {title[:60]}  New" for fnsku, title in labels[first : first + count]], "", *size)
        for first in range(0, len(labels), count)
    ]
