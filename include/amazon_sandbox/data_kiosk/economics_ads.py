"""What ads cost each SKU on a day, as the ads reports show it at the same moment.

Sponsored Products and Sponsored Display name the advertised SKU. Amazon does not say how it assigns
Sponsored Brands to products; here the products of the ad share its cost evenly.
"""

from __future__ import annotations

from collections import defaultdict

from amazon_sandbox.simulation.ads_structure import SB, SD, SP
from amazon_sandbox.simulation.ads_traffic import ad_day, seen
from amazon_sandbox.simulation.storefront import Storefront

NAMES = {SP: "Sponsored Products charge", SB: "Sponsored Brands charge", SD: "Sponsored Display charge"}

Spend = dict[str, dict[str, tuple[int, int]]]


def spend_on(storefront: Storefront, ordinal: int, now: int) -> Spend:
    """The spend of a local day as known at `now`: SKU -> name -> cost in minor units and clicks."""
    found: Spend = defaultdict(dict)
    for part in ad_day(storefront, ordinal).parts:
        known = seen(storefront, ordinal, part, now)
        if known is None or not known.cost:
            continue
        name = NAMES[part.ad.group.campaign.product]
        count = len(part.ad.listings)
        for index, listing in enumerate(part.ad.listings):
            cost, clicks = (
                (whole * (index + 1)) // count - (whole * index) // count
                for whole in (known.cost, known.clicks)
            )
            before = found[listing.sku].get(name, (0, 0))
            found[listing.sku][name] = before[0] + cost, before[1] + clicks
    return found
