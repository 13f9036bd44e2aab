"""Transactions as the Finances API writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.money.events import Event
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.orders import Order, OrderItem
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import number

Json = dict[str, Any]

# The roll-up nodes of a transaction's tree, by the amount's type in settlements; others are expenses.
_INCOME, _COSTS = "Sales", "Expenses"
_IS_INCOME = ("ItemPrice", "Promotion", "FBA Inventory Reimbursement", "Transfer")
# The kinds of events that also have an empty roll-up node.
_EMPTY = {"ads.cost": _INCOME, "storage.monthly": _INCOME, "balance.payout": _COSTS}
# Listed item by item, without a SKU.
_ITEMISED = ("storage.monthly", "storage.aged")
# Reimbursements name the SKU without its amounts, liquidations with them.
_WITH_PRODUCT = ("reimbursement", "removal.liquidation")
_WITHOUT_MARKETPLACE = ("overhead", "balance", "awd")
_BARE = 120  # one in this many shipments states the amounts of its nodes only
_BARE_NODES = ("ProductCharges", "AmazonFees", "FBAFees", "Promo")
_TAXES = ("Tax", "TaxWithheld")


class Draft(NamedTuple):
    """A transaction before it is written; `lines` are computed only then.

    `matures`: when a deferred transaction is released, 0 for others; `reason`: why it is deferred; `delay`:
    seconds until Amazon shows it.
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
    reason: str = ""
    delay: int = 0
    event: Event | None = None

    @property
    def visible_from(self) -> int:
        """When Amazon first shows it."""
        return self.posted + self.delay

    @property
    def order_id(self) -> str | None:
        """The order it is about."""
        return self.order.order_id if self.order else dict(self.related).get("ORDER_ID")

    def written(self) -> Json:
        """The Transaction of the model."""
        lines, marketplace = self.lines(), self.storefront.marketplace
        is_bare = self._is_bare(lines)
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
            "totalAmount": self._money(sum(line.amount for line in lines)),
            "items": [],
            "contexts": [],
            "breakdowns": self._bare(lines) if is_bare else self._breakdowns(lines),
        }
        if self.transaction_id:
            written["transactionId"] = self.transaction_id
        if self._names_marketplace:
            written["marketplaceDetails"] = {
                "marketplaceId": marketplace.marketplace_id,
                "marketplaceName": marketplace.sales_channel,
            }
        if self.order is not None:
            written["items"] = [
                self._order_item(item, own, is_bare)
                for item in self.order.items
                if (own := [line for line in lines if line.item_code == item.item_id])
            ]
        elif not (items := list(self._event_items(lines))):
            # The model requires no field: account fees have no marketplace and no items, some not even an id.
            del written["items"]
        else:
            written["items"] = items
        if self.matures:
            written["contexts"] = [
                {
                    "contextType": "DeferredContext",
                    "deferralReason": self.reason,
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

    @property
    def _names_marketplace(self) -> bool:
        return self.event is None or self.event.kind.split(".")[0] not in _WITHOUT_MARKETPLACE

    def _is_bare(self, lines: list[Line]) -> bool:
        """Whether nodes are leaves themselves: in a few shipments, whose withheld taxes are left out."""
        if self.transaction_type != "Shipment" or number(self.order_id or "", "bare") % _BARE:
            return False
        is_simple = {line.group for line in lines} <= {*_TAXES, *_BARE_NODES}
        return is_simple and not sum(line.amount for line in lines if line.group in _TAXES)

    def _order_item(self, item: OrderItem, lines: list[Line], is_bare: bool) -> Json:
        assert self.order is not None
        adjustment = lines[0].adjustment_id
        network = "MFN" if self.order.is_merchant else "AFN"
        return {
            "description": item.listing.title(self.storefront.marketplace.language),
            "relatedIdentifiers": [
                {
                    "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                    "itemRelatedIdentifierValue": adjustment,
                }
            ]
            if adjustment
            else [],
            "totalAmount": self._money(sum(line.amount for line in lines)),
            "breakdowns": [] if is_bare else self._parts(lines),
            "contexts": [_product(item.listing, item.quantity, network)],
        }

    def _event_items(self, lines: list[Line]) -> Iterator[Json]:
        """The items of events other than orders and refunds; those of storage name no product."""
        if self.event is None:
            return
        kind, language = self.event.kind, self.storefront.marketplace.language
        for item in self.event.items:
            if kind in _ITEMISED and item.amount:
                leaf = {
                    "breakdownType": lines[0].leaf,
                    "breakdownAmount": self._money(item.amount),
                    "breakdowns": [],
                }
                yield {"totalAmount": self._money(item.amount), "breakdowns": [leaf], "contexts": []}
            elif kind in _WITH_PRODUCT and item.listing is not None:
                yield {
                    "description": item.listing.title(language),
                    "totalAmount": self._money(sum(line.amount for line in lines)),
                    "breakdowns": [] if kind == "reimbursement" else self._parts(lines),
                    "contexts": [_product(item.listing, abs(item.units), "AFN")],
                }

    def _breakdowns(self, lines: list[Line]) -> list[Json]:
        """The tree of a transaction: income and expenses, then the nodes of items, then the leaves."""
        prefix = "Refunded " if self.transaction_type == "Refund" else ""
        kinds: dict[str, list[Line]] = {}
        for line in lines:
            name = _INCOME if line.amount_type in _IS_INCOME else _COSTS
            kinds.setdefault(prefix + name, []).append(line)
        empty = _EMPTY.get(self.event.kind) if self.event else None
        if empty:
            kinds.setdefault(empty, [])
        return [self._node(kind, part, self._parts(part)) for kind, part in kinds.items()]

    def _bare(self, lines: list[Line]) -> list[Json]:
        bare = [line._replace(leaf=line.group, group="") for line in lines if line.group not in _TAXES]
        return self._breakdowns(bare)

    def _parts(self, lines: list[Line]) -> list[Json]:
        """The nodes of an item; a fee that belongs to no item is a leaf itself."""
        groups: dict[str, list[Line]] = {}
        for line in lines:
            groups.setdefault(line.group or line.leaf, []).append(line)
        return [
            self._node(name, part, self._leaves(part) if part[0].group else [])
            for name, part in groups.items()
        ]

    def _leaves(self, lines: list[Line]) -> list[Json]:
        leaves: dict[str, list[Line]] = {}
        for line in lines:
            leaves.setdefault(line.leaf, []).append(line)
        return [self._node(name, part, []) for name, part in leaves.items()]

    def _node(self, name: str, lines: list[Line], below: list[Json]) -> Json:
        return {
            "breakdownType": name,
            "breakdownAmount": self._money(sum(line.amount for line in lines)),
            "breakdowns": below,
        }

    def _money(self, minor: int) -> Json:
        marketplace = self.storefront.marketplace
        return {"currencyAmount": marketplace.amount(minor), "currencyCode": marketplace.currency}


def _product(listing: Listing, units: int, network: str) -> Json:
    return {
        "contextType": "ProductContext",
        "asin": listing.asin,
        "sku": listing.sku,
        "quantityShipped": units,
        "fulfillmentNetwork": network,
    }


def _time(seconds: int) -> str:
    return iso_utc(seconds).replace("+00:00", "Z")
