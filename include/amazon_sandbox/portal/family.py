"""What the portal's pages add to the sandbox. A new page adds its module's ``pages`` to ``PAGES``."""

from __future__ import annotations

from amazon_sandbox.core.sandbox import Family
from amazon_sandbox.portal import (
    ads_console,
    awd,
    brand_analytics,
    business_reports,
    datarova,
    faults,
    home,
    kat,
    listing_reports,
    payments,
    picker,
    report_central,
    shipment_queue,
    sign_in,
    support,
)
from amazon_sandbox.portal.ads_entities import AdsConsole
from amazon_sandbox.portal.files import KINDS
from amazon_sandbox.portal.report_lists import ReportLists
from amazon_sandbox.portal.routes import PortalPage, route_of
from amazon_sandbox.portal.state import PortalState

PAGES: tuple[PortalPage, ...] = (
    *sign_in.pages,
    *picker.pages,
    *home.pages,
    *report_central.pages,
    *payments.pages,
    *awd.pages,
    *listing_reports.pages,
    *business_reports.pages,
    *brand_analytics.pages,
    *shipment_queue.pages,
    *support.pages,
    *ads_console.pages,
    *datarova.pages,
)

FAMILY = Family(
    routes=(*kat.routes, *map(route_of, PAGES)),
    operations=tuple(dict.fromkeys(page.operation for page in PAGES)),
    faults=faults.MENU,
    states=(PortalState, ReportLists, AdsConsole),
    report_types=lambda: KINDS,
)
