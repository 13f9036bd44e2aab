"""Sellers v1: its usage plan and the marketplaces of a seller."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.marketplaces import Marketplace, by_id

# As the description in sellers.json gives it.
USAGE_PLANS = {"getMarketplaceParticipations": UsagePlan(0.016, 15)}
PATH = "/sellers/v1/marketplaceParticipations"


def participations(seller: Seller) -> list[dict[str, Any]]:
    """One entry for each of the seller's marketplaces; none has suspended listings."""
    return [_entry(seller, by_id(marketplace_id)) for marketplace_id in seller.marketplace_ids]


def _entry(seller: Seller, marketplace: Marketplace) -> dict[str, Any]:
    return {
        "marketplace": {
            "id": marketplace.marketplace_id,
            "countryCode": marketplace.country,
            "name": marketplace.sales_channel,
            "defaultCurrencyCode": marketplace.currency,
            "defaultLanguageCode": marketplace.language,
            "domainName": f"www.{marketplace.sales_channel.lower()}",
        },
        "storeName": seller.account,
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
    }
