"""The Ads page."""

from __future__ import annotations

from fastapi import APIRouter

from sellerops.read_models.ads.campaigns import read_campaigns
from sellerops.read_models.ads.days import AdsDay, read_ads_days
from sellerops.read_models.ads.groups import AdsBy, AdsRow, read_ads
from sellerops.read_models.ads.queries import QueriesBy, SearchQuery, read_queries
from sellerops.read_models.ads.summary import AdsSummary, read_ads_summary
from sellerops.read_models.ads.unallocated import UnallocatedSpend, read_unallocated
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/ads", tags=["ads"], route_class=HubRoute)


@router.get("/summary")
def ads_summary(scope: InScope) -> list[AdsSummary]:
    """The tiles by currency, with the figures of the days to compare with."""
    return read(lambda connection: read_ads_summary(connection, scope))


@router.get("/groups")
def ads_groups(scope: InScope, paging: InPaging, by: AdsBy = AdsBy.MARKETPLACE) -> Table[AdsRow]:
    """Advertising by marketplace, ad product or campaign; campaigns are found by id and name."""

    if by is AdsBy.CAMPAIGN:
        return read(lambda connection: read_campaigns(connection, scope, paging))
    return read(lambda connection: read_ads(connection, scope, paging, by))


@router.get("/days")
def ads_days(scope: InScope) -> list[AdsDay]:
    """Advertising by day and ad product, with the day on which it is final."""
    return read(lambda connection: read_ads_days(connection, scope))


@router.get("/unallocated")
def ads_unallocated(scope: InScope) -> list[UnallocatedSpend]:
    """Spend without a known SKU, by marketplace."""
    return read(lambda connection: read_unallocated(connection, scope))


@router.get("/queries")
def ads_queries(scope: InScope, paging: InPaging, by: QueriesBy = QueriesBy.QUERY) -> Table[SearchQuery]:
    """Search queries, paid and organic."""
    return read(lambda connection: read_queries(connection, scope, paging, by))
