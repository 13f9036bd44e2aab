"""All kinds of files by name: ``<page object>.<what is chosen on it>``.

Options (texts) by page:

- ``report_central.<NAME in the page's address>``: none.
- ``payments_reports.SELLER_TRANSACTION_DATE_RANGE``: none; the store decides columns, times and money.
- ``business_report.by_date``, ``.by_child``, ``.by_sku``, ``.by_parent``, ``.detail_page_by_date``:
  ``b2b`` (``yes``, default, or ``no``), ``devices`` (``yes``: mobile and browser columns; default ``no``).
- ``brand_analytics.<view>``: ``period`` (``WEEK``, default, ``MONTH``, ``QUARTER``), ``brand`` (default: the
  seller's), ``format`` (``csv``, default, or ``xlsx``), ``quoting`` (``raw``, default, ``doubled``,
  ``padded``).
- ``awd_fees.storage|processing|transportation``: the month of charge is that of ``first_day``.
- ``awd_inventory``: ``layout`` (``usual``, default, or ``by_country``).
- ``shipment_queue``, ``support_cases``: ``page`` (``1``, default); ``page_count`` says how many there are.
- ``ads_reports.sp_search_terms``, ``.sb_search_terms`` (old console): ``time_unit`` (``SUMMARY``, default, or
  ``DAILY``); ``ads_reports.unified_search_terms``: all stores of the account.
- ``datarova.keywords``, ``datarova.rank_tracker``: ``asin`` (default: the seller's best seller).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from amazon_sandbox.portal.files import report_central
from amazon_sandbox.portal.files.models import FileRequest, PortalFile, UnknownFile

_OTHERS = (
    "payments_reports.SELLER_TRANSACTION_DATE_RANGE",
    "business_report.by_date",
    "business_report.detail_page_by_date",
    "business_report.by_parent",
    "business_report.by_child",
    "business_report.by_sku",
    "brand_analytics.search_query_performance_brand",
    "brand_analytics.search_query_performance_asin",
    "brand_analytics.search_catalog_performance",
    "brand_analytics.top_search_terms",
    "brand_analytics.demographics",
    "brand_analytics.item_comparison",
    "brand_analytics.alternate_purchase",
    "brand_analytics.customer_loyalty",
    "awd_fees.storage",
    "awd_fees.processing",
    "awd_fees.transportation",
    "awd_inventory",
    "awd_inbound_shipments",
    "shipment_queue",
    "ads_reports.sp_search_terms",
    "ads_reports.sb_search_terms",
    "ads_reports.unified_search_terms",
    "support_cases",
    "datarova.keywords",
    "datarova.rank_tracker",
)
_WRITERS: dict[str, Callable[[FileRequest], PortalFile]] = {
    **{f"report_central.{name}": partial(report_central.write, name) for name in report_central.REPORTS},
}
KINDS = (*_WRITERS, *_OTHERS)


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
    return 1
