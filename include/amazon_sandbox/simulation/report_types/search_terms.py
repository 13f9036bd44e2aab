"""GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT: a marketplace's search terms, each with its most clicked ASINs.

The JSON of Amazon's sellingPartnerSearchTermsReport schema. Rows have no date. The clicked ASINs may be any
seller's; for the seller's own, the share of clicks is that of the search query performance report. Amazon's
file for a large marketplace is several gigabytes; `bulk` writes a file of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.report_types.periods import (
    Json,
    analytics_document,
    analytics_request,
    json_chunks,
)
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.search import QueryFigures, query_figures, share
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, token, uniforms

REPORT_TYPE = "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"
PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER")
KEY = "dataByDepartmentAndSearchTerm"
CLICKED = 3
OTHER_TERMS = 200


def write(request: ReportRequest) -> Document | None:
    """The document; it covers the whole marketplace, so it is never empty.

    Raises FatalReport where Amazon ends the report FATAL.
    """
    scope = analytics_request(REPORT_TYPE, request, PERIODS)
    first, last = (day.toordinal() for day in scope.periods[0])
    known = query_figures(scope.storefront, first, last, scope.now)
    return analytics_document(scope, REPORT_TYPE, KEY, _rows(scope.storefront, known, OTHER_TERMS, first))


def bulk(storefront: Storefront, rows: int) -> Document:
    """A document of exactly `rows` rows, streamed in constant memory; every term is for other sellers'
    products.
    """
    sunday = date(2026, 11, 8)
    specification = {
        "reportType": REPORT_TYPE,
        "reportOptions": {"reportPeriod": "WEEK"},
        "dataStartTime": sunday.isoformat(),
        "dataEndTime": date(2026, 11, 14).isoformat(),
        "marketplaceIds": [storefront.marketplace.marketplace_id],
    }
    terms = -(-rows // CLICKED)
    made = islice(_rows(storefront, [], terms, sunday.toordinal()), rows)
    return Document(json_chunks(specification, KEY, made), "application/json")


def _rows(storefront: Storefront, known: Iterable[QueryFigures], others: int, first: int) -> Iterator[Json]:
    """The seller's queries by volume, followed by other terms with ever lower volumes."""
    rank = 0
    for query in sorted(known, key=lambda query: (-query.volume, query.text)):
        rank += 1
        yield from _term(storefront, query.text, rank, most_clicked(storefront, query, first))
    for number in range(others):
        rank += 1
        text = _other_term(storefront, number)
        yield from _term(storefront, text, rank, _top(storefront, text, first, {}, {}))


def _term(
    storefront: Storefront, text: str, rank: int, top: list[tuple[str, float, float]]
) -> Iterator[Json]:
    for position, (asin, clicks, conversions) in enumerate(top, start=1):
        yield {
            "departmentName": storefront.marketplace.sales_channel,
            "searchTerm": text,
            "searchFrequencyRank": rank,
            "clickedAsin": asin,
            "clickShareRank": position,
            "clickShare": clicks,
            "conversionShare": conversions,
        }


def most_clicked(storefront: Storefront, query: QueryFigures, first: int) -> list[tuple[str, float, float]]:
    """The three most clicked ASINs of a query, with their shares of clicks and purchases."""
    clicks = {asin: share(funnel.clicks, query.total.clicks) for asin, funnel in query.asins.items()}
    bought = {asin: share(funnel.purchases, query.total.purchases) for asin, funnel in query.asins.items()}
    return _top(storefront, query.text, first, clicks, bought)


def _top(
    storefront: Storefront, text: str, first: int, clicks: dict[str, float], bought: dict[str, float]
) -> list[tuple[str, float, float]]:
    """The three most clicked ASINs with their shares; other sellers' ASINs get what the known ones leave."""
    country = storefront.marketplace.country
    u = uniforms(country, text, first, "clicked")
    left = [max(0.0, 1 - sum(part.values())) for part in (clicks, bought)]
    entries = [(asin, clicks[asin], bought[asin]) for asin in clicks]
    for index in range(CLICKED):
        asin = "B0" + token(UPPER_ALNUM, 8, country, text, index, "competitor")
        part = between(u[index], 0.03, 0.3)
        entries.append((asin, round(left[0] * part, 4), round(left[1] * part * u[index + 3] * 2, 4)))
    entries.sort(key=lambda entry: (-entry[1], entry[0]))
    return entries[:CLICKED]


def _other_term(storefront: Storefront, number: int) -> str:
    """A search term for other sellers' products; its number distinguishes it from the seller's queries."""
    language = storefront.marketplace.language
    types = tables.rows("product_types")
    words = next(row for row in tables.rows("search_words") if row["language"] == language)
    name = types[number % len(types)][language].casefold()
    word = words[("cheap", "gift", "best")[number // len(types) % 3]]
    return f"{name} {word.casefold()} {number + 1}"
