"""All kinds of files by name: ``<page object>.<what is chosen on it>``.

Options (texts) by page:

- ``report_central.<NAME in the page's address>``: none.
- ``payments_reports.SELLER_TRANSACTION_DATE_RANGE``: none; the store decides columns, times and money.
- ``business_report.by_date``, ``.by_child``, ``.by_sku``, ``.by_parent``, ``.detail_page_by_date``:
  ``b2b`` (``yes``, default, or ``no``), ``devices`` (``yes``: mobile and browser columns; default ``no``).
- ``brand_analytics.<view>`` (see ``KINDS``): ``period`` (``WEEK``, default, ``MONTH``, ``QUARTER``),
  ``brand`` (default: the seller's), ``asin`` (only ``search_query_performance_asin``), ``format`` (``csv``,
  default, or ``xlsx``), ``quoting`` (``raw``, default, ``doubled``, ``padded``).
- ``awd_fees.storage|processing|transportation``: the month of charge is that of ``first_day``.
- ``awd_inventory``: ``layout`` (``usual``, default, or ``by_country``).
- ``listing_reports.ALL_LISTINGS``: none.
- ``shipment_queue``, ``support_cases``: ``page`` (``1``, default); ``page_count`` says how many there are.
- ``ads_reports.sp_search_terms``, ``.sb_search_terms`` (old console): ``time_unit`` (``SUMMARY``, default, or
  ``DAILY``); ``ads_reports.unified_search_terms``: all stores of the account.
- ``datarova.keywords``, ``datarova.rank_tracker``: ``asin`` (default: the seller's best seller).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from amazon_sandbox.portal.files import (
    ads_files,
    awd_files,
    brand_analytics,
    brand_metadata,
    brand_shoppers,
    business,
    datarova,
    listings,
    lists,
    payments,
    report_central,
)
from amazon_sandbox.portal.files.brand_metadata import Table
from amazon_sandbox.portal.files.models import FileRequest, PortalFile, UnknownFile
from amazon_sandbox.simulation.awd_charges import Fee

_TABLES: dict[str, Callable[[FileRequest], Table]] = {
    "search_query_performance_brand": brand_analytics.brand_queries,
    "search_query_performance_asin": brand_analytics.asin_queries,
    "search_catalog_performance": brand_analytics.catalogue,
    "top_search_terms": brand_analytics.top_terms,
    "demographics": brand_shoppers.demographics,
    "item_comparison": brand_shoppers.item_comparison,
    "alternate_purchase": brand_shoppers.alternate_purchase,
    "customer_loyalty": brand_shoppers.customer_loyalty,
}


def _brand_analytics(view: str, request: FileRequest) -> PortalFile:
    return brand_metadata.written(request, _TABLES[view](request))


_WRITERS: dict[str, Callable[[FileRequest], PortalFile]] = {
    **{f"report_central.{name}": partial(report_central.write, name) for name in report_central.REPORTS},
    "payments_reports.SELLER_TRANSACTION_DATE_RANGE": payments.write,
    **{f"business_report.{view}": partial(business.write, view) for view in business.VIEWS},
    **{f"brand_analytics.{view}": partial(_brand_analytics, view) for view in _TABLES},
    **{f"awd_fees.{fee.value}": partial(awd_files.write_fees, fee) for fee in Fee},
    "awd_inventory": awd_files.write_inventory,
    "awd_inbound_shipments": awd_files.write_inbound,
    "listing_reports.ALL_LISTINGS": listings.write_all,
    "shipment_queue": lists.write_shipments,
    "ads_reports.sp_search_terms": partial(ads_files.write_old, ads_files.SP_TERMS),
    "ads_reports.sb_search_terms": partial(ads_files.write_old, ads_files.SB_TERMS),
    "ads_reports.unified_search_terms": ads_files.write_unified,
    "support_cases": lists.write_cases,
    "datarova.keywords": datarova.write_keywords,
    "datarova.rank_tracker": datarova.write_ranks,
}
_PAGES = {"shipment_queue": lists.shipment_pages, "support_cases": lists.case_pages}
KINDS = tuple(_WRITERS)


def file_of(kind: str, request: FileRequest) -> PortalFile:
    """The file that a page hands out for a request; equal requests give equal bytes.

    Raises UnknownFile, NoData (the page lists "No Data Available"), ValueError (a choice the page does not
    offer) and KeyError (a store the seller does not have).
    """
    writer = _WRITERS.get(kind)
    if writer is None:
        raise UnknownFile(f"no page hands out {kind!r}; use one of: {', '.join(KINDS)}")
    return writer(request)


def page_count(kind: str, request: FileRequest) -> int:
    """How many pages the list behind a file has; each is a file of its own (option ``page``)."""
    if kind not in KINDS:
        raise UnknownFile(f"no page hands out {kind!r}; use one of: {', '.join(KINDS)}")
    pages = _PAGES.get(kind)
    return pages(request) if pages else 1
