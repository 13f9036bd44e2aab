"""Business Reports: the figures of the sales and traffic report, as the page downloads them.

Counts have a comma between thousands and percentages a sign, in every language; money is the store's
(`$1,807.00`, `5.255,61 €`). Files by product have no date, and their name has the day of the download. The
page shows the columns that the user has ticked: those of Amazon Business (`b2b`), and by product those of
mobile and browser (`devices`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from amazon_sandbox.portal.files.layouts import Column, columns
from amazon_sandbox.portal.files.models import CSV, FileRequest, PortalFile
from amazon_sandbox.portal.files.writing import count, csv_bytes, minor_units, percent, price
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.report_types.sales_and_traffic import REPORT_TYPE

Json = dict[str, Any]
_B2B = "_b2b"
_AMERICAN = frozenset({"US"})
_DOTTED = frozenset({"DE"})


class _View(NamedTuple):
    """What a view shows: its layout, the list of the API's document, and the product it names, if any."""

    layout: str
    entries: str
    product: str = ""


_VIEWS = {
    "by_date": _View("business_by_date", "salesAndTrafficByDate"),
    "detail_page_by_date": _View("business_by_date_detail_page", "salesAndTrafficByDate"),
    "by_parent": _View("business_by_parent", "salesAndTrafficByAsin", "PARENT"),
    "by_child": _View("business_by_child", "salesAndTrafficByAsin", "CHILD"),
    "by_sku": _View("business_by_sku", "salesAndTrafficByAsin", "SKU"),
}
VIEWS = tuple(_VIEWS)
# The API's name of each figure, and how the page writes it.
_COUNT, _MONEY, _PERCENT, _PLAIN = "count", "money", "percent", "plain"
_FIGURES = {
    "ordered_product_sales": ("orderedProductSales", _MONEY),
    "units_ordered": ("unitsOrdered", _COUNT),
    "total_order_items": ("totalOrderItems", _COUNT),
    "average_sales_per_order_item": ("averageSalesPerOrderItem", _MONEY),
    "average_units_per_order_item": ("averageUnitsPerOrderItem", _PLAIN),
    "average_selling_price": ("averageSellingPrice", _MONEY),
    "average_offer_count": ("averageOfferCount", _COUNT),
    "average_parent_items": ("averageParentItems", _COUNT),
    "order_item_session_percentage": ("orderItemSessionPercentage", _PERCENT),
    "unit_session_percentage": ("unitSessionPercentage", _PERCENT),
    "featured_offer_percentage": ("buyBoxPercentage", _PERCENT),
    "featured_offer_buy_box_percentage": ("buyBoxPercentage", _PERCENT),
    **{
        f"{kind}_{device}": (f"{stem}{name}", style)
        for kind, name, style in (
            ("sessions", "Sessions", _COUNT),
            ("session_percentage", "SessionPercentage", _PERCENT),
            ("page_views", "PageViews", _COUNT),
            ("page_views_percentage", "PageViewsPercentage", _PERCENT),
        )
        for device, stem in (("mobile_app", "mobileApp"), ("browser", "browser"), ("total", ""))
    },
}


def write(view: str, request: FileRequest) -> PortalFile:
    """The file of one view; without sales and visits it has the header alone."""
    what = _VIEWS[view]
    shown = _columns(what, request)
    titles = {
        asin: listing.title(request.marketplace.language)
        for listing in reversed(request.storefront.listings)
        for asin in (listing.parent_asin, listing.asin)
    }
    rows = [
        [_cell(request.marketplace, column.field, entry, titles) for column in shown]
        for entry in _entries(what, request)
    ]
    today = date.fromordinal(request.marketplace.day_of(request.now))
    name = f"BusinessReport-{today.month}-{today.day}-{today:%y}.csv"
    return PortalFile(name, CSV, csv_bytes([[column.header for column in shown], *rows], bom=True))


def _columns(view: _View, request: FileRequest) -> list[Column]:
    has_devices = request.options.get("devices", "no") == "yes" and view.product == "CHILD"
    layout = f"{view.layout}_wide" if has_devices else view.layout
    has_b2b = request.options.get("b2b", "yes") == "yes" and request.marketplace.is_b2b
    return [
        column for column in columns(layout, request.language) if has_b2b or not column.field.endswith(_B2B)
    ]


def _entries(view: _View, request: FileRequest) -> Iterable[Json]:
    first, last = request.days
    options = {"dateGranularity": "DAY", "asinGranularity": view.product or "PARENT"}
    document = request.simulation.document(
        REPORT_TYPE, request.seller, [request.marketplace.marketplace_id], first, last, options, request.now
    )
    return json.loads(document.read())[view.entries] if document else ()


def _cell(marketplace: Marketplace, field: str, entry: Json, titles: dict[str, str]) -> str:
    if field == "date":
        return _day(marketplace, date.fromisoformat(entry["date"]))
    if field == "title":
        return titles[entry.get("childAsin") or entry["parentAsin"]]
    if field in ("parent_asin", "child_asin", "sku"):
        return str(entry[{"parent_asin": "parentAsin", "child_asin": "childAsin", "sku": "sku"}[field]])
    name, style = _FIGURES[field.removesuffix(_B2B)]
    value = _figures(entry)[_api_name(name) + ("B2B" if field.endswith(_B2B) else "")]
    return _STYLES[style](marketplace, value)


def _api_name(name: str) -> str:
    return name[0].lower() + name[1:]


def _figures(entry: Json) -> Json:
    return {
        name: value
        for part in ("salesByDate", "trafficByDate", "salesByAsin", "trafficByAsin")
        for name, value in entry.get(part, {}).items()
    }


def _money(marketplace: Marketplace, value: Json) -> str:
    return price(marketplace, minor_units(marketplace, value["amount"]))


_STYLES: dict[str, Callable[[Marketplace, Any], str]] = {
    _COUNT: lambda _, value: count(value),
    _PERCENT: lambda _, value: percent(value),
    _PLAIN: lambda _, value: f"{value:.2f}",
    _MONEY: _money,
}


def _day(marketplace: Marketplace, day: date) -> str:
    """5/1/26 in the US, 01.05.26 in Germany, 26/05/01 in Japan, 01/05/26 elsewhere (seen in India)."""
    if marketplace.country in _AMERICAN:
        return f"{day.month}/{day.day}/{day:%y}"
    if marketplace.country in _DOTTED:
        return f"{day:%d.%m.%y}"
    return f"{day:%y/%m/%d}" if marketplace.country == "JP" else f"{day:%d/%m/%y}"
