"""All page objects by name: a new page adds its module and one line here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from sellerops.base.errors import ConfigurationError

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.page_object import PageObject

# Names only: a module is imported when its page is used.
PAGES: dict[str, str] = {
    "report_central": "report_central:ReportCentral",
    "payments_reports": "payments_reports:PaymentsReports",
    "awd_fees": "awd:AwdFees",
    "awd_inventory": "awd:AwdInventory",
    "awd_inbound_shipments": "awd:AwdInboundShipments",
    "listing_reports": "listing_reports:ListingReports",
    "business_report": "business_reports:BusinessReports",
    "brand_analytics": "brand_analytics:BrandAnalytics",
    "shipment_queue": "shipment_queue:ShipmentQueue",
    "ads_reports": "ads_console:AdsReports",
    "support_cases": "support_cases:SupportCases",
    "datarova": "datarova:Datarova",
}

_ROOM = "sellerops.sources.seller_portal.pages"


def page_object(name: str) -> PageObject:
    """The page object that a spec's ``request.page`` names. ConfigurationError listing the known ones."""
    if name not in PAGES:
        raise ConfigurationError(
            f"unknown page {name!r}.",
            where="request.page",
            remedy=f"Known: {', '.join(sorted(PAGES))}. A new one needs a module and a line in "
            "include/sellerops/sources/seller_portal/pages/registry.py.",
        )
    module, _, attribute = PAGES[name].partition(":")
    return cast("PageObject", getattr(importlib.import_module(f"{_ROOM}.{module}"), attribute)())


def pages_of(site: str) -> tuple[str, ...]:
    """The names of all pages of a site, in the registry's order."""
    return tuple(name for name in PAGES if page_object(name).site == site)
