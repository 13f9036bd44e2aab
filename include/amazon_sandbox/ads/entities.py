"""The lists of entities: portfolios, Sponsored Products v3, Sponsored Brands v4, Sponsored Display.

Ids are text, except in Sponsored Display, which is older and returns numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.ads.answers import AdsError
from amazon_sandbox.ads.models import brand_entity, created_at, end_date, updated_at
from amazon_sandbox.ads.operations import AdsCall, Answer, endpoint
from amazon_sandbox.simulation.ads_structure import (
    SB,
    SD,
    SP,
    Ad,
    AdGroup,
    Campaign,
    Portfolio,
    Structure,
    Target,
    structure_of,
)
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token

MOST_RESULTS = 100
_USUAL_STATES = ("ENABLED", "PAUSED")
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


def _sd_campaign(storefront: Storefront, campaign: Campaign) -> Entity:
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


def _of_product(structure: Structure, product: str) -> list[Campaign]:
    return [campaign for campaign in structure.campaigns if campaign.product == product]


def _sp_targets(structure: Structure, *, keywords: bool) -> list[Target]:
    return [
        target
        for target in structure.targets()
        if target.group.campaign.product == SP and (target.kind == "keyword") is keywords
    ]


Make = Callable[[Storefront, Structure], list[Entity]]

# operation -> (path, media type, name of the list, function that builds it, field of the id filter)
_LISTS: dict[str, tuple[str, str, str, Make, str]] = {
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
        lambda storefront, structure: [_sp_campaign(storefront, one) for one in _of_product(structure, SP)],
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
        lambda storefront, structure: [_sb_campaign(storefront, one) for one in _of_product(structure, SB)],
        "campaignId",
    ),
}


def _lister(operation: str) -> Any:
    _, media_type, plural, make, id_name = _LISTS[operation]

    async def list_entities(call: AdsCall) -> Answer:
        """A page of the list: filters, maxResults, nextToken."""
        accepted = call.request.headers.get("accept", "*/*")
        if media_type not in accepted and "*/*" not in accepted:
            raise AdsError(406, "Could not find acceptable representation")
        sent = (call.request.headers.get("content-type") or "application/json").split(";")[0].strip()
        if sent != media_type and not (operation == "listSbCampaigns" and sent == "application/json"):
            raise AdsError(415, f"Content type {sent} is not supported")
        body = call.json_body()
        found = [] if call.storefront is None else make(call.storefront, structure_of(call.storefront))
        found = _filtered(found, body, id_name)
        if not body.get("includeExtendedDataFields"):
            found = [{name: value for name, value in one.items() if name != "extendedData"} for one in found]
        return 200, _page(call, operation, plural, found, body)

    return list_entities


def _filtered(found: list[Entity], body: Entity, id_name: str) -> list[Entity]:
    states = _included(body, "stateFilter") or _USUAL_STATES
    found = [one for one in found if one["state"] in states]
    for name in dict.fromkeys((id_name, "campaignId", "adGroupId", "portfolioId")):
        if ids := _included(body, f"{name}Filter"):
            found = [one for one in found if one.get(name) in ids]
    if names := _included(body, "nameFilter"):
        exact = body["nameFilter"].get("queryTermMatchType") == "EXACT_MATCH"
        found = [one for one in found if any(_is_named(one, name, exact) for name in names)]
    return found


def _is_named(entity: Entity, name: str, exact: bool) -> bool:
    own = str(entity.get("name", "")).casefold()
    return own == name.casefold() if exact else name.casefold() in own


def _included(body: Entity, name: str) -> Sequence[str]:
    selection = body.get(name)
    if selection is None:
        return ()
    include = selection.get("include") if isinstance(selection, dict) else None
    if not isinstance(include, list):
        raise AdsError(400, f"{name} must be an object with include")
    return [str(one) for one in include]


def _page(call: AdsCall, operation: str, plural: str, found: list[Entity], body: Entity) -> Entity:
    sandbox, now = call.sandbox, call.sandbox.clock.now()
    limit = body.get("maxResults", MOST_RESULTS)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise AdsError(400, "maxResults must be a positive number")
    size = min(limit, MOST_RESULTS)
    same = {name: repr(value) for name, value in body.items() if name not in ("nextToken", "maxResults")}
    same["profile"] = str(call.profile.id)
    first = 0
    if body.get("nextToken"):
        token = str(body["nextToken"])
        resumed = read_next_token(sandbox, operation, same, token)
        first = resumed.position[0]
    page: Entity = {plural: found[first : first + size], "totalResults": len(found)}
    if first + size < len(found):
        page["nextToken"] = next_token(sandbox, operation, same, [first + size], now)
    return page


async def list_sd_campaigns(call: AdsCall) -> Answer:
    """GET /sd/campaigns: a bare list; startIndex and count, states in lower case."""
    query = call.request.query_params
    states = [text.lower() for text in query.get("stateFilter", "enabled,paused,archived").split(",")]
    first, count = query.get("startIndex", "0"), query.get("count", "100")
    if not (first.isdecimal() and count.isdecimal()):
        raise AdsError(400, "startIndex and count must be numbers")
    if call.storefront is None:
        return 200, []
    campaigns = _of_product(structure_of(call.storefront), SD)
    found = [_sd_campaign(call.storefront, one) for one in campaigns if one.state.lower() in states]
    return 200, found[int(first) : int(first) + int(count)]


routes: list[BaseRoute] = [
    *(
        Route(path, endpoint(operation, _lister(operation), media_type=media_type), methods=["POST"])
        for operation, (path, media_type, *_) in _LISTS.items()
    ),
    Route("/sd/campaigns", endpoint("listSdCampaigns", list_sd_campaigns), methods=["GET"]),
]
