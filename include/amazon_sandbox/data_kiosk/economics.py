"""Rows of analytics_economics_2024_03_15: sales, fees, cost and net proceeds by product and period.

Sales are those of sales and traffic; refunds and fees are the lines of the settlements, on the day of
shipment or refund. No ad spend is assigned to products, and estimates (preview, simulation) have no data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amazon_sandbox.data_kiosk import periods
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.figures import sales_by_sku
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.orders import order_lines
from amazon_sandbox.simulation.money.refunds import refund_lines
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, orders_on
from amazon_sandbox.simulation.refunds import refunds_on
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, token, uniforms

Json = dict[str, Any]

FULFILMENT = "FBA fulfillment fees"
# Lines of a settlement -> their names in economics.
FEES = {
    "Commission": "Referral fees",
    "FBAPerUnitFulfillmentFee": FULFILMENT,
    "RefundCommission": "Refund administration fees",
    "ShippingChargeback": "Shipping chargebacks",
    "ShippingHB": "Shipping holdbacks",
    "GiftwrapChargeback": "Gift wrap chargebacks",
    "DigitalServicesFee": "Digital services fees",
    "Digital Services Fee": "Digital services fees",
    "CODFee": "Cash on delivery fees",
}
_PRODUCTS = ("MSKU", "CHILD_ASIN", "PARENT_ASIN")
# Share of products whose cost the seller has entered.
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


def rows(
    name: str, storefronts: Mapping[str, Storefront], arguments: Mapping[str, Any], now: int
) -> Iterator[Json]:
    """The rows of a query of this dataset. Raises FatalReport."""
    if name != "economics":
        return
    wanted = arguments.get("aggregateBy") or {}
    granularity, product = wanted.get("date") or "DAY", wanted.get("productId") or "MSKU"
    start, end = arguments["startDate"], arguments["endDate"]
    components = "FBA_FULFILLMENT_FEE" in (arguments.get("includeComponentsForFeeTypes") or ())
    for storefront in storefronts.values():
        periods.check(name, start, end, type(start).fromordinal(storefront.marketplace.day_of_epoch(now)))
        for span in periods.spans(granularity, start, end):
            sums = _sums(storefront, span, now)
            for listings in _groups(storefront, product):
                known = [(one, sums[one.sku]) for one in listings if one.sku in sums]
                if known:
                    yield _row(storefront, span, product, known, components)


def _groups(storefront: Storefront, product: str) -> list[list[Listing]]:
    groups: dict[tuple[str, ...], list[Listing]] = {}
    for listing in storefront.listings:
        full = (listing.parent_asin, listing.asin, listing.sku)
        groups.setdefault(full[: 3 - _PRODUCTS.index(product)], []).append(listing)
    return [groups[key] for key in sorted(groups)]


def _sums(storefront: Storefront, span: periods.Span, now: int) -> dict[str, Sums]:
    sums: dict[str, Sums] = defaultdict(Sums)
    for ordinal in periods.closed_days(storefront, span, now):
        for sku, figures in sales_by_sku(storefront, ordinal, now).items():
            sums[sku].ordered += figures.sales
            sums[sku].units += figures.units
        for refund in refunds_on(storefront, ordinal):
            one = sums[refund.item.listing.sku]
            one.refunded += refund.item.price
            one.units_refunded += refund.item.quantity
            for line in refund_lines(storefront, refund):
                _charge(one, line, 0)
        for line, units in _shipped_on(storefront, ordinal):
            _charge(sums[line.sku], line, units)
    return sums


def _shipped_on(storefront: Storefront, ordinal: int) -> Iterator[tuple[Line, int]]:
    start, end = storefront.marketplace.day_bounds(ordinal)
    for day in range(ordinal - LONGEST_SHIPPING_DAYS, ordinal + 1):
        for order in orders_on(storefront, day):
            if start <= order.shipped < end:
                for item in order.items:
                    for line in order_lines(storefront, order, item):
                        yield line, item.quantity


def _charge(sums: Sums, line: Line, units: int) -> None:
    if line.amount_type == "ItemFees":
        charge = sums.fees[FEES[line.amount_description]]
        charge[0] -= line.amount
        charge[1] += units


def _row(
    storefront: Storefront,
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
    fees = _fees(storefront, span, members, with_components)
    charged = sum(charge for _, sums in members for charge, _ in sums.fees.values())
    spent = sum(_cost_of(storefront, listing) * sums.net_units for listing, sums in members)
    proceeds = ordered - refunded - charged - spent
    return {
        "marketplaceId": storefront.marketplace.marketplace_id,
        "startDate": span[0].isoformat(),
        "endDate": span[1].isoformat(),
        "parentAsin": first.parent_asin,
        "childAsin": None if product == "PARENT_ASIN" else first.asin,
        "msku": first.sku if product == "MSKU" else None,
        "fnsku": first.fnsku if product == "MSKU" and not first.is_merchant else None,
        "sales": {
            "orderedProductSales": _money(storefront, ordered),
            "refundedProductSales": _money(storefront, refunded),
            "netProductSales": _money(storefront, ordered - refunded),
            "unitsOrdered": units,
            "unitsRefunded": sum(sums.units_refunded for _, sums in members),
            "netUnitsSold": net_units,
            "averageSellingPrice": _money(storefront, ordered / units) if units else None,
        },
        "fees": fees,
        "ads": [],
        "cost": _cost(storefront, first) if only else None,
        "netProceeds": {
            "total": _money(storefront, proceeds),
            "perUnit": _money(storefront, proceeds / net_units) if net_units else None,
        },
    }


def _fees(
    storefront: Storefront, span: periods.Span, members: Sequence[tuple[Listing, Sums]], with_components: bool
) -> list[Json]:
    written = []
    for name in dict.fromkeys(FEES.values()):
        charges = [sums.fees[name] for _, sums in members if name in sums.fees]
        if not charges:
            continue
        detail = _detail(storefront, sum(one[0] for one in charges), sum(one[1] for one in charges))
        components = None
        if with_components and name == FULFILMENT:
            components = [{"name": "Base fulfillment fee", "aggregatedDetail": detail, "properties": None}]
        fee = {
            "aggregatedDetail": detail,
            "components": components,
            "startDate": span[0].isoformat(),
            "endDate": span[1].isoformat(),
            "identifier": token(
                "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 16, *storefront.key, members[0][0].sku, name
            ),
            "properties": None,
        }
        written.append({"feeTypeName": name, "charge": fee, "charges": [fee]})
    return written


def _detail(storefront: Storefront, amount: int, units: int) -> Json:
    return {
        "amount": _money(storefront, amount),
        "promotionAmount": _money(storefront, 0),
        "taxAmount": _money(storefront, 0),
        "totalAmount": _money(storefront, amount),
        "quantity": float(units) if units else None,
        "amountPerUnit": _money(storefront, amount / units) if units else None,
        "amountPerUnitDelta": None,
    }


def _parts_of_cost(storefront: Storefront, listing: Listing) -> tuple[int, int] | None:
    """Purchase and shipping cost of one unit in minor units; None where the seller entered none."""
    u = uniforms(*storefront.key, listing.sku, "cost")
    if u[0] >= _COST_SHARE:
        return None
    minor = storefront.marketplace.usd_rate * 10**storefront.marketplace.decimals
    return round(listing.usd_price * between(u[1], 0.2, 0.35) * minor), round(0.35 * minor)


def _cost_of(storefront: Storefront, listing: Listing) -> int:
    return sum(_parts_of_cost(storefront, listing) or (0, 0))


def _cost(storefront: Storefront, listing: Listing) -> Json:
    parts = _parts_of_cost(storefront, listing)
    way = _money(storefront, parts[1]) if parts else None
    return {
        "costOfGoodsSold": _money(storefront, parts[0]) if parts else None,
        "miscellaneousCost": None,
        "fbaCost": {"shippingToAmazonCost": None if listing.is_merchant else way},
        "mfnCost": {"fulfillmentCost": way if listing.is_merchant else None, "storageCost": None},
    }


def _money(storefront: Storefront, minor: float) -> Json:
    return {
        "amount": storefront.marketplace.amount(round(minor)),
        "currencyCode": storefront.marketplace.currency,
    }
