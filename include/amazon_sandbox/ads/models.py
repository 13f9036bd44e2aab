"""Entities as exports write them: Amazon's common models of campaigns, ad groups, targets and ads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from amazon_sandbox.ads.state import iso_milli
from amazon_sandbox.simulation.ads_structure import SB, SD, SP, Ad, AdGroup, Campaign, Target, structure_of
from amazon_sandbox.simulation.catalogue import DEFAULT_BRAND
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, token, uniforms

_ONGOING = date(2090, 1, 1).toordinal()
_REASONS = {"PAUSED": "CAMPAIGN_PAUSED", "ARCHIVED": "CAMPAIGN_ARCHIVED"}
_AUTO_MATCHES = {
    "close-match": "SEARCH_CLOSE_MATCH",
    "loose-match": "SEARCH_LOOSE_MATCH",
    "substitutes": "PRODUCT_SUBSTITUTES",
    "complements": "PRODUCT_COMPLEMENTS",
}
_TYPES = {
    "auto": "AUTO",
    "keyword": "KEYWORD",
    "asin": "PRODUCT",
    "category": "PRODUCT_CATEGORY",
    "views": "PRODUCT_AUDIENCE",
}


def created_at(ordinal: int, number: int) -> str:
    """The instant at which an entity was created on its day of creation; always the same."""
    seconds = uniforms("made", number)[0] * 86_400
    return iso_milli(
        (datetime.fromordinal(ordinal).replace(tzinfo=UTC) + timedelta(seconds=seconds)).timestamp()
    )


def updated_at(campaign: Campaign, number: int) -> str:
    """The instant of the last change: when the campaign ended, or a month after it began."""
    return created_at(min(campaign.end, campaign.start + 30), number)


def end_date(campaign: Campaign) -> str | None:
    """The last day of a campaign; None while it runs."""
    return None if campaign.end >= _ONGOING else date.fromordinal(campaign.end - 1).isoformat()


def export_rows(
    storefront: Storefront, kind: str, products: tuple[str, ...], states: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """The rows of an export: kind is campaigns, adGroups, targets or ads."""
    structure = structure_of(storefront)
    if kind == "campaigns":
        rows = [(one.product, one.state, campaign_row(storefront, one)) for one in structure.campaigns]
    elif kind == "adGroups":
        rows = [(one.campaign.product, one.state, group_row(storefront, one)) for one in structure.groups()]
    elif kind == "targets":
        rows = [
            (one.group.campaign.product, one.state, target_row(storefront, one))
            for one in structure.targets()
        ]
    else:
        rows = [(one.group.campaign.product, one.state, ad_row(storefront, one)) for one in structure.ads()]
    return (row for product, state, row in rows if product in products and state in states)


def _delivery(campaign: Campaign) -> dict[str, Any]:
    if campaign.state == "ENABLED":
        return {"deliveryStatus": "DELIVERING", "deliveryReasons": []}
    return {"deliveryStatus": "NOT_DELIVERING", "deliveryReasons": [_REASONS[campaign.state]]}


def _instants(campaign: Campaign, number: int) -> dict[str, str]:
    return {
        "creationDateTime": created_at(campaign.start, number),
        "lastUpdatedDateTime": updated_at(campaign, number),
    }


def campaign_row(storefront: Storefront, campaign: Campaign) -> dict[str, Any]:
    """A campaign in the common model."""
    row: dict[str, Any] = {
        "campaignId": str(campaign.id),
        "adProduct": campaign.product,
        "name": campaign.name,
        "startDate": date.fromordinal(campaign.start).isoformat(),
        "state": campaign.state,
        **_delivery(campaign),
        "budgetCaps": {
            "recurrenceTimePeriod": "DAILY",
            "budgetType": "MONETARY",
            "budgetValue": {
                "monetaryBudget": {
                    "currencyCode": storefront.marketplace.currency,
                    "amount": storefront.marketplace.amount(campaign.budget),
                }
            },
        },
        "tags": [],
        **_instants(campaign, campaign.id),
    }
    if campaign.portfolio is not None:
        row["portfolioId"] = str(campaign.portfolio.id)
    if (end := end_date(campaign)) is not None:
        row["endDate"] = end
    if campaign.product == SP:
        row["targetingSettings"] = campaign.kind.upper()
        strategy = "SALES_BID_DOWN_ONLY" if campaign.kind == "auto" else "SALES_BID_UP_AND_DOWN"
        top = [{"placement": "PLACEMENT_TOP", "percentage": 20}] if campaign.kind == "manual" else []
        row["optimization"] = {"bidStrategy": strategy, "placementBidAdjustments": top}
    else:
        row["costType"] = "CPC"
    if campaign.product == SB:
        row["brandEntityId"] = brand_entity(storefront)
    return row


def brand_entity(storefront: Storefront) -> str:
    """The id of the seller's brand."""
    return "ENTITY" + token(UPPER_ALNUM, 14, *storefront.key, "brand")


def group_row(storefront: Storefront, group: AdGroup) -> dict[str, Any]:
    """An ad group in the common model."""
    row: dict[str, Any] = {
        "adGroupId": str(group.id),
        "campaignId": str(group.campaign.id),
        "adProduct": group.campaign.product,
        "name": group.name,
        "state": group.state,
        **_delivery(group.campaign),
        **_instants(group.campaign, group.id),
    }
    if group.campaign.product != SB:
        row["bid"] = {
            "defaultBid": storefront.marketplace.amount(group.bid),
            "currencyCode": storefront.marketplace.currency,
        }
    if group.campaign.product == SD:
        row["creativeType"] = "IMAGE"
        row["optimization"] = {"goalSettings": {"goalType": "ENGAGEMENT_WITH_MY_AD", "goalKpi": "CLICKS"}}
    return row


def target_row(storefront: Storefront, target: Target) -> dict[str, Any]:
    """A target or keyword in the common model."""
    return {
        "targetId": str(target.id),
        "adGroupId": str(target.group.id),
        "adProduct": target.group.campaign.product,
        "state": target.state,
        "negative": False,
        **_delivery(target.group.campaign),
        "bid": {
            "bid": storefront.marketplace.amount(target.bid),
            "currencyCode": storefront.marketplace.currency,
        },
        "targetType": _TYPES[target.kind],
        "targetDetails": _details(target),
        **_instants(target.group.campaign, target.id),
    }


def _details(target: Target) -> dict[str, Any]:
    if target.kind == "auto":
        return {"matchType": _AUTO_MATCHES[target.text]}
    if target.kind == "keyword":
        return {"matchType": target.match, "keyword": target.text}
    if target.kind == "asin":
        return {"matchType": "PRODUCT_EXACT", "asin": target.value}
    if target.kind == "category":
        name = target.text.split('"')[1]
        return {"productCategoryId": target.value, "productCategoryResolved": name}
    match = "PRODUCT_EXACT" if "exact" in target.text else "PRODUCT_SIMILAR"
    return {"matchType": match, "event": "VIEWS", "lookback": int(target.value)}


def ad_row(storefront: Storefront, ad: Ad) -> dict[str, Any]:
    """An ad in the common model."""
    campaign = ad.group.campaign
    creative: dict[str, Any] = {}
    if campaign.product == SB:
        creative["products"] = [{"productIdType": "ASIN", "productId": one.asin} for one in ad.listings]
        creative["headline"] = f"{DEFAULT_BRAND} {ad.listing.category.title()}"
        creative["brandName"] = DEFAULT_BRAND
        kind = "VIDEO" if campaign.kind == "video" else "PRODUCT_COLLECTION"
    else:
        creative["products"] = [
            {"productIdType": "SKU", "productId": ad.listing.sku},
            {"productIdType": "ASIN", "productId": ad.listing.asin},
        ]
        kind = "PRODUCT_AD"
    row = {
        "adId": str(ad.id),
        "adGroupId": str(ad.group.id),
        "campaignId": str(campaign.id),
        "adProduct": campaign.product,
        "adType": kind,
        "state": ad.state,
        **_delivery(campaign),
        "creative": creative,
        **_instants(campaign, ad.id),
    }
    return row | ({} if campaign.product == SP else {"name": f"{ad.group.name} {ad.listing.asin}"})
