"""Exports of the third-party market tool: keywords of an ASIN, and its ranks by day.

The keyword export has the nine columns that a public program reads; of the rank tracker two are known and the
others inferred. Figures are those of search query performance: volumes of the last whole month.
"""

from __future__ import annotations

from datetime import date, timedelta

from amazon_sandbox.portal.files.layouts import ENGLISH, columns
from amazon_sandbox.portal.files.models import CSV, FileRequest, PortalFile
from amazon_sandbox.portal.files.writing import csv_bytes
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.report_types.search_terms import most_clicked
from amazon_sandbox.simulation.search import QueryFigures, query_figures, share
from amazon_sandbox.simulation.streams import uniforms

_PUBLISHED_AFTER = timedelta(days=3)
_DEEPEST_RANK = 60


def write_keywords(request: FileRequest) -> PortalFile:
    """A row per keyword that showed the ASIN, the most searched first."""
    shown = columns("datarova_keywords", ENGLISH)
    listing = _listing(request)
    first, last = _month_before(request)
    rows = []
    for position, query in enumerate(_queries(request, listing.asin, first, last), 1):
        asin, clicks, bought = most_clicked(request.storefront, query, first.toordinal())[0]
        total = query.total
        top_clicks, top_sales = round(total.clicks * clicks), round(total.purchases * bought)
        row = {
            "keyword": query.text,
            "keyword_monthly_clicks": total.clicks,
            "keyword_monthly_sales": total.purchases,
            "keyword_conversion": share(total.purchases, total.clicks),
            "top_asin": asin,
            "top_asin_monthly_clicks": top_clicks,
            "top_asin_monthly_sales": top_sales,
            "top_asin_conversion": share(top_sales, top_clicks),
            "dstr": position,
        }
        rows.append([row[column.field] for column in shown])
    content = csv_bytes([[column.header for column in shown], *rows])
    return PortalFile(f"ASIN-Tab-{listing.asin}-{request.now:%Y-%m-%d}.csv", CSV, content)


def write_ranks(request: FileRequest) -> PortalFile:
    """A row per day and keyword. The ranks follow the ASIN's share of the keyword's clicks."""
    shown = columns("datarova_rank_tracker", ENGLISH)
    listing = _listing(request)
    queries = _queries(request, listing.asin, *_month_before(request))
    first, last = request.days
    rows = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        for query in queries:
            organic, sponsored = _ranks(request, query, listing.asin, ordinal)
            row = {
                "date": date.fromordinal(ordinal).isoformat(),
                "amazon_choice_badge": "Yes" if organic == 1 else "No",
                "keyword": query.text,
                "asin": listing.asin,
                "organic_rank": organic,
                "sponsored_rank": sponsored,
                "search_volume": query.volume,
            }
            rows.append([row[column.field] for column in shown])
    content = csv_bytes([[column.header for column in shown], *rows])
    return PortalFile(f"Rank-Tracker-{listing.asin}-{request.now:%Y-%m-%d}.csv", CSV, content)


def _queries(request: FileRequest, asin: str, first: date, last: date) -> list[QueryFigures]:
    found = query_figures(request.storefront, first.toordinal(), last.toordinal(), request.seconds)
    mine = [query for query in found if asin in query.asins]
    return sorted(mine, key=lambda query: (-query.volume, query.text))


def _ranks(request: FileRequest, query: QueryFigures, asin: str, ordinal: int) -> tuple[int, int]:
    part = share(query.asins[asin].clicks, query.total.clicks)
    u = uniforms(request.marketplace.country, query.text, asin, ordinal, "rank")
    organic = 1 + int((1 - part) ** 2 * 12 * u[0])
    return min(_DEEPEST_RANK, organic), 1 + int(u[1] * 8)


def _listing(request: FileRequest) -> Listing:
    listings = {listing.asin: listing for listing in reversed(request.storefront.listings)}
    wanted = request.options.get("asin")
    if wanted is None:
        return max(listings.values(), key=lambda one: (one.base_rate, one.asin))
    if wanted not in listings:
        raise ValueError(f"the tool follows no ASIN {wanted} of this seller")
    return listings[wanted]


def _month_before(request: FileRequest) -> tuple[date, date]:
    """The last whole month that is known."""
    last = (request.now - _PUBLISHED_AFTER).date().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
