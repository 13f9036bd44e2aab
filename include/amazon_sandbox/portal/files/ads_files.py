"""Exports of the Ads console: the old one's workbooks by store, and the unified report of the whole account.

The old console counts what was bought within 7 days of a click (Sponsored Products) or within 14 days
(Sponsored Brands): the Ads API's figures. The unified report names no days: its `(promoted)` columns are the
old figures, `(halo)` is what later days add (up to 30, Sponsored Products), and the base columns are both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from amazon_sandbox.ads.rows import ReportQuery, summed
from amazon_sandbox.ads.sums import COUNT_INDEX, Bought, Row
from amazon_sandbox.portal.files.layouts import ENGLISH, Column, columns, label
from amazon_sandbox.portal.files.models import CSV, XLSX, FileRequest, PortalFile
from amazon_sandbox.portal.files.workbook import Cell, Sheet, workbook_bytes
from amazon_sandbox.portal.files.writing import csv_bytes
from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.ads_structure import SP
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, token

_KEYWORDS = frozenset(("BROAD", "PHRASE", "EXACT"))
_TIME_UNITS = ("SUMMARY", "DAILY")
_COUNTRIES = {
    "US": "United States", "CA": "Canada", "MX": "Mexico", "GB": "United Kingdom", "DE": "Germany",
    "FR": "France", "IT": "Italy", "ES": "Spain", "NL": "Netherlands", "SE": "Sweden", "PL": "Poland",
    "BE": "Belgium", "IE": "Ireland", "JP": "Japan", "AU": "Australia", "AE": "United Arab Emirates",
    "SA": "Saudi Arabia",
}  # fmt: skip


class Export(NamedTuple):
    """An old console's report: the Ads API's type with the same rows, the layout, the days of attribution."""

    type_id: str
    layout: str
    window: int
    title: str


SP_TERMS = Export("spSearchTerm", "ads_sp_search_terms", 7, "Sponsored Products Search term report")
SB_TERMS = Export("sbSearchTerm", "ads_sb_search_terms", 14, "Sponsored Brands Search term report")


def write_old(export: Export, request: FileRequest) -> PortalFile:
    """A store's workbook: `Start Date` and `End Date` in a summary, one `Date` by day; real dates."""
    is_daily = _is_daily(request)
    shown = _old_columns(export, is_daily)
    first, last = request.days
    rows: list[Sequence[Cell]] = [[column.header for column in shown]]
    for row in _summed(request.storefront, export.type_id, is_daily, first, last, request.seconds):
        figures = _old_row(export, row, request.marketplace, first, last)
        rows.append([figures[column.field] for column in shown])
    content = workbook_bytes([Sheet("Sheet1", rows)])
    return PortalFile(f"{export.title}.xlsx", XLSX, content)


def write_unified(request: FileRequest) -> PortalFile:
    """All stores of the account in one file, each in its currency; a row per ad group and search term. A
    store's range ends earlier than requested if its current day is earlier.
    """
    shown = columns("ads_unified_search_terms", ENGLISH)
    lines = [
        [row[column.field] for column in shown]
        for marketplace_id in request.seller.marketplace_ids
        for row in _unified_rows(request, request.simulation.storefront(request.seller, marketplace_id))
    ]
    content = csv_bytes([[column.header for column in shown], *lines], bom=True)
    return PortalFile("Search_term_report.csv", CSV, content)


def _is_daily(request: FileRequest) -> bool:
    unit = request.options.get("time_unit", "SUMMARY")
    if unit not in _TIME_UNITS:
        raise ValueError(f"time_unit must be one of {', '.join(_TIME_UNITS)}; got {unit}")
    return unit == "DAILY"


def _summed(
    storefront: Storefront, type_id: str, is_daily: bool, first: date, last: date, now: int
) -> Iterator[Row]:
    # Shipments that clients created do not change ad figures.
    return summed(storefront.generated, ReportQuery(type_id, ("searchTerm",), (), is_daily, first, last), now)


def _old_columns(export: Export, is_daily: bool) -> list[Column]:
    shown = list(columns(export.layout, ENGLISH))
    return [Column("Date", "date", "real"), *shown[2:]] if is_daily else shown


def _old_row(export: Export, row: Row, marketplace: Marketplace, first: date, last: date) -> dict[str, Cell]:
    group, target = row.part.ad.group, row.part.target
    impressions, clicks, cost = row.sums[0], row.sums[1], row.sums[2]
    window, is_sp = export.window, export is SP_TERMS
    every = row.clicked(window) if is_sp else row.bought()
    found: dict[str, Cell] = {
        "date": date.fromisoformat(row.day) if row.day else None,
        "start_date": first,
        "end_date": last,
        "portfolio_name": group.campaign.portfolio.name if group.campaign.portfolio else "Not grouped",
        "currency": marketplace.currency,
        "campaign_name": group.campaign.name,
        "ad_group_name": group.name,
        "retailer": "Amazon",
        "country": _COUNTRIES.get(marketplace.country, marketplace.country),
        "targeting": target.text,
        "match_type": target.match if target.match in _KEYWORDS else "-",
        "customer_search_term": row.part.term,
        "impressions": impressions,
        "clicks": clicks,
        "click_thru_rate_ctr": _ratio(clicks, impressions),
        "cost_per_click_cpc": _ratio(marketplace.amount(cost), clicks),
        "spend": marketplace.amount(cost),
        f"{window}_day_total_sales": marketplace.amount(every.sales),
        "total_advertising_cost_of_sales_acos": _ratio(cost, every.sales),
        "total_return_on_advertising_spend_roas": _ratio(every.sales, cost),
        f"{window}_day_total_orders": every.purchases,
        f"{window}_day_total_units": every.units,
        f"{window}_day_conversion_rate": _ratio(every.purchases, clicks),
    }
    if is_sp:
        same, other = row.clicked(window, True), row.clicked(window, False)
        found |= {
            f"{window}_day_advertised_sku_units": same.units,
            f"{window}_day_other_sku_units": other.units,
            f"{window}_day_advertised_sku_sales": marketplace.amount(same.sales),
            f"{window}_day_other_sku_sales": marketplace.amount(other.sales),
        }
    return found


class _Figures(NamedTuple):
    """What a row of the unified report counts."""

    impressions: int
    clicks: int
    cost: int
    page_views: int
    promoted: Bought
    halo: Bought
    new: Bought


def _figures(rows: Iterable[Row]) -> _Figures:
    impressions = clicks = cost = views = 0
    promoted, halo, new = Bought(), Bought(), Bought()
    for row in rows:
        is_sp = row.part.ad.group.campaign.product == SP
        impressions, clicks, cost = (
            total + part for total, part in zip((impressions, clicks, cost), row.sums[:3], strict=True)
        )
        views += 0 if is_sp else row.sums[COUNT_INDEX["pages"]] + row.sums[COUNT_INDEX["page_views"]]
        old = row.clicked(7) if is_sp else row.bought()
        promoted = _plus(promoted, old)
        halo = _plus(halo, _minus(row.clicked(30), old)) if is_sp else halo
        new = new if is_sp else _plus(new, row.bought("new"))
    return _Figures(impressions, clicks, cost, views, promoted, halo, new)


def _plus(one: Bought, other: Bought) -> Bought:
    return Bought(*(a + b for a, b in zip(one, other, strict=True)))


def _minus(one: Bought, other: Bought) -> Bought:
    return Bought(*(a - b for a, b in zip(one, other, strict=True)))


def _unified_rows(request: FileRequest, storefront: Storefront) -> Iterator[dict[str, object]]:
    marketplace, now = storefront.marketplace, request.seconds
    first, last = request.days
    last = min(last, date.fromordinal(marketplace.day_of_epoch(now)))
    is_daily = _is_daily(request)
    groups: dict[tuple[str, int, str], list[Row]] = {}
    for export in (SP_TERMS, SB_TERMS):
        for row in _summed(storefront, export.type_id, is_daily, first, last, now):
            groups.setdefault((row.day or "", row.part.ad.group.id, row.part.term), []).append(row)
    for (day, _, term), rows in groups.items():
        days = (date.fromisoformat(day),) * 2 if day else (first, last)
        campaign = rows[0].part.ad.group.campaign
        yield {
            "budget_currency": marketplace.currency,
            "date_range": " - ".join(_shown_day(each) for each in days),
            "advertiser_account_id": account_id(request.simulation.seed, request.seller),
            "advertiser_account_name": request.seller.account.replace("_", " ").title(),
            "portfolio_id": _as_text(campaign.portfolio.id) if campaign.portfolio else "",
            "portfolio_name": campaign.portfolio.name if campaign.portfolio else "",
            "campaign_id": _as_text(campaign.id),
            "campaign_name": campaign.name,
            "ad_group_id": _as_text(rows[0].part.ad.group.id),
            "ad_group_name": rows[0].part.ad.group.name,
            "search_term": term,
            **_unified_figures(marketplace, _figures(rows)),
        }


def _unified_figures(marketplace: Marketplace, found: _Figures) -> dict[str, object]:
    cost, clicks = marketplace.amount(found.cost), found.clicks
    written: dict[str, object] = {
        "impressions": found.impressions,
        "clicks": clicks,
        "ctr": _shown(_ratio(clicks, found.impressions)),
        "total_cost": cost,
        "detail_page_views": found.page_views,
        "cost_per_detail_page_view": _shown(_ratio(cost, found.page_views)),
        "detail_page_view_rate": _shown(_ratio(found.page_views, found.impressions)),
        **_bought(marketplace, "halo", found.halo),
    }
    both = _plus(found.promoted, found.halo)
    for kind, bought in (("", both), ("promoted", found.promoted), ("new_to_brand", found.new)):
        end = f"_{kind}" if kind else ""
        written |= {
            **_bought(marketplace, kind, bought),
            f"cost_per_purchase{end}": _shown(_ratio(cost, bought.purchases)),
            f"purchase_rate{end}": _shown(_ratio(bought.purchases, clicks)),
            f"roas{end}": _shown(_ratio(marketplace.amount(bought.sales), cost)),
        }
    return written


def _bought(marketplace: Marketplace, kind: str, bought: Bought) -> dict[str, object]:
    end = f"_{kind}" if kind else ""
    return {
        f"purchases{end}": bought.purchases,
        f"sales{end}": marketplace.amount(bought.sales),
        f"units_sold{end}": bought.units,
    }


def account_id(seed: int, seller: Seller) -> str:
    """The id of a seller's advertiser account, the same in all its stores."""
    return "amzn1.ads-account.g." + token(UPPER_ALNUM, 22, seed, seller.account, "ads account").lower()


def _as_text(number: int) -> str:
    """An id as Excel keeps it: ="171234567890123"."""
    return f'="{number}"'


def _shown_day(day: date) -> str:
    return f"{label('months', ENGLISH).split()[day.month - 1]} {day.day}, {day.year}"


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _shown(value: float | None) -> object:
    return "" if value is None else value
