"""GET_FBA_STORAGE_FEE_CHARGES_DATA: monthly storage by SKU and fulfilment centre, for the calendar months of
the window that Amazon has published (7th to 15th of the following month).

Two headers are in use: the newer one (here for North America) lists the utilization surcharge separately, has
the SKU in place of the ASIN, and lacks storage_rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.sizes import size_of
from amazon_sandbox.simulation.storage import (
    StorageFee,
    months_of,
    published_at,
    storage_fees,
    utilization_ratio,
)
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_STORAGE_FEE_CHARGES_DATA"

_COMMON = (
    "fnsku", "product_name", "fulfillment_center", "country_code", "longest_side", "median_side",
    "shortest_side", "measurement_units", "weight", "weight_units", "item_volume", "volume_units",
    "product_size_tier", "average_quantity_on_hand", "average_quantity_pending_removal",
    "estimated_total_item_volume", "month_of_charge",
)  # fmt: skip
_TAIL = (
    "currency", "estimated_monthly_storage_fee", "dangerous_goods_storage_type",
    "eligible_for_inventory_discount", "qualifies_for_inventory_discount", "total_incentive_fee_amount",
    "breakdown_incentive_fee_amount", "average_quantity_customer_orders",
)  # fmt: skip
_SURCHARGE = (
    "storage_utilization_ratio", "storage_utilization_ratio_units", "base_rate",
    "utilization_surcharge_rate", "avg_qty_for_sus", "est_vol_for_sus", "est_base_msf", "est_sus",
)  # fmt: skip
OLDER_HEADER = ("asin", *_COMMON, "storage_rate", *_TAIL)
NEWER_HEADER = ("sku", *_COMMON, *_TAIL, *_SURCHARGE)


def write(request: ReportRequest) -> Document | None:
    """The document, or None if it is not published yet or there was no stock."""
    rows = list(_rows(request))
    if not rows:
        return None
    header = NEWER_HEADER if _is_newer(request) else OLDER_HEADER
    return flat_file(header, rows, charset_of(request.marketplaces))


def _is_newer(request: ReportRequest) -> bool:
    return request.seller.region == "NA"


def _rows(request: ReportRequest) -> Iterator[tuple[str, ...]]:
    for month in months_of(*request.window()):
        for storefront in request.storefronts:
            if published_at(storefront.account, month, storefront.seed) <= request.as_of:
                if _is_newer(request):
                    ratio = utilization_ratio(storefront, month)
                    yield from (
                        _newer(storefront, month, fee, ratio) for fee in storage_fees(storefront, month)
                    )
                else:
                    yield from (_older(storefront, month, fee) for fee in storage_fees(storefront, month))


def _older(storefront: Storefront, month: date, fee: StorageFee) -> tuple[str, ...]:
    return (fee.listing.asin, *_common(storefront, month, fee), str(fee.rate), *_tail(storefront, fee))


def _newer(storefront: Storefront, month: date, fee: StorageFee, ratio: Decimal) -> tuple[str, ...]:
    surcharge = (str(ratio), "weeks", str(fee.rate), "0.00", "0.00", "0.0000", str(fee.fee), "0.0000")
    return (fee.listing.sku, *_common(storefront, month, fee), *_tail(storefront, fee), *surcharge)


def _common(storefront: Storefront, month: date, fee: StorageFee) -> tuple[str, ...]:
    size = size_of(fee.listing, storefront.marketplace)
    return (
        fee.listing.fnsku, fee.listing.title(storefront.marketplace.language), fee.centre,
        storefront.marketplace.country,
        size.longest, size.median, size.shortest, size.side_unit, size.weight, size.weight_unit,
        str(fee.unit_volume), "cubic feet", size.tier, str(fee.average_units), "0.00", str(fee.volume),
        f"{month:%Y-%m}",
    )  # fmt: skip


def _tail(storefront: Storefront, fee: StorageFee) -> tuple[str, ...]:
    return (storefront.marketplace.currency, str(fee.fee), "--", "N", "N", "0.00", "", "0.00")
