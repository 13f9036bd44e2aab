"""GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2: created by Amazon on its own schedule; createReport refuses it.

The first data row has the dates and the total amount but no transaction; each row below has a transaction and
none of those. Decimals and dates are in local format: `95,00` and `05.11.2026 08:00:00 UTC` in euro and most
other continental documents, `95.00` and `2026-11-05 08:00:00 UTC` elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from amazon_sandbox.simulation import marketplaces
from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.settlements import SettlementRef, find_settlement, settlement_lines
from amazon_sandbox.simulation.storefront import Storefronts

REPORT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"

HEADER = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount",
    "currency", "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id",
    "marketplace-name", "amount-type", "amount-description", "amount", "fulfillment-id", "posted-date",
    "posted-date-time", "order-item-code", "merchant-order-item-id", "merchant-adjustment-item-id", "sku",
    "quantity-purchased", "promotion-id",
)  # fmt: skip
DEPOSIT_AFTER = timedelta(days=2)


def write(storefronts: Storefronts, seller: Seller, settlement_id: str) -> Document:
    """The document of one settlement. Raises KeyError for an id the seller does not have."""
    ref, _ = find_settlement(storefronts.seed, seller, settlement_id)
    lines = settlement_lines(storefronts, seller, ref)
    first = marketplaces.by_id(ref.marketplace_ids[0])
    return flat_file(HEADER, _rows(ref, first, lines), charset_of([first]))


def _rows(ref: SettlementRef, marketplace: Marketplace, lines: list[Line]) -> Iterator[tuple[str, ...]]:
    total = sum(line.amount for line in lines)
    dates = (_instant(marketplace, moment) for moment in (ref.start, ref.end, ref.end + DEPOSIT_AFTER))
    yield (ref.settlement_id, *dates, _money(marketplace, total), marketplace.currency, *("",) * 18)
    for line in lines:
        posted = datetime.fromtimestamp(line.posted, UTC)
        yield (
            ref.settlement_id, "", "", "", "", "",
            line.transaction_type, line.order_id, line.merchant_order_id, line.adjustment_id,
            line.shipment_id, line.marketplace_name, line.amount_type, line.amount_description,
            _money(marketplace, line.amount), line.fulfillment_id, _date(marketplace, posted),
            _instant(marketplace, posted),
            line.item_code, "", "", line.sku, line.quantity, line.promotion_id,
        )  # fmt: skip


def _money(marketplace: Marketplace, minor: int) -> str:
    text = marketplace.money(minor)
    return text.replace(".", ",") if marketplace.settlement_style == "local_comma" else text


def _date(marketplace: Marketplace, moment: datetime) -> str:
    return f"{moment:%d.%m.%Y}" if marketplace.settlement_style == "local_comma" else f"{moment:%Y-%m-%d}"


def _instant(marketplace: Marketplace, moment: datetime) -> str:
    return f"{_date(marketplace, moment)} {moment:%H:%M:%S} UTC"
