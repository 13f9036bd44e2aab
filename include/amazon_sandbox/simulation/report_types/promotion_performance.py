"""GET_PROMOTION_PERFORMANCE_REPORT: promotions that started in a period, each with its products.

The JSON of Amazon's promotionReport schema. While a promotion runs, its figures grow; they cover the time up
to yesterday.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.figures import Figures
from amazon_sandbox.simulation.promotions import Campaign, Sold, campaigns, sold_in
from amazon_sandbox.simulation.report_types.campaign_period import (
    campaign_document,
    starts_between,
    utc,
    yesterday_over,
)
from amazon_sandbox.simulation.report_types.periods import Json
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.search import asin_figures
from amazon_sandbox.simulation.storefront import Storefront

REPORT_TYPE = "GET_PROMOTION_PERFORMANCE_REPORT"
OPTIONS = ("promotionStartDateFrom", "promotionStartDateTo")


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when no promotion started in the period. Raises FatalReport for bad
    options.
    """
    start, end = starts_between(REPORT_TYPE, request, OPTIONS)
    rows = [row for storefront in request.storefronts for row in _rows(request, storefront, start, end)]
    return campaign_document(REPORT_TYPE, request, "promotions", rows) if rows else None


def _rows(request: ReportRequest, storefront: Storefront, start: int, end: int) -> Iterator[Json]:
    until = yesterday_over(storefront, request.now)
    for campaign in campaigns(storefront, "promotion", start, end, request.now):
        sold = sold_in(storefront, campaign, until, request.now, gross=False)
        views = _views(storefront, campaign, until, request.now)
        yield {
            "promotionId": f"{campaign.number:011d}",
            "promotionName": f"{campaign.type.replace('_', ' ').title()}: {_title(storefront, campaign)}",
            "merchantId": request.seller.seller_id,
            "unitsSold": sum(each.units for each in sold.values()),
            **_revenue(storefront, "revenue", sum(each.revenue for each in sold.values())),
            "startDateTime": utc(campaign.start),
            "endDateTime": utc(campaign.end),
            "type": campaign.type,
            "status": _status(campaign, request.now),
            "creationChannel": "SELF-SERVICE",
            "marketplaceId": storefront.marketplace.marketplace_id,
            "glanceViews": sum(views.values()),
            "createdDateTime": utc(campaign.created),
            "lastUpdatedDateTime": utc(max(campaign.created, min(until, campaign.end))),
            "includedProducts": list(_products(storefront, campaign, sold, views)),
        }


def _products(
    storefront: Storefront, campaign: Campaign, sold: dict[str, Sold], views: dict[str, int]
) -> Iterator[Json]:
    for listing in campaign.listings:
        yield {
            "asin": listing.asin,
            "productName": listing.title(storefront.marketplace.language),
            "productGlanceViews": views[listing.asin],
            "productUnitsSold": sold[listing.asin].units,
            **_revenue(storefront, "productRevenue", sold[listing.asin].revenue),
        }


def _revenue(storefront: Storefront, name: str, minor: int) -> Json:
    return {
        name: storefront.marketplace.amount(minor),
        f"{name}CurrencyCode": storefront.marketplace.currency,
    }


def _views(storefront: Storefront, campaign: Campaign, until: int, now: int) -> dict[str, int]:
    """Page views of each ASIN on the closed days of the campaign."""
    views = {listing.asin: 0 for listing in campaign.listings}
    end = min(campaign.end, until)
    if campaign.is_cancelled or end <= campaign.start:
        return views
    first, last = (
        storefront.marketplace.day_of_epoch(campaign.start),
        storefront.marketplace.day_of_epoch(end - 1),
    )
    figures = asin_figures(storefront, first, last, now)
    for asin in views:
        found = figures.get(asin, Figures())
        views[asin] = found.browser_views + found.mobile_views
    return views


def _status(campaign: Campaign, now: int) -> str:
    if campaign.is_cancelled:
        return "CANCELED"
    return "APPROVED" if now >= campaign.start - 86_400 else "PENDING_APPROVAL"


def _title(storefront: Storefront, campaign: Campaign) -> str:
    return campaign.listings[0].title(storefront.marketplace.language)
