"""GET_FBA_MYI_ALL_INVENTORY_DATA: current FBA stock, including archived listings.

The archived listings are first versions of some products: a different ASIN and SKU, no stock, no price.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.report_types import fba_inventory
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, token, uniforms

REPORT_TYPE = "GET_FBA_MYI_ALL_INVENTORY_DATA"
ARCHIVED_SHARE = 0.15
_COUNTED_FROM = fba_inventory.BASE_HEADER.index("afn-warehouse-quantity")


def write(request: ReportRequest) -> Document | None:
    """The snapshot at `as_of`, with the storefronts and header of the report without archived listings."""
    region = request.seller.region
    storefronts = request.storefronts if region == "NA" else request.storefronts[:1]
    rows = [
        row for storefront in storefronts for row in fba_inventory.rows_of(storefront, request.now, region)
    ]
    if not rows:
        return None
    rows += [row for storefront in storefronts for row in _archived(storefront, region)]
    return flat_file(fba_inventory.header_of(region), rows, charset_of(request.marketplaces))


def _archived(storefront: Storefront, region: str) -> Iterator[tuple[str, ...]]:
    header = fba_inventory.header_of(region)
    for listing in storefront.listings:
        if listing.is_merchant or uniforms(storefront.seed, listing.sku, "archived")[0] >= ARCHIVED_SHARE:
            continue
        row = dict.fromkeys(header, "")
        row |= dict.fromkeys(header[_COUNTED_FROM:], "0")
        row |= {
            "sku": f"{listing.sku}-OLD",
            "fnsku": "X00" + token(UPPER_ALNUM, 7, storefront.seed, listing.sku, "archived fnsku"),
            "asin": "B0" + token(UPPER_ALNUM, 8, storefront.seed, listing.sku, "archived asin"),
            "product-name": listing.title(storefront.marketplace.language),
            "condition": "New",
            "mfn-listing-exists": "No",
            "afn-listing-exists": "No",
            "per-unit-volume": f"{listing.litres / 28.317:.2f}",
        }
        if "store" in row:
            row["store"] = storefront.marketplace.sales_channel
        yield tuple(row[name] for name in header)
