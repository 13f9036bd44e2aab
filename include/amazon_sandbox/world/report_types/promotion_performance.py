"""GET_PROMOTION_PERFORMANCE_REPORT: promotions that started in a stretch of time, each with its products.

The JSON of Amazon's promotionReport schema. While a promotion runs its figures grow, up to yesterday.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.world.documents import Document
from amazon_sandbox.world.figures import Figures
from amazon_sandbox.world.promotions import Campaign, Sold, campaigns, sold_in
from amazon_sandbox.world.report_types.campaign_period import (
    campaign_document,
    starts_between,
    utc,
    yesterday_over,
)
from amazon_sandbox.world.report_types.periods import Json
from amazon_sandbox.world.report_types.request import ReportRequest
from amazon_sandbox.world.search import asin_figures
from amazon_sandbox.world.shop import Shop

REPORT_TYPE = "GET_PROMOTION_PERFORMANCE_REPORT"
OPTIONS = ("promotionStartDateFrom", "promotionStartDateTo")


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when no promotion started then. Raises FatalReport."""
    start, end = starts_between(REPORT_TYPE, request, OPTIONS)
    rows = [row for shop in request.shops for row in _rows(request, shop, start, end)]
    return campaign_document(REPORT_TYPE, request, "promotions", rows) if rows else None


def _rows(request: ReportRequest, shop: Shop, start: int, end: int) -> Iterator[Json]:
    until = yesterday_over(shop, request.now)
    for campaign in campaigns(shop, "promotion", start, end, request.now):
        sold = sold_in(shop, campaign, until, request.now, gross=False)
        views = _views(shop, campaign, until, request.now)
        yield {
            "promotionId": f"{campaign.number:011d}",
            "promotionName": f"{campaign.type.replace('_', ' ').title()}: {_title(shop, campaign)}",
            "merchantId": request.seller.seller_id,
            "unitsSold": sum(each.units for each in sold.values()),
            **_revenue(shop, "revenue", sum(each.revenue for each in sold.values())),
            "startDateTime": utc(campaign.start),
            "endDateTime": utc(campaign.end),
            "type": campaign.type,
            "status": _status(campaign, request.now),
            "creationChannel": "SELF-SERVICE",
            "marketplaceId": shop.marketplace.marketplace_id,
            "glanceViews": sum(views.values()),
            "createdDateTime": utc(campaign.created),
            "lastUpdatedDateTime": utc(max(campaign.created, min(until, campaign.end))),
            "includedProducts": list(_products(shop, campaign, sold, views)),
        }


def _products(shop: Shop, campaign: Campaign, sold: dict[str, Sold], views: dict[str, int]) -> Iterator[Json]:
    for listing in campaign.listings:
        yield {
            "asin": listing.asin,
            "productName": listing.title(shop.marketplace.language),
            "productGlanceViews": views[listing.asin],
            "productUnitsSold": sold[listing.asin].units,
            **_revenue(shop, "productRevenue", sold[listing.asin].revenue),
        }


def _revenue(shop: Shop, name: str, minor: int) -> Json:
    return {name: shop.marketplace.amount(minor), f"{name}CurrencyCode": shop.marketplace.currency}


def _views(shop: Shop, campaign: Campaign, until: int, now: int) -> dict[str, int]:
    """Page views of each ASIN on the closed days of the campaign."""
    views = {listing.asin: 0 for listing in campaign.listings}
    end = min(campaign.end, until)
    if campaign.is_cancelled or end <= campaign.start:
        return views
    first, last = shop.marketplace.day_of_epoch(campaign.start), shop.marketplace.day_of_epoch(end - 1)
    figures = asin_figures(shop, first, last, now)
    for asin in views:
        found = figures.get(asin, Figures())
        views[asin] = found.browser_views + found.mobile_views
    return views


def _status(campaign: Campaign, now: int) -> str:
    if campaign.is_cancelled:
        return "CANCELED"
    return "APPROVED" if now >= campaign.start - 86_400 else "PENDING_APPROVAL"


def _title(shop: Shop, campaign: Campaign) -> str:
    return campaign.listings[0].title(shop.marketplace.language)
