"""Product Fees v0: its usage plan, and estimates with the fees of the fee preview."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.fulfilment_fees import fulfilment_fee
from amazon_sandbox.simulation.money.orders import COMMISSION
from amazon_sandbox.simulation.storefront import Storefront

# Usage plan as the description in productFeesV0.json gives it.
USAGE_PLANS = {"getMyFeesEstimates": UsagePlan(0.5, 1)}
PATH = "/products/fees/v0/feesEstimate"
MOST_ITEMS = 20
ID_TYPES = ("ASIN", "SellerSKU")
PROGRAMMES = ("FBA_CORE", "FBA_SNL", "FBA_EFN")


def listing_of(storefront: Storefront, id_type: str, value: str, today: int) -> Listing | None:
    """The launched listing of an ASIN or SKU; for an ASIN preferably the one fulfilled by Amazon."""
    known = sorted(storefront.listings, key=lambda listing: listing.is_merchant)
    for listing in known:
        if listing.launch <= today and value == (listing.asin if id_type == "ASIN" else listing.sku):
            return listing
    return None


def estimate(
    storefront: Storefront, listing: Listing, price: int, is_amazon_fulfilled: bool, now: int
) -> dict[str, Any]:
    """The fees of one unit sold at a price with shipping (minor units)."""

    def money(minor: int) -> dict[str, Any]:
        return {
            "CurrencyCode": storefront.marketplace.currency,
            "Amount": storefront.marketplace.amount(minor),
        }

    def fee(name: str, minor: int) -> dict[str, Any]:
        return {
            "FeeType": name,
            "FeeAmount": money(minor),
            "FeePromotion": money(0),
            "FinalFee": money(minor),
        }

    fees = [
        fee("ReferralFee", round(price * COMMISSION)),
        fee("VariableClosingFee", 0),
        fee("PerItemFee", 0),
    ]
    today = storefront.marketplace.day_of_epoch(now)
    fulfilment = fulfilment_fee(storefront, listing, today).listed if is_amazon_fulfilled else 0
    if is_amazon_fulfilled:
        parts = [fee("FBAPickAndPack", fulfilment), fee("FBAWeightHandling", 0)]
        fees.append({**fee("FBAFees", fulfilment), "IncludedFeeDetailList": parts})
    return {
        "TimeOfFeesEstimation": iso_utc(now).replace("+00:00", "Z"),
        "TotalFeesEstimate": money(round(price * COMMISSION) + fulfilment),
        "FeeDetailList": fees,
    }
