"""How economics writes money, fees with their components, and the costs that sellers have entered."""

from __future__ import annotations

from datetime import date
from typing import Any

from amazon_sandbox.data_kiosk.economics_charges import Charge
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, token, uniforms

Json = dict[str, Any]

# Share of products whose cost the seller has entered.
_COST_SHARE = 0.7


def fee_of(
    storefront: Storefront,
    listing: Listing,
    name: str,
    charge: Charge,
    span: tuple[date, date],
    *,
    with_components: bool,
) -> Json:
    """A FeeSummary. Its components are null unless they were requested."""
    components = None
    if with_components:
        components = [
            {"name": part, "aggregatedDetail": detail(storefront, each), "properties": []}
            for part, each in charge.parts.items()
        ]
    fee = {
        "aggregatedDetail": detail(storefront, charge),
        "components": components,
        "startDate": span[0].isoformat(),
        "endDate": span[1].isoformat(),
        "identifier": token("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 16, *storefront.key, listing.sku, name),
        "properties": None,
    }
    return {"feeTypeName": name, "charge": fee, "charges": [fee]}


def detail(storefront: Storefront, charge: Charge) -> Json:
    """An AggregatedDetail: its total is amount less promotion plus tax."""
    units = charge.units
    return {
        "amount": money(storefront, charge.amount),
        "promotionAmount": money(storefront, charge.promotion),
        "taxAmount": money(storefront, charge.tax),
        "totalAmount": money(storefront, charge.total),
        "quantity": float(units) if units else None,
        "amountPerUnit": money(storefront, charge.total / units) if units else None,
        "amountPerUnitDelta": None,
    }


def cost_of(storefront: Storefront, listing: Listing) -> int:
    """What the seller says a unit costs, in minor units; 0 where nothing was entered."""
    return sum(_parts_of_cost(storefront, listing) or (0, 0))


def costs(storefront: Storefront, listing: Listing) -> Json:
    """A PerUnitCost."""
    parts = _parts_of_cost(storefront, listing)
    way = money(storefront, parts[1]) if parts else None
    return {
        "costOfGoodsSold": money(storefront, parts[0]) if parts else None,
        "miscellaneousCost": None,
        "fbaCost": {"shippingToAmazonCost": None if listing.is_merchant else way},
        "mfnCost": {"fulfillmentCost": way if listing.is_merchant else None, "storageCost": None},
    }


def _parts_of_cost(storefront: Storefront, listing: Listing) -> tuple[int, int] | None:
    """Purchase and shipping cost of one unit in minor units; None where the seller entered none."""
    u = uniforms(*storefront.key, listing.sku, "cost")
    if u[0] >= _COST_SHARE:
        return None
    minor = storefront.marketplace.usd_rate * 10**storefront.marketplace.decimals
    return round(listing.usd_price * between(u[1], 0.2, 0.35) * minor), round(0.35 * minor)


def money(storefront: Storefront, minor: float) -> Json:
    """An Amount."""
    return {
        "amount": storefront.marketplace.amount(round(minor)),
        "currencyCode": storefront.marketplace.currency,
    }
