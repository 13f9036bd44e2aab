"""The parameters of getInventorySummaries, validated as Amazon's model and documentation require."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.fba_inventory import data
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sp_api import queries


class SummariesRequest(NamedTuple):
    """A valid query; empty `skus` means all."""

    marketplace_id: str
    details: bool
    since: datetime | None
    skus: frozenset[str]
    token: str | None

    @property
    def arguments(self) -> dict[str, Any]:
        """What the pages of one list have in common."""
        return {
            "marketplaceIds": self.marketplace_id,
            "details": self.details,
            "startDateTime": self.since.isoformat() if self.since else None,
            "skus": sorted(self.skus),
        }


def read(query: QueryParams, seller: Seller, now: datetime) -> SummariesRequest:
    """Read a getInventorySummaries call. Raises ApiError."""
    queries.needed(query, "granularityType")
    queries.choice(query, "granularityType", ("Marketplace",))
    granularity_id = queries.needed(query, "granularityId")
    queries.needed(query, "marketplaceIds")
    marketplace_ids = queries.own_marketplaces(query, "marketplaceIds", seller, most=1)
    if granularity_id != marketplace_ids[0]:
        raise invalid_input("granularityId must be the marketplace of marketplaceIds", granularity_id)
    since = queries.instant(query, "startDateTime")
    if since is not None and since < now - data.OLDEST:
        raise invalid_input("startDateTime must be within the last 18 months", query["startDateTime"])
    skus = queries.texts(query, "sellerSkus", most=50)
    one = queries.text(query, "sellerSku")
    return SummariesRequest(
        marketplace_ids[0],
        queries.flag(query, "details"),
        since,
        frozenset((*skus, one) if one else skus),
        queries.text(query, "nextToken"),
    )
