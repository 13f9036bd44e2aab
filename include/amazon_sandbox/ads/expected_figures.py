"""Expected figures of a storefront's ads on a day, which every report must add up to; for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.ads.rows import ReportQuery, summed
from amazon_sandbox.simulation.storefront import Storefront

_CAMPAIGNS = ("spCampaigns", "sbCampaigns", "sdCampaigns")


def ads_figures(storefront: Storefront, day: date, now: int) -> dict[str, dict[str, Any]]:
    """Ad product -> impressions, clicks, cost; purchases, units and sales of its longest window (30 days for
    Sponsored Products, else 14), as known at `now`.
    """
    found: dict[str, dict[str, Any]] = {}
    for type_id in _CAMPAIGNS:
        wanted = ReportQuery(type_id, ("campaign",), (), False, day, day)
        rows = list(summed(storefront, wanted, now))
        is_sp = type_id == "spCampaigns"
        bought = [row.clicked(30) if is_sp else row.bought() for row in rows]
        found[report_types()[type_id].ad_product] = {
            "impressions": sum(row.sums[0] for row in rows),
            "clicks": sum(row.sums[1] for row in rows),
            "cost": storefront.marketplace.amount(sum(row.sums[2] for row in rows)),
            "purchases": sum(one.purchases for one in bought),
            "units": sum(one.units for one in bought),
            "sales": storefront.marketplace.amount(sum(one.sales for one in bought)),
        }
    return found
