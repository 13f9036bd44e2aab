"""Transactions as the Finances API writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.awd_charges import Fee
from amazon_sandbox.simulation.created_shipments import PLACEMENT, TRANSPORTATION
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.orders import Order, OrderItem
from amazon_sandbox.simulation.settlements import AWD_FEES, BASE_FEE, Line
from amazon_sandbox.simulation.storefront import Storefront

Json = dict[str, Any]

_KINDS = {
    "ItemPrice": "Sales",
    "ItemWithheldTax": "Tax",
    "ItemFees": "Expenses",
    "Promotion": "Promotions",
}
# What transactions call the fees of shipments and of bulk stock, by their name in settlements.
_FEES = {
    PLACEMENT: "FBAInboundConvenienceFee",
    TRANSPORTATION: "FBAInboundTransportationFee",
    AWD_FEES[Fee.PROCESSING]: "AmazonUpstreamProcessingFee",
    AWD_FEES[Fee.STORAGE]: "AmazonUpstreamStorageTransportationFee",
    AWD_FEES[Fee.TRANSPORTATION]: "AmazonUpstreamStorageTransportationFee",
}


class Draft(NamedTuple):
    """A transaction before it is written; `lines` are computed only then.

    `matures`: when a deferred one is released, 0 for others; `delay`: seconds until Amazon shows it.
    """

    seller: Seller
    storefront: Storefront
    transaction_type: str
    description: str
    transaction_id: str
    status: str
    posted: int
    group_id: str
    lines: Callable[[], list[Line]]
    order: Order | None = None
    related: tuple[tuple[str, str], ...] = ()
    matures: int = 0
    delay: int = 0

    @property
    def visible_from(self) -> int:
        """When Amazon first shows it."""
        return self.posted + self.delay

    @property
    def order_id(self) -> str | None:
        """The order it is about."""
        return self.order.order_id if self.order else None

    def written(self) -> Json:
        """The Transaction of the model."""
        lines, marketplace = self.lines(), self.storefront.marketplace
        written: Json = {
            "sellingPartnerMetadata": {
                "sellingPartnerId": self.seller.seller_id,
                "accountType": "Standard Orders",
                "marketplaceId": marketplace.marketplace_id,
            },
            "relatedIdentifiers": [
                {"relatedIdentifierName": name, "relatedIdentifierValue": value}
                for name, value in self._related(lines)
            ],
            "transactionType": self.transaction_type,
            "transactionStatus": self.status,
            "description": self.description,
            "postedDate": _time(self.posted),
            "totalAmount": self._money(lines),
            "items": [],
            "contexts": [],
            "breakdowns": self._breakdowns(lines),
        }
        if self.transaction_id:
            written["transactionId"] = self.transaction_id
        if self.order is None:
            # The model requires no field: account fees have no marketplace and no items, some not even an id.
            del written["items"]
        else:
            written["marketplaceDetails"] = {
                "marketplaceId": marketplace.marketplace_id,
                "marketplaceName": marketplace.sales_channel,
            }
            written["items"] = [
                self._item(item, [line for line in lines if line.item_code == item.item_id])
                for item in self.order.items
                if any(line.item_code == item.item_id for line in lines)
            ]
        if self.matures:
            written["contexts"] = [
                {
                    "contextType": "DeferredContext",
                    "deferralReason": "B2B",
                    "maturityDate": _time(self.matures),
                }
            ]
        return written

    def _related(self, lines: list[Line]) -> list[tuple[str, str]]:
        related = [("FINANCIAL_EVENT_GROUP_ID", self.group_id), *self.related]
        if self.order is not None:
            related[:0] = [("ORDER_ID", self.order.order_id)]
            if lines and lines[0].shipment_id:
                related.append(("SHIPMENT_ID", lines[0].shipment_id))
        return related

    def _item(self, item: OrderItem, lines: list[Line]) -> Json:
        assert self.order is not None
        listing = item.listing
        adjustment = lines[0].adjustment_id
        return {
            "description": listing.title(self.storefront.marketplace.language),
            "relatedIdentifiers": [
                {
                    "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                    "itemRelatedIdentifierValue": adjustment,
                }
            ]
            if adjustment
            else [],
            "totalAmount": self._money(lines),
            "breakdowns": self._breakdowns(lines),
            "contexts": [
                {
                    "contextType": "ProductContext",
                    "asin": listing.asin,
                    "sku": listing.sku,
                    "quantityShipped": item.quantity,
                    "fulfillmentNetwork": "MFN" if self.order.is_merchant else "AFN",
                }
            ],
        }

    def _breakdowns(self, lines: list[Line]) -> list[Json]:
        """Amounts by kind, and within a kind by what the settlement calls them."""
        kinds: dict[str, dict[str, list[Line]]] = {}
        for line in lines:
            kind = _KINDS.get(line.amount_type, "Expenses")
            kinds.setdefault(kind, {}).setdefault(_part(line), []).append(line)
        return [
            {
                "breakdownType": kind,
                "breakdownAmount": self._money([line for part in parts.values() for line in part]),
                "breakdowns": [
                    {"breakdownType": name, "breakdownAmount": self._money(part), "breakdowns": []}
                    for name, part in parts.items()
                ],
            }
            for kind, parts in kinds.items()
        ]

    def _money(self, lines: list[Line]) -> Json:
        marketplace = self.storefront.marketplace
        return {
            "currencyAmount": marketplace.amount(sum(line.amount for line in lines)),
            "currencyCode": marketplace.currency,
        }


def fee_name(line: Line) -> str:
    """What a settlement line is for: in some the amount's type says it, and the description is a base fee."""
    return line.amount_type if line.amount_description == BASE_FEE else line.amount_description


def _part(line: Line) -> str:
    name = fee_name(line)
    return _FEES.get(name, name)


def _time(seconds: int) -> str:
    return iso_utc(seconds).replace("+00:00", "Z")
