"""The report columns that are not measures (who, where, when), and the keys of rows."""

from __future__ import annotations

from collections.abc import Callable

from amazon_sandbox.ads.columns import MEASURES, PURCHASED_BY_BRANDS, Column, Value
from amazon_sandbox.ads.sums import Row
from amazon_sandbox.simulation.ads_structure import SB, SP, Ad, Campaign, Target
from amazon_sandbox.simulation.ads_traffic import Part
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.streams import uniforms

Key = tuple[int | str, ...]
BUDGET_TYPE = "DAILY_BUDGET"
_STRATEGIES = {"auto": "legacy", "manual": "optimizeForSales"}
_LEGACY_SHARE = 0.3
_OPTIMIZES = {"product": "clicks", "audience": "conversions"}

# The key of a row by groupBy, besides the date.
KEYS: dict[str, Callable[[Part], Key]] = {
    "campaign": lambda part: (part.ad.group.campaign.id,),
    "campaignPlacement": lambda part: (part.ad.group.campaign.id, part.placement),
    "adGroup": lambda part: (part.ad.group.id,),
    "ads": lambda part: (part.ad.id,),
    "advertiser": lambda part: (part.ad.id,),
    "targeting": lambda part: (part.target.id,),
    "searchTerm": lambda part: (part.target.id, part.term),
    "asin": lambda part: (part.target.id, part.ad.listing.asin),
    "purchasedAsin": lambda part: (part.ad.group.id,),
    "promptAdExtension": lambda part: (part.ad.id,),
}
DISPLAY_PURCHASED = "sdPurchasedProduct"  # has no targets
# Rows by matched target also keep the entity of their report type.
MATCHED: dict[str, Callable[[Part], Key]] = {
    "sdCampaigns": lambda part: (part.ad.group.campaign.id, part.term),
    "sdAdGroup": lambda part: (part.ad.group.id, part.term),
    "sdTargeting": lambda part: (part.target.id, part.term),
}


def _campaign(row: Row) -> Campaign:
    return row.part.ad.group.campaign


def _amount(row: Row, minor: int) -> float:
    return row.scope.storefront.marketplace.amount(minor)


def keyword_type(target: Target) -> str:
    """The keywordType in reports: a keyword's match type, or the kind of expression of any other target."""
    return target.match


def _targeting(row: Row) -> str:
    return row.part.target.text


def _share(row: Row) -> Value:
    """Top of search: only rows shown there have a value."""
    if row.part.ad.group.campaign.product != SP and not row.sums[0]:
        return None
    return round(1 + 40 * uniforms("share", _campaign(row).id, row.day or "", row.sums[0])[0], 2)


def _bought(row: Row) -> Listing:
    if row.bought_sku is None:
        raise KeyError("a row of purchased products has no credit")
    return row.bought_sku.bought


def _portfolio(row: Row) -> Value:
    portfolio = _campaign(row).portfolio
    return portfolio.id if portfolio else None


def _portfolio_name(row: Row) -> Value:
    portfolio = _campaign(row).portfolio
    return portfolio.name if portfolio else None


def _attribution(row: Row) -> Value:
    return "Promoted" if row.bought_sku is not None and row.bought_sku.is_same else "Brand Halo"


def _is_legacy(ad: Ad) -> bool:
    """Whether the ad's brand campaign predates ads in such campaigns; reports then omit the ad's id."""
    campaign = ad.group.campaign
    return campaign.product == SB and uniforms("before ads", campaign.id)[0] < _LEGACY_SHARE


def _prompt(row: Row) -> Value:
    title = row.part.ad.listing.title(row.scope.storefront.marketplace.language)
    return f"What should I know before buying {title}?"


DIMENSIONS: dict[str, Column] = {
    "date": lambda row: row.day,
    "startDate": lambda row: row.scope.start,
    "endDate": lambda row: row.scope.end,
    "marketplaceId": lambda row: row.scope.storefront.marketplace.marketplace_id,
    "portfolioId": _portfolio,
    "portfolioName": _portfolio_name,
    "campaignId": lambda row: _campaign(row).id,
    "campaignName": lambda row: _campaign(row).name,
    "campaignStatus": lambda row: _campaign(row).state,
    "campaignBudgetAmount": lambda row: _amount(row, _campaign(row).budget),
    "campaignBudgetType": lambda row: BUDGET_TYPE,
    "campaignBudgetCurrencyCode": lambda row: row.scope.storefront.marketplace.currency,
    "campaignRuleBasedBudgetAmount": lambda row: None,
    "campaignApplicableBudgetRuleId": lambda row: None,
    "campaignApplicableBudgetRuleName": lambda row: None,
    "campaignBiddingStrategy": lambda row: _STRATEGIES[_campaign(row).kind],
    "campaignPriceTypeCode": lambda row: "CPC",
    "costType": lambda row: "CPC",
    "topOfSearchImpressionShare": _share,
    "placementClassification": lambda row: row.part.placement,
    "adGroupId": lambda row: row.part.ad.group.id,
    "adGroupName": lambda row: row.part.ad.group.name,
    "adStatus": lambda row: row.part.ad.state,
    "adId": lambda row: None if _is_legacy(row.part.ad) else row.part.ad.id,
    "adName": lambda row: f"{row.part.ad.group.name} {row.part.ad.listing.asin}",
    "bidOptimization": lambda row: _OPTIMIZES[_campaign(row).kind],
    "advertisedAsin": lambda row: row.part.ad.listing.asin,
    "advertisedSku": lambda row: row.part.ad.listing.sku,
    "promotedAsin": lambda row: row.part.ad.listing.asin,
    "promotedSku": lambda row: row.part.ad.listing.sku,
    "keywordId": lambda row: row.part.target.id,
    "keyword": _targeting,
    "keywordText": _targeting,  # for targets, the expression, as Amazon's guide says
    "keywordType": lambda row: keyword_type(row.part.target),
    "keywordBid": lambda row: _amount(row, row.part.target.bid),
    "adKeywordStatus": lambda row: row.part.target.state,
    "matchType": lambda row: row.part.target.match,
    "targeting": _targeting,
    "targetingId": lambda row: row.part.target.id,
    "targetingExpression": _targeting,
    "targetingText": _targeting,
    "targetingType": lambda row: keyword_type(row.part.target),
    "searchTerm": lambda row: row.part.term,
    "matchedTargetAsin": lambda row: row.part.term.upper(),
    "purchasedAsin": lambda row: _bought(row).asin,
    "asinBrandHalo": lambda row: _bought(row).asin,
    "productName": lambda row: _bought(row).title(row.scope.storefront.marketplace.language),
    "productCategory": lambda row: _bought(row).category.title(),
    "attributionType": _attribution,
    "creativeExtensionId": lambda row: f"cx-{row.part.ad.id}",
    "creativeExtensionType": lambda row: "PROMPT",
    "promptText": _prompt,
}


def column(report_type: str, name: str) -> Column:
    """The function that computes a column of a report type. Raises KeyError for an unknown column."""
    if report_type == "sbPurchasedProduct" and name in PURCHASED_BY_BRANDS:
        return PURCHASED_BY_BRANDS[name]
    return DIMENSIONS[name] if name in DIMENSIONS else MEASURES[name]


def key_of(report_type: str, group: str) -> Callable[[Part], Key]:
    """The key of a row of a report type by a groupBy."""
    if group == "matchedTarget":
        return MATCHED[report_type]
    if report_type == DISPLAY_PURCHASED:
        return lambda part: (part.ad.group.id, part.ad.listing.asin)
    return KEYS[group]
