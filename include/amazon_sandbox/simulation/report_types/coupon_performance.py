"""GET_COUPON_PERFORMANCE_REPORT: coupons that started in a period, each with its ASINs.

The JSON of Amazon's sellerCouponReport schema. While a coupon runs, its figures grow; they cover the time up
to yesterday.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.money.promotions import coupon_cost
from amazon_sandbox.simulation.promotions import Campaign, Sold, campaigns, sold_in
from amazon_sandbox.simulation.report_types.campaign_period import (
    campaign_document,
    starts_between,
    utc,
    yesterday_over,
)
from amazon_sandbox.simulation.report_types.periods import Json
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, uniforms

REPORT_TYPE = "GET_COUPON_PERFORMANCE_REPORT"
OPTIONS = ("couponStartDateFrom", "couponStartDateTo")
PERCENT_OFF = 10  # what the discounted order lines show
SEGMENTS = ("All customers", "All customers", "Amazon Prime members")


def write(request: ReportRequest) -> Document | None:
    """The document; None (CANCELLED) when no coupon started in the period. Raises FatalReport for bad
    options.
    """
    start, end = starts_between(REPORT_TYPE, request, OPTIONS)
    rows = [row for storefront in request.storefronts for row in _rows(request, storefront, start, end)]
    return campaign_document(REPORT_TYPE, request, "coupons", rows) if rows else None


def _rows(request: ReportRequest, storefront: Storefront, start: int, end: int) -> Iterator[Json]:
    until = yesterday_over(storefront, request.now)
    for campaign in campaigns(storefront, "coupon", start, end, request.now):
        sold = sold_in(storefront, campaign, until, request.now, gross=True)
        title = campaign.listings[0].title(storefront.marketplace.language)
        yield {
            "couponId": f"{campaign.number:011d}",
            "merchantId": request.seller.seller_id,
            "marketplaceId": storefront.marketplace.marketplace_id,
            "currencyCode": storefront.marketplace.currency,
            "name": f"{PERCENT_OFF}% {title}",
            "websiteMessage": f"{PERCENT_OFF}% - {title}",
            "startDateTime": utc(campaign.start),
            "endDateTime": utc(campaign.end),
            "customerSegment": SEGMENTS[campaign.number % len(SEGMENTS)],
            "discountType": "PERCENT_OFF_LIST_PRICE",
            "discountAmount": PERCENT_OFF,
            **_figures(storefront, campaign, list(sold.values())),
            "asins": [{"asin": listing.asin} for listing in campaign.listings],
        }


def _figures(storefront: Storefront, campaign: Campaign, sold: list[Sold]) -> Json:
    """Redemptions are discounted order lines; in addition to the discounts, the coupon costs a fee."""
    amount = storefront.marketplace.amount
    u = uniforms(*storefront.key, campaign.number, "coupon")
    redemptions = sum(each.items for each in sold)
    discount = sum(each.discount for each in sold)
    spent = discount + coupon_cost(storefront, campaign, sold)
    step = 500 * storefront.coupon_fee
    budget = max(1, -(-spent // step)) * step
    return {
        "clips": int(redemptions * between(u[0], 1.5, 6.0)),
        "redemptions": redemptions,
        "budget": amount(budget),
        "totalDiscount": amount(discount),
        "budgetSpent": amount(spent),
        "budgetRemaining": amount(budget - spent),
        "budgetPercentageUsed": round(100 * spent / budget, 2),
        "sales": amount(sum(each.revenue for each in sold)),
    }
