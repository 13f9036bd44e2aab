"""GET_FBA_REIMBURSEMENTS_DATA: what Amazon reimbursed, by approval-date. The file does not
name the marketplace."""

from __future__ import annotations

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file, iso_utc
from amazon_sandbox.simulation.reimbursements import Reimbursement, reimbursements_between
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_FBA_REIMBURSEMENTS_DATA"

HEADER = (
    "approval-date", "reimbursement-id", "case-id", "amazon-order-id", "reason", "sku", "fnsku", "asin",
    "product-name", "condition", "currency-unit", "amount-per-unit", "amount-total",
    "quantity-reimbursed-cash", "quantity-reimbursed-inventory", "quantity-reimbursed-total",
    "original-reimbursement-id", "original-reimbursement-type",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The document, or None when nothing was reimbursed in the window."""
    start, end = request.window()
    dated = [
        (one.at, _row(storefront, one))
        for storefront in request.storefronts
        for one in reimbursements_between(storefront, start, min(end, request.now))
    ]
    if not dated:
        return None
    dated.sort()
    return flat_file(HEADER, (row for _, row in dated), charset_of(request.marketplaces))


def _row(storefront: Storefront, one: Reimbursement) -> tuple[str, ...]:
    money, listing = storefront.marketplace.money, one.listing
    return (
        iso_utc(one.at), one.reimbursement_id, "", one.order_id, one.reason, listing.sku, listing.fnsku,
        listing.asin, listing.title(storefront.marketplace.language), "Sellable",
        storefront.marketplace.currency,
        money(one.per_unit), money(one.per_unit * one.cash), str(one.cash), str(one.inventory),
        str(one.cash + one.inventory), one.original_id, one.original_type,
    )  # fmt: skip
