"""The report columns that are measures, each computed from a row's sums and credits.

Rates are fractions (clicks divided by impressions); percentages, ACOS and the share of impressions are in
hundredths. A quotient whose divisor is 0 is null, except for the cost per click and the click-through rate,
which are then 0. Money is in the profile's currency.
"""

from __future__ import annotations

from collections.abc import Callable

from amazon_sandbox.ads.sums import COUNT_INDEX, WINDOWS, Bought, Row

Value = str | int | float | None
Column = Callable[[Row], Value]

_NEVER = (  # Kindle books: the seller has none
    "qualifiedBorrows",
    "qualifiedBorrowsFromClicks",
    "qualifiedBorrowsFromViews",
    "royaltyQualifiedBorrows",
    "royaltyQualifiedBorrowsFromClicks",
    "royaltyQualifiedBorrowsFromViews",
    "kindleEditionNormalizedPagesRead14d",
    "kindleEditionNormalizedPagesRead",
    "kindleEditionNormalizedPagesReadFromClicks",
    "kindleEditionNormalizedPagesReadFromViews",
)
_NEVER_PAID = (
    "kindleEditionNormalizedPagesRoyalties14d",
    "kindleEditionNormalizedPagesRoyalties",
    "kindleEditionNormalizedPagesRoyaltiesFromClicks",
    "kindleEditionNormalizedPagesRoyaltiesFromViews",
)


def _count(*names: str) -> Column:
    indexes = [COUNT_INDEX[name] for name in names]
    if len(indexes) == 1:
        index = indexes[0]
        return lambda row: row.sums[index]
    return lambda row: sum(row.sums[index] for index in indexes)


def _money(minor: Callable[[Row], int]) -> Column:
    return lambda row: row.scope.storefront.marketplace.amount(minor(row))


def _ratio(
    top: Callable[[Row], float], bottom: Callable[[Row], float], factor: float = 1.0, *, none: Value = None
) -> Column:
    def value(row: Row) -> Value:
        divisor = bottom(row)
        return round(top(row) / divisor * factor, 4) if divisor else none

    return value


def _plain(*names: str) -> Callable[[Row], int]:
    indexes = [COUNT_INDEX[name] for name in names]
    return lambda row: sum(row.sums[index] for index in indexes)


def _cost(row: Row) -> int:
    return row.sums[2]


def _minor(row: Row) -> float:
    marketplace = row.scope.storefront.marketplace
    return marketplace.amount(row.sums[2])


_clicks, _impressions = _plain("clicks"), _plain("impressions")
_viewable, _pages = _plain("viewable"), _plain("pages", "page_views")


def _clicked(window: int, what: str, same: bool | None = None) -> Callable[[Row], int]:
    index = Bought._fields.index(what)
    return lambda row: row.clicked(window, same)[index]


def _sold(what: str, kind: str = "all", *, clicks: bool = False) -> Callable[[Row], int]:
    index = Bought._fields.index(what)
    return lambda row: row.bought(kind, clicks=clicks)[index]


def _windowed() -> dict[str, Column]:
    """Sponsored Products and prompts: what was bought within 1, 7, 14 and 30 days of a click."""
    found: dict[str, Column] = {}
    for window in WINDOWS:
        end = f"{window}d"
        found |= {
            f"purchases{end}": _clicked(window, "purchases"),
            f"purchasesSameSku{end}": _clicked(window, "purchases", True),
            f"purchasesOtherSku{end}": _clicked(window, "purchases", False),
            f"unitsSoldClicks{end}": _clicked(window, "units"),
            f"unitsSoldSameSku{end}": _clicked(window, "units", True),
            f"unitsSoldOtherSku{end}": _clicked(window, "units", False),
            f"sales{end}": _money(_clicked(window, "sales")),
            f"attributedSalesSameSku{end}": _money(_clicked(window, "sales", True)),
            f"salesOtherSku{end}": _money(_clicked(window, "sales", False)),
            f"acosClicks{end}": _ratio(_cost, _clicked(window, "sales"), 100.0),
            f"roasClicks{end}": _ratio(_clicked(window, "sales"), _cost),
            f"purchaseClickRate{end}": _ratio(_clicked(window, "purchases"), _clicks),
        }
    return found


def _of_14_days() -> dict[str, Column]:
    """Sponsored Brands and Display: what was bought within 14 days of a click or a view."""
    found: dict[str, Column] = {
        "purchasesPromoted": _sold("purchases", "promoted"),
        "purchasesPromotedClicks": _sold("purchases", "promoted", clicks=True),
        "salesPromoted": _money(_sold("sales", "promoted")),
        "salesPromotedClicks": _money(_sold("sales", "promoted", clicks=True)),
        "longTermSales": _money(lambda row: row.bought().sales * 27 // 20),
        "longTermROAS": _ratio(lambda row: row.bought().sales * 27 // 20, _cost),
        "newToBrandPurchasesRate": _ratio(_sold("purchases", "new"), _clicks),
    }
    for name, what in (("Purchases", "purchases"), ("Sales", "sales"), ("UnitsSold", "units")):
        all_of, of_clicks = _sold(what), _sold(what, clicks=True)
        new, new_clicks = _sold(what, "new"), _sold(what, "new", clicks=True)
        wrap: Callable[[Callable[[Row], int]], Column] = (
            _money if what == "sales" else (lambda column: column)
        )
        low = name[0].lower() + name[1:]
        percentage = _ratio(new, all_of, 100.0)
        found |= {
            low: wrap(all_of),
            f"{low}Clicks": wrap(of_clicks),
            f"newToBrand{name}": wrap(new),
            f"newToBrand{name}Clicks": wrap(new_clicks),
            f"newToBrand{name}Percentage": percentage,
            f"newToBrand{name}14d": wrap(new),
            f"newToBrand{name}Percentage14d": percentage,
            f"{low}BrandHalo": wrap(all_of),
            f"{low}BrandHaloClicks": wrap(of_clicks),
        }
    return found | {
        "conversionsBrandHalo": _sold("purchases"),
        "conversionsBrandHaloClicks": _sold("purchases", clicks=True),
    }


# sbPurchasedProduct also counts views; the columns of the same name elsewhere do not.
PURCHASED_BY_BRANDS: dict[str, Column] = {
    "orders14d": _sold("purchases"),
    "ordersClicks14d": _sold("purchases", clicks=True),
    "sales14d": _money(_sold("sales")),
    "salesClicks14d": _money(_sold("sales", clicks=True)),
    "unitsSold14d": _sold("units"),
    "unitsSoldClicks14d": _sold("units", clicks=True),
}


def _gross(what: str) -> Column:
    return _count(what, f"invalid_{what}")


def _traffic() -> dict[str, Column]:
    spend = _money(_cost)
    return {
        "impressions": _count("impressions"),
        "clicks": _count("clicks"),
        "cost": spend,
        "spend": spend,
        "costPerClick": _ratio(_minor, _clicks, none=0.0),
        "clickThroughRate": _ratio(_clicks, _impressions, none=0),
        "viewableImpressions": _count("viewable"),
        "impressionsViews": _count("viewable"),
        "viewabilityRate": _ratio(_viewable, _impressions),
        "viewClickThroughRate": _ratio(_clicks, _viewable),
        "grossImpressions": _gross("impressions"),
        "grossClickThroughs": _gross("clicks"),
        "invalidImpressions": _count("invalid_impressions"),
        "invalidClickThroughs": _count("invalid_clicks"),
        "invalidImpressionRate": _ratio(
            _plain("invalid_impressions"), _plain("impressions", "invalid_impressions")
        ),
        "invalidClickThroughRate": _ratio(_plain("invalid_clicks"), _plain("clicks", "invalid_clicks")),
        "cumulativeReach": _reach,
        "impressionsFrequencyAverage": _ratio(_impressions, _reach),
    }


def _reach(row: Row) -> int:
    impressions = row.sums[0]
    return impressions - impressions // 4


def _actions() -> dict[str, Column]:
    """What shoppers did after seeing an ad, other than buying."""
    found: dict[str, Column] = {
        "addToCartRate": _ratio(_plain("carts", "cart_views"), _impressions),
        "eCPAddToCart": _ratio(_minor, _plain("carts", "cart_views")),
        "brandedSearchRate": _ratio(_plain("searches", "search_views"), _impressions),
        "eCPBrandSearch": _ratio(_minor, _plain("searches", "search_views")),
        "addToList": _count("lists", "list_views"),
        "addToListFromClicks": _count("lists"),
        "addToListFromViews": _count("list_views"),
        "newToBrandDetailPageViewRate": _ratio(_plain("new_pages", "new_page_views"), _impressions),
        "newToBrandECPDetailPageView": _ratio(_minor, _plain("new_pages", "new_page_views")),
        "newToBrandDetailPageViews": _count("new_pages", "new_page_views"),
        "newToBrandDetailPageViewsClicks": _count("new_pages"),
        "newToBrandDetailPageViewClicks": _count("new_pages"),
        "newToBrandDetailPageViewViews": _count("new_page_views"),
        "brandStorePageView": _count("store_pages"),
        "video5SecondViews": _count("video_5s"),
        "video5SecondViewRate": _ratio(_plain("video_5s"), _impressions),
        "videoFirstQuartileViews": _count("video_q1"),
        "videoMidpointViews": _count("video_half"),
        "videoThirdQuartileViews": _count("video_q3"),
        "videoCompleteViews": _count("video_full"),
        "videoUnmutes": _count("unmutes"),
    }
    for name, clicked, viewed in (
        ("addToCart", "carts", "cart_views"),
        ("detailPageViews", "pages", "page_views"),
        ("brandedSearches", "searches", "search_views"),
    ):
        found |= {
            name: _count(clicked, viewed),
            f"{name}Clicks": _count(clicked),
            f"{name}Views": _count(viewed),
        }
    return found


def _nothing(row: Row) -> Value:
    return 0


def _no_money(row: Row) -> Value:
    return 0.0


MEASURES: dict[str, Column] = {
    **_traffic(),
    **_actions(),
    **_windowed(),
    **_of_14_days(),
    **dict.fromkeys(_NEVER, _nothing),
    **dict.fromkeys(_NEVER_PAID, _no_money),
}
