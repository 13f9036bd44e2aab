"""Rows of analytics_economics_2024_03_15: sales, fees, cost and net proceeds by product and period.

Sales are those of sales and traffic; refunds and fees are the lines of the settlements, on the day they were
posted. Nothing is advertised by product in this world, and what is estimated (preview, simulation) has no
data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amazon_sandbox.data_kiosk import periods
from amazon_sandbox.world.catalogue import Listing
from amazon_sandbox.world.figures import sales_by_sku
from amazon_sandbox.world.orders import LONGEST_SHIPPING_DAYS
from amazon_sandbox.world.refunds import refunds_on
from amazon_sandbox.world.settlements import Line, order_lines, refund_lines
from amazon_sandbox.world.shop import Shop
from amazon_sandbox.world.streams import between, token, uniforms

Json = dict[str, Any]

FULFILMENT = "FBA fulfillment fees"
# Lines of a settlement by the names that economics has for them.
FEES = {
    "Commission": "Referral fees",
    "FBAPerUnitFulfillmentFee": FULFILMENT,
    "RefundCommission": "Refund administration fees",
    "ShippingChargeback": "Shipping chargebacks",
    "ShippingHB": "Shipping holdbacks",
}
_PRODUCTS = ("MSKU", "CHILD_ASIN", "PARENT_ASIN")
# So many sellers' products have their cost typed in.
_COST_SHARE = 0.7


@dataclass
class Sums:
    """One SKU in one period; money in minor units. `fees`: by name the charge and the units charged."""

    ordered: int = 0
    units: int = 0
    refunded: int = 0
    units_refunded: int = 0
    fees: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def net_units(self) -> int:
        return self.units - self.units_refunded


def rows(name: str, shops: Mapping[str, Shop], arguments: Mapping[str, Any], now: int) -> Iterator[Json]:
    """The rows of a query of this dataset. Raises FatalReport."""
    if name != "economics":
        return
    wanted = arguments.get("aggregateBy") or {}
    granularity, product = wanted.get("date") or "DAY", wanted.get("productId") or "MSKU"
    start, end = arguments["startDate"], arguments["endDate"]
    components = "FBA_FULFILLMENT_FEE" in (arguments.get("includeComponentsForFeeTypes") or ())
    for shop in shops.values():
        periods.check(name, start, end, type(start).fromordinal(shop.marketplace.day_of_epoch(now)))
        for span in periods.spans(granularity, start, end):
            sums = _sums(shop, span, now)
            for listings in _groups(shop, product):
                known = [(one, sums[one.sku]) for one in listings if one.sku in sums]
                if known:
                    yield _row(shop, span, product, known, components)


def _groups(shop: Shop, product: str) -> list[list[Listing]]:
    groups: dict[tuple[str, ...], list[Listing]] = {}
    for listing in shop.listings:
        full = (listing.parent_asin, listing.asin, listing.sku)
        groups.setdefault(full[: 3 - _PRODUCTS.index(product)], []).append(listing)
    return [groups[key] for key in sorted(groups)]


def _sums(shop: Shop, span: periods.Span, now: int) -> dict[str, Sums]:
    sums: dict[str, Sums] = defaultdict(Sums)
    for ordinal in periods.closed_days(shop, span, now):
        for sku, figures in sales_by_sku(shop, ordinal, now).items():
            sums[sku].ordered += figures.sales
            sums[sku].units += figures.units
        for refund in refunds_on(shop, ordinal):
            one = sums[refund.item.listing.sku]
            one.refunded += refund.item.price
            one.units_refunded += refund.item.quantity
            for line in refund_lines(shop, refund):
                _charge(one, line, 0)
        for line, units in _shipped_on(shop, ordinal):
            _charge(sums[line.sku], line, units)
    return sums


def _shipped_on(shop: Shop, ordinal: int) -> Iterator[tuple[Line, int]]:
    start, end = shop.marketplace.day_bounds(ordinal)
    for day in range(ordinal - LONGEST_SHIPPING_DAYS, ordinal + 1):
        for order in shop.orders(day):
            if start <= order.shipped < end:
                for item in order.items:
                    for line in order_lines(shop, order, item):
                        yield line, item.quantity


def _charge(sums: Sums, line: Line, units: int) -> None:
    if line.amount_type == "ItemFees":
        charge = sums.fees[FEES[line.amount_description]]
        charge[0] -= line.amount
        charge[1] += units


def _row(
    shop: Shop,
    span: periods.Span,
    product: str,
    members: Sequence[tuple[Listing, Sums]],
    with_components: bool,
) -> Json:
    first, _ = members[0]
    only = len(members) == 1
    ordered = sum(sums.ordered for _, sums in members)
    refunded = sum(sums.refunded for _, sums in members)
    units = sum(sums.units for _, sums in members)
    net_units = sum(sums.net_units for _, sums in members)
    fees = _fees(shop, span, members, with_components)
    charged = sum(charge for _, sums in members for charge, _ in sums.fees.values())
    spent = sum(_cost_of(shop, listing) * sums.net_units for listing, sums in members)
    proceeds = ordered - refunded - charged - spent
    return {
        "marketplaceId": shop.marketplace.marketplace_id,
        "startDate": span[0].isoformat(),
        "endDate": span[1].isoformat(),
        "parentAsin": first.parent_asin,
        "childAsin": None if product == "PARENT_ASIN" else first.asin,
        "msku": first.sku if product == "MSKU" else None,
        "fnsku": first.fnsku if product == "MSKU" and not first.is_merchant else None,
        "sales": {
            "orderedProductSales": _money(shop, ordered),
            "refundedProductSales": _money(shop, refunded),
            "netProductSales": _money(shop, ordered - refunded),
            "unitsOrdered": units,
            "unitsRefunded": sum(sums.units_refunded for _, sums in members),
            "netUnitsSold": net_units,
            "averageSellingPrice": _money(shop, ordered / units) if units else None,
        },
        "fees": fees,
        "ads": [],
        "cost": _cost(shop, first) if only else None,
        "netProceeds": {
            "total": _money(shop, proceeds),
            "perUnit": _money(shop, proceeds / net_units) if net_units else None,
        },
    }


def _fees(
    shop: Shop, span: periods.Span, members: Sequence[tuple[Listing, Sums]], with_components: bool
) -> list[Json]:
    written = []
    for name in FEES.values():
        charges = [sums.fees[name] for _, sums in members if name in sums.fees]
        if not charges:
            continue
        detail = _detail(shop, sum(one[0] for one in charges), sum(one[1] for one in charges))
        components = None
        if with_components and name == FULFILMENT:
            components = [{"name": "Base fulfillment fee", "aggregatedDetail": detail, "properties": None}]
        fee = {
            "aggregatedDetail": detail,
            "components": components,
            "startDate": span[0].isoformat(),
            "endDate": span[1].isoformat(),
            "identifier": token("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 16, *shop.key, members[0][0].sku, name),
            "properties": None,
        }
        written.append({"feeTypeName": name, "charge": fee, "charges": [fee]})
    return written


def _detail(shop: Shop, amount: int, units: int) -> Json:
    return {
        "amount": _money(shop, amount),
        "promotionAmount": _money(shop, 0),
        "taxAmount": _money(shop, 0),
        "totalAmount": _money(shop, amount),
        "quantity": float(units) if units else None,
        "amountPerUnit": _money(shop, amount / units) if units else None,
        "amountPerUnitDelta": None,
    }


def _parts_of_cost(shop: Shop, listing: Listing) -> tuple[int, int] | None:
    """Purchase and way of one unit in minor units; None where the seller told none."""
    u = uniforms(*shop.key, listing.sku, "cost")
    if u[0] >= _COST_SHARE:
        return None
    minor = shop.marketplace.usd_rate * 10**shop.marketplace.decimals
    return round(listing.usd_price * between(u[1], 0.2, 0.35) * minor), round(0.35 * minor)


def _cost_of(shop: Shop, listing: Listing) -> int:
    return sum(_parts_of_cost(shop, listing) or (0, 0))


def _cost(shop: Shop, listing: Listing) -> Json:
    parts = _parts_of_cost(shop, listing)
    way = _money(shop, parts[1]) if parts else None
    return {
        "costOfGoodsSold": _money(shop, parts[0]) if parts else None,
        "miscellaneousCost": None,
        "fbaCost": {"shippingToAmazonCost": None if listing.is_merchant else way},
        "mfnCost": {"fulfillmentCost": way if listing.is_merchant else None, "storageCost": None},
    }


def _money(shop: Shop, minor: float) -> Json:
    return {"amount": shop.marketplace.amount(round(minor)), "currencyCode": shop.marketplace.currency}
