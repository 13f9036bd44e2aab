"""GET_FBA_OVERAGE_FEE_CHARGES_DATA: storage above the limit, by charged_date. Nearly always empty."""

from __future__ import annotations

from datetime import UTC, datetime

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storage import OverageFee, months_of, overage_fee
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_OVERAGE_FEE_CHARGES_DATA"

HEADER = (
    "charged_date", "country_code", "storage_type", "charge_rate", "storage_usage_volume",
    "storage_limit_volume", "overage_volume", "volume_unit", "charged_fee_amount", "currency_code",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when the seller stayed within the limits."""
    start, end = request.window()
    end = min(end, request.now)
    rows = []
    for month in months_of(start, end):
        for storefront in request.storefronts:
            fee = overage_fee(storefront, month)
            if fee and start <= datetime(*fee.day.timetuple()[:3], tzinfo=UTC).timestamp() < end:
                rows.append(_row(storefront, fee))
    return flat_file(HEADER, rows, charset_of(request.marketplaces)) if rows else None


def _row(storefront: Storefront, fee: OverageFee) -> tuple[str, ...]:
    return (
        fee.day.isoformat(), storefront.marketplace.country, "Standard-Size", str(fee.rate), str(fee.used),
        str(fee.limit), str(fee.over), "cubic feet", str(fee.fee), storefront.marketplace.currency,
    )  # fmt: skip
