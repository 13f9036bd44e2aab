"""Entities as lists return them: portfolios, Sponsored Products v3, Sponsored Brands v4, Sponsored Display.

Ids are text, except in Sponsored Display, which is older and returns numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from amazon_sandbox.ads.models import brand_entity, created_at, end_date, updated_at
from amazon_sandbox.simulation.ads_structure import (
    SB,
    SP,
    Ad,
    AdGroup,
    Campaign,
    Portfolio,
    Structure,
    Target,
)
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.storefront import Storefront

_AUTO_TYPES = {
    "close-match": "QUERY_HIGH_REL_MATCHES",
    "loose-match": "QUERY_BROAD_REL_MATCHES",
    "substitutes": "ASIN_SUBSTITUTE_RELATED",
    "complements": "ASIN_ACCESSORY_RELATED",
}
_DISPLAY_TACTICS = {"product": "T00020", "audience": "T00030"}

Entity = dict[str, Any]


def _extended(campaign: Campaign, number: int, status: str) -> Entity:
    return {
        "creationDateTime": created_at(campaign.start, number),
        "lastUpdateDateTime": updated_at(campaign, number),
        "servingStatus": status if campaign.state == "ENABLED" else f"CAMPAIGN_{campaign.state}",
    }


def _sp_campaign(storefront: Storefront, campaign: Campaign) -> Entity:
    strategy = "LEGACY_FOR_SALES" if campaign.kind == "auto" else "AUTO_FOR_SALES"
    top = [{"placement": "PLACEMENT_TOP", "percentage": 20}] if campaign.kind == "manual" else []
    row: Entity = {
        "campaignId": str(campaign.id),
        "name": campaign.name,
        "targetingType": campaign.kind.upper(),
        "state": campaign.state,
        "startDate": date.fromordinal(campaign.start).isoformat(),
        "budget": {"budgetType": "DAILY", "budget": storefront.marketplace.amount(campaign.budget)},
        "dynamicBidding": {"strategy": strategy, "placementBidding": top},
        "tags": {},
        "extendedData": _extended(campaign, campaign.id, "CAMPAIGN_STATUS_ENABLED"),
    }
    return row | _belongs(campaign)


def _belongs(campaign: Campaign) -> Entity:
    found: Entity = {}
    if campaign.portfolio is not None:
        found["portfolioId"] = str(campaign.portfolio.id)
    if (end := end_date(campaign)) is not None:
        found["endDate"] = end
    return found


def _sp_group(storefront: Storefront, group: AdGroup) -> Entity:
    return {
        "adGroupId": str(group.id),
        "campaignId": str(group.campaign.id),
        "name": group.name,
        "state": group.state,
        "defaultBid": storefront.marketplace.amount(group.bid),
        "extendedData": _extended(group.campaign, group.id, "AD_GROUP_STATUS_ENABLED"),
    }


def _sp_keyword(storefront: Storefront, target: Target) -> Entity:
    return {
        "keywordId": str(target.id),
        "campaignId": str(target.group.campaign.id),
        "adGroupId": str(target.group.id),
        "keywordText": target.text,
        "matchType": target.match,
        "state": target.state,
        "bid": storefront.marketplace.amount(target.bid),
        "extendedData": _extended(target.group.campaign, target.id, "TARGETING_CLAUSE_STATUS_LIVE"),
    }


def _sp_target(storefront: Storefront, target: Target) -> Entity:
    if target.kind == "auto":
        expression: list[Entity] = [{"type": _AUTO_TYPES[target.text]}]
    elif target.kind == "asin":
        expression = [{"type": "ASIN_SAME_AS", "value": target.value}]
    else:
        expression = [{"type": "ASIN_CATEGORY_SAME_AS", "value": target.value}]
    resolved = expression
    if target.kind == "category":
        resolved = [{"type": "ASIN_CATEGORY_SAME_AS", "value": target.text.split('"')[1]}]
    return {
        "targetId": str(target.id),
        "campaignId": str(target.group.campaign.id),
        "adGroupId": str(target.group.id),
        "expression": expression,
        "resolvedExpression": resolved,
        "expressionType": "AUTO" if target.kind == "auto" else "MANUAL",
        "state": target.state,
        "bid": storefront.marketplace.amount(target.bid),
        "extendedData": _extended(target.group.campaign, target.id, "TARGETING_CLAUSE_STATUS_LIVE"),
    }


def _sp_ad(storefront: Storefront, ad: Ad) -> Entity:
    return {
        "adId": str(ad.id),
        "campaignId": str(ad.group.campaign.id),
        "adGroupId": str(ad.group.id),
        "asin": ad.listing.asin,
        "sku": ad.listing.sku,
        "state": ad.state,
        "extendedData": _extended(ad.group.campaign, ad.id, "AD_STATUS_LIVE"),
    }


def _portfolio(storefront: Storefront, portfolio: Portfolio) -> Entity:
    marketplace: Marketplace = storefront.marketplace
    budget: Entity = {"currencyCode": marketplace.currency, "policy": "NO_CAP"}
    if portfolio.budget is not None:
        budget |= {"amount": marketplace.amount(portfolio.budget), "policy": "MONTHLY_RECURRING"}
    made = created_at(portfolio.created, portfolio.id)
    return {
        "portfolioId": str(portfolio.id),
        "name": portfolio.name,
        "state": "ENABLED",
        "inBudget": True,
        "budget": budget,
        "extendedData": {
            "creationDateTime": made,
            "lastUpdateDateTime": made,
            "servingStatus": "PORTFOLIO_STATUS_ENABLED",
            "statusReasons": [],
        },
    }


def _sb_campaign(storefront: Storefront, campaign: Campaign) -> Entity:
    row: Entity = {
        "campaignId": str(campaign.id),
        "name": campaign.name,
        "state": campaign.state,
        "budget": storefront.marketplace.amount(campaign.budget),
        "budgetType": "DAILY",
        "startDate": date.fromordinal(campaign.start).isoformat(),
        "brandEntityId": brand_entity(storefront),
        "costType": "CPC",
        "goal": "PAGE_VISIT",
        "bidding": {
            "bidOptimization": True,
            "bidOptimizationStrategy": "MAXIMIZE_IMMEDIATE_SALES",
        },
        "extendedData": _extended(campaign, campaign.id, "CAMPAIGN_STATUS_ENABLED"),
    }
    return row | _belongs(campaign)


def display_campaign(storefront: Storefront, campaign: Campaign) -> Entity:
    """A campaign of Sponsored Display."""
    row: Entity = {
        "campaignId": campaign.id,
        "name": campaign.name,
        "tactic": _DISPLAY_TACTICS[campaign.kind],
        "startDate": date.fromordinal(campaign.start).strftime("%Y%m%d"),
        "state": campaign.state.lower(),
        "costType": "cpc",
        "budget": storefront.marketplace.amount(campaign.budget),
        "budgetType": "daily",
        "deliveryProfile": "as_soon_as_possible",
    }
    if (end := end_date(campaign)) is not None:
        row["endDate"] = end.replace("-", "")
    if campaign.portfolio is not None:
        row["portfolioId"] = campaign.portfolio.id
    return row


def campaigns_of(structure: Structure, product: str) -> list[Campaign]:
    """The campaigns of an ad product."""
    return [campaign for campaign in structure.campaigns if campaign.product == product]


def _sp_targets(structure: Structure, *, keywords: bool) -> list[Target]:
    return [
        target
        for target in structure.targets()
        if target.group.campaign.product == SP and (target.kind == "keyword") is keywords
    ]


Make = Callable[[Storefront, Structure], list[Entity]]

# operation -> (path, media type, name of the list, function that builds it, field of the id filter)
LISTS: dict[str, tuple[str, str, str, Make, str]] = {
    "listPortfolios": (
        "/portfolios/list",
        "application/vnd.spPortfolio.v3+json",
        "portfolios",
        lambda storefront, structure: [_portfolio(storefront, one) for one in structure.portfolios],
        "portfolioId",
    ),
    "listSpCampaigns": (
        "/sp/campaigns/list",
        "application/vnd.spCampaign.v3+json",
        "campaigns",
        lambda storefront, structure: [_sp_campaign(storefront, one) for one in campaigns_of(structure, SP)],
        "campaignId",
    ),
    "listSpAdGroups": (
        "/sp/adGroups/list",
        "application/vnd.spAdGroup.v3+json",
        "adGroups",
        lambda storefront, structure: [
            _sp_group(storefront, one) for one in structure.groups() if one.campaign.product == SP
        ],
        "adGroupId",
    ),
    "listSpKeywords": (
        "/sp/keywords/list",
        "application/vnd.spKeyword.v3+json",
        "keywords",
        lambda storefront, structure: [
            _sp_keyword(storefront, one) for one in _sp_targets(structure, keywords=True)
        ],
        "keywordId",
    ),
    "listSpTargets": (
        "/sp/targets/list",
        "application/vnd.spTargetingClause.v3+json",
        "targetingClauses",
        lambda storefront, structure: [
            _sp_target(storefront, one) for one in _sp_targets(structure, keywords=False)
        ],
        "targetId",
    ),
    "listSpProductAds": (
        "/sp/productAds/list",
        "application/vnd.spProductAd.v3+json",
        "productAds",
        lambda storefront, structure: [
            _sp_ad(storefront, one) for one in structure.ads() if one.group.campaign.product == SP
        ],
        "adId",
    ),
    "listSbCampaigns": (
        "/sb/v4/campaigns/list",
        "application/vnd.sbcampaignresource.v4+json",
        "campaigns",
        lambda storefront, structure: [_sb_campaign(storefront, one) for one in campaigns_of(structure, SB)],
        "campaignId",
    ),
}
