"""Payments, reports repository: the transactions of a range of days, a row per order item or fee.

The money is that of listTransactions and of the settlements. A deferred transaction is one row, `Deferred`
without a release date; a file made after its release has the same row as `Released` with the date, at which
the settlement posts it. Items of one order may give identical rows, and each counts. `total` is the sum of
the other amounts. Columns, times and money are the store's; headers are in the session's language where they
are known in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from amazon_sandbox.finances.drafts import drafts_between
from amazon_sandbox.finances.render import Draft
from amazon_sandbox.portal.files.instants import written_instant
from amazon_sandbox.portal.files.layouts import ENGLISH, Column, columns, label, languages
from amazon_sandbox.portal.files.models import CSV, FileRequest, PortalFile
from amazon_sandbox.portal.files.writing import amount, csv_bytes
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.money.lines import Line, fee_name

LAYOUT = "payments"
PAYOUT = "balance.payout"
AMOUNTS = frozenset(
    (
        "product_sales", "product_sales_tax", "shipping_credits", "shipping_credits_tax", "gift_wrap_credits",
        "giftwrap_credits_tax", "regulatory_fee", "tax_on_regulatory_fee", "amazon_points",
        "promotional_rebates", "promotional_rebates_tax", "sales_tax_collected", "marketplace_withheld_tax",
        "tcs_cgst", "tcs_sgst", "tcs_igst", "tds_section_194_o", "selling_fees", "fba_fees",
        "other_transaction_fees", "other",
    )
)  # fmt: skip
# Stores whose English layout is not the British one.
_ENGLISH_OF = {"US": ENGLISH, "CA": ENGLISH, "MX": ENGLISH, "AE": "en_AE", "SA": "en_AE", "AU": "en_AU",
               "IN": "en_IN"}  # fmt: skip
_ONLY_US = ("account_type", "regulatory_fee", "tax_on_regulatory_fee")
_WITH_BOM = frozenset(("AU", "DE", "JP"))
_WITH_CRLF = frozenset(("AU",))
# Lines of definitions above the header: four, so that the header is on line 8; in Germany six (line 10).
_DEFINED = ("sales tax collected", "selling fees", "other transaction fees", "other")
_DEFINED_IN_GERMANY = ("product sales", *_DEFINED, "release date")
_COLUMN_OF = {
    "Principal": "product_sales",
    "Tax": "product_sales_tax",
    "Shipping": "shipping_credits",
    "ShippingTax": "shipping_credits_tax",
    "GiftWrap": "gift_wrap_credits",
    "GiftWrapTax": "giftwrap_credits_tax",
    "FBAPerUnitFulfillmentFee": "fba_fees",
    "ShippingChargeback": "other_transaction_fees",
    "ShippingHB": "other_transaction_fees",
    "GiftwrapChargeback": "other_transaction_fees",
    "RestockingFee": "product_sales",
    "Goodwill": "product_sales",
    "COD": "other",
    "Cost of Advertising": "other_transaction_fees",
}
_TAXES = ("product_sales_tax", "shipping_credits_tax", "giftwrap_credits_tax")
_TYPES = {"Shipment": "Order", "Refund": "Refund"}
_TYPES_OF_EVENTS = {
    "reimbursement": "Adjustment",
    "removal.liquidation": "Liquidations",
    "retrocharge": "Order_Retrocharge",
    PAYOUT: "Transfer",
}
_STORED = ("Storage", "Removal", "Disposal", "FBA", "Inbound")

Row = dict[str, object]


def write(request: FileRequest) -> PortalFile:
    """The file of a custom range of days, which are days in the store's time zone."""
    layout = layout_of(request)
    marketplace = request.marketplace
    rows = [
        [_cell(marketplace, row.get(column.field, "")) for column in layout] for row in _rows(request, layout)
    ]
    content = csv_bytes(
        [*([line] for line in _preamble(request)), [column.header for column in layout], *rows],
        newline="\r\n" if marketplace.country in _WITH_CRLF else "\n",
        bom=marketplace.country in _WITH_BOM,
        quote_all=True,
    )
    first, last = request.days
    return PortalFile(f"{_named(first)}-{_named(last)}CustomTransaction.csv", CSV, content)


def layout_of(request: FileRequest) -> tuple[Column, ...]:
    """The columns in the session's language, else in the store's English. The columns in `_ONLY_US`
    are left out except in the US and India.
    """
    country = request.marketplace.country
    language = request.language
    if language.startswith("en") or language not in languages(LAYOUT):
        language = _ENGLISH_OF.get(country, "en_GB")
    found = columns(LAYOUT, language)
    if country in ("US", "IN"):
        return found
    return tuple(column for column in found if column.field not in _ONLY_US)


def _named(day: date) -> str:
    return f"{day.year}{label('months', ENGLISH).split()[day.month - 1]}{day.day}"


def _preamble(request: FileRequest) -> Iterator[str]:
    language = request.language
    yield label("about", language)
    yield label("amounts", language).format(currency=request.marketplace.currency)
    yield label("definitions", language)
    for term in _DEFINED_IN_GERMANY if request.marketplace.country == "DE" else _DEFINED:
        yield label(f"about {term}", language)


def _cell(marketplace: Marketplace, value: object) -> str:
    return amount(marketplace, value) if isinstance(value, int) else str(value)


def _rows(request: FileRequest, layout: Iterable[Column]) -> Iterator[Row]:
    fields = {column.field for column in layout}
    marketplace = request.marketplace
    first, last = request.days
    start = marketplace.day_bounds(first.toordinal())[0]
    end = min(marketplace.day_bounds(last.toordinal())[1], request.seconds)
    for draft in drafts_between(request.seller, [request.storefront], start, end, request.seconds):
        if draft.visible_from > request.seconds:
            continue
        if any(name == "DEFERRED_TRANSACTION_ID" for name, _ in draft.related):
            continue  # the release of a transaction that already has its row
        if draft.event and draft.event.kind.startswith("balance.") and draft.event.kind != PAYOUT:
            continue  # the file lists payouts, but neither reserves nor debts
        for row in _of_draft(draft, request.language):
            yield _in_layout(row, fields)


def _of_draft(draft: Draft, language: str) -> Iterator[Row]:
    lines, marketplace = draft.lines(), draft.storefront.marketplace
    is_deferred = draft.status == "DEFERRED"
    released = "" if is_deferred else written_instant(marketplace, draft.matures or draft.posted)
    shared: Row = {
        "date_time": written_instant(marketplace, draft.posted),
        "settlement_id": draft.group_id,
        "account_type": "Standard Orders",
        "status": label("Deferred" if is_deferred else "Released", language),
        "release_date": released,
    }
    if draft.order is None:
        yield {**shared, **_of_fee(draft, lines, language)}
        return
    for item in draft.order.items:
        own = [line for line in lines if line.item_code == item.item_id]
        if own:
            kind = (
                "A-to-z Guarantee Claim"
                if own[0].transaction_type.startswith("A-to-z")
                else (_TYPES[draft.transaction_type])
            )
            yield {
                **shared,
                "type": label(kind, language),
                "order_id": draft.order.order_id,
                "sku": item.listing.sku,
                "description": item.listing.title(marketplace.language),
                "quantity": str(item.quantity),
                "marketplace": marketplace.sales_channel.lower(),
                "fulfillment": label("Seller" if draft.order.is_merchant else "Amazon", language),
                "order_city": draft.order.city["city"],
                "order_state": draft.order.city["state"],
                "order_postal": draft.order.city["postal"],
                "tax_collection_model": "" if marketplace.tax_included else "MarketplaceFacilitator",
                **_sums(own),
            }


def _of_fee(draft: Draft, lines: list[Line], language: str) -> Row:
    name, event = fee_name(lines[0]), draft.event
    kind = _TYPES_OF_EVENTS.get(event.kind, "") if event else ""
    sums = _sums(lines)
    if kind == "Transfer":  # what leaves the balance
        sums = {field: -value for field, value in sums.items()}
    return {
        "type": label(kind or ("FBA Inventory Fee" if name.startswith(_STORED) else "Service Fee"), language),
        "order_id": lines[0].order_id,
        "sku": lines[0].sku,
        # The file has the plural: AWD Storage Fees.
        "description": f"{name}s" if name.startswith("AWD") else name,
        **sums,
    }


def _sums(lines: Iterable[Line]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        field = _column_of(line)
        sums[field] = sums.get(field, 0) + line.amount
    return sums


def _column_of(line: Line) -> str:
    if line.amount_type == "Promotion":
        return "promotional_rebates"
    if line.amount_type == "ItemWithheldTax":
        return "marketplace_withheld_tax"
    name = fee_name(line)
    return _COLUMN_OF.get(name, "selling_fees" if line.item_code else "other")


def _in_layout(row: Row, fields: set[str]) -> Row:
    """The row with all amounts of the layout and their total. Older layouts have one column for taxes."""
    amounts = {field: value for field, value in row.items() if isinstance(value, int)}
    if "product_sales_tax" not in fields:
        amounts["sales_tax_collected"] = sum(amounts.pop(field, 0) for field in _TAXES)
    unknown = set(amounts) - fields
    if unknown:
        raise AssertionError(f"the layout has no column for {', '.join(sorted(unknown))}")
    shown = {field: amounts.get(field, 0) for field in AMOUNTS & fields}
    return {**row, **shown, "total": sum(shown.values())}
