"""Orders as the two versions of the API write them, without any personal data."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.orders.data import Found
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.orders import OrderItem, is_priced
from amazon_sandbox.simulation.storefront import Storefront

Json = dict[str, Any]

_STATUS = {"Pending": "PENDING", "Unshipped": "UNSHIPPED", "Shipped": "SHIPPED", "Cancelled": "CANCELLED"}
_SHIP_WITHIN = 2 * 86_400
_DELIVER_WITHIN = 6 * 86_400


def order(found: Found, included: frozenset[str]) -> Json:
    """An order of 2026-01-01; data sets that were not requested are left out."""
    one, storefront = found.order, found.storefront
    priced = is_priced(one, found.status)
    written: Json = {
        "orderId": one.order_id,
        "createdTime": _time(one.purchased),
        "lastUpdatedTime": _time(found.updated),
        "programs": ["AMAZON_BUSINESS"] if one.is_business else [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": storefront.marketplace.marketplace_id,
            "marketplaceName": storefront.marketplace.sales_channel,
        },
        "orderItems": [_item(found, item, included, priced) for item in one.items],
    }
    if "FULFILLMENT" in included:
        written["fulfillment"] = {
            "fulfillmentStatus": _STATUS[found.status],
            "fulfilledBy": "MERCHANT" if one.is_merchant else "AMAZON",
            "fulfillmentServiceLevel": "STANDARD" if one.is_merchant else "EXPEDITED",
            "shipByWindow": _window(one.purchased, _SHIP_WITHIN),
            "deliverByWindow": _window(one.purchased, _DELIVER_WITHIN),
        }
    if "PROCEEDS" in included and priced:
        parts = [_parts(storefront, item) for item in one.items]
        sums = {name: sum(part[name] for part in parts) for name in parts[0]}
        written["proceeds"] = {
            "grandTotal": _money(storefront, sum(sums.values())),
            "breakdowns": _breakdowns(storefront, sums),
        }
    return written


def v0_order(found: Found) -> Json:
    """An order of v0, as an application without the restricted roles sees it."""
    one, storefront = found.order, found.storefront
    units = sum(item.quantity for item in one.items)
    is_shipped, is_cancelled = found.status == "Shipped", found.status == "Cancelled"
    written: Json = {
        "AmazonOrderId": one.order_id,
        "PurchaseDate": _time(one.purchased),
        "LastUpdateDate": _time(found.updated),
        "OrderStatus": "Canceled" if is_cancelled else found.status,
        "FulfillmentChannel": "MFN" if one.is_merchant else "AFN",
        "SalesChannel": storefront.marketplace.sales_channel,
        "ShipServiceLevel": "Standard" if one.is_merchant else "Expedited",
        "NumberOfItemsShipped": units if is_shipped else 0,
        "NumberOfItemsUnshipped": 0 if is_shipped or is_cancelled else units,
        "PaymentMethod": "Other",
        "PaymentMethodDetails": ["Standard"],
        "MarketplaceId": storefront.marketplace.marketplace_id,
        "ShipmentServiceLevelCategory": "Standard" if one.is_merchant else "Expedited",
        "OrderType": "StandardOrder",
        "EarliestShipDate": _time(one.purchased),
        "LatestShipDate": _time(one.purchased + _SHIP_WITHIN),
        "IsBusinessOrder": one.is_business,
        "IsPrime": not one.is_merchant,
        "IsPremiumOrder": False,
        "IsGlobalExpressEnabled": False,
        "IsReplacementOrder": False,
        "IsSoldByAB": False,
        "IsISPU": False,
        "IsAccessPointOrder": False,
        "HasRegulatedItems": False,
    }
    if not one.is_merchant:
        written["SellerOrderId"] = one.order_id
    if is_priced(one, found.status):
        total = sum(sum(_parts(storefront, item).values()) for item in one.items)
        amount = storefront.marketplace.money(total)
        written["OrderTotal"] = {"CurrencyCode": storefront.marketplace.currency, "Amount": amount}
    return written


def _item(found: Found, item: OrderItem, included: frozenset[str], priced: bool) -> Json:
    storefront, listing = found.storefront, item.listing
    product: Json = {
        "asin": listing.asin,
        "title": listing.title(storefront.marketplace.language),
        "sellerSku": listing.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    }
    if priced:
        product["price"] = {"unitPrice": _money(storefront, round(item.price / item.quantity))}
    written: Json = {
        "orderItemId": item.item_id,
        # A cancelled line is listed with what is left of it, as in the order files.
        "quantityOrdered": 0 if found.status == "Cancelled" else item.quantity,
        "product": product,
    }
    if "FULFILLMENT" in included:
        is_shipped = found.status == "Shipped"
        is_open = found.status in ("Pending", "Unshipped")
        written["fulfillment"] = {
            "quantityFulfilled": item.quantity if is_shipped else 0,
            "quantityUnfulfilled": item.quantity if is_open else 0,
        }
    if "PROCEEDS" in included and priced:
        parts = _parts(storefront, item)
        written["proceeds"] = {
            "proceedsTotal": _money(storefront, sum(parts.values())),
            "breakdowns": _breakdowns(storefront, parts),
        }
    if "PROMOTION" in included and item.promotion:
        names = item.promotion.split(",")
        written["promotion"] = {"breakdowns": [{"promotionId": name} for name in names]}
    if "CANCELLATION" in included and found.status == "Cancelled":
        written["cancellation"] = {
            "cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "ORDER_CREATED_BY_MISTAKE"}
        }
    return written


def _parts(storefront: Storefront, item: OrderItem) -> dict[str, int]:
    """An item's money by kind in minor units; where list prices include tax, TAX is taken out of them."""
    taxes = item.tax + item.shipping_tax + item.gift_wrap_tax
    inside = storefront.marketplace.tax_included
    return {
        "ITEM": item.price - (item.tax if inside else 0),
        "SHIPPING": item.shipping - (item.shipping_tax if inside else 0),
        "GIFT_WRAP": item.gift_wrap - (item.gift_wrap_tax if inside else 0),
        "TAX": taxes,
        "DISCOUNT": -item.discount - item.shipping_discount,
    }


def _breakdowns(storefront: Storefront, parts: dict[str, int]) -> list[Json]:
    return [
        {"type": name, "subtotal": _money(storefront, amount)}
        for name, amount in parts.items()
        if amount or name == "ITEM"
    ]


def _money(storefront: Storefront, minor: int) -> Json:
    return {"amount": storefront.marketplace.money(minor), "currencyCode": storefront.marketplace.currency}


def _window(start: int, seconds: int) -> Json:
    return {"earliestDateTime": _time(start), "latestDateTime": _time(start + seconds)}


def _time(seconds: int) -> str:
    return iso_utc(seconds).replace("+00:00", "Z")
