"""Business Reports: sales and traffic, downloaded at once.

Files by ASIN have no date, so the range that the page shows once it has applied it becomes the facts
``first_day`` and ``last_day``. The columns are those that the user has ticked on the page. The address and
the test id of the download button have stayed the same longest; the texts come second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import Delivery, DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject, values_of
from sellerops.sources.seller_portal.pages.loading import (
    download_by,
    facts_of,
    open_page,
    wait_for_data,
    wanted_days,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

# The page's own ids of its views, the same since 2021.
_VIEWS = {
    "by_date": "102:SalesTrafficTimeSeries",
    "detail_page_by_date": "102:DetailSalesTrafficByTime",
    "by_parent": "102:DetailSalesTrafficByParentItem",
    "by_child": "102:DetailSalesTrafficByChildItem",
    "by_sku": "102:DetailSalesTrafficBySKU",
}
_ADDRESS = "/business-reports/ref=xx_sitemetric_dnav_xx"
_DOWNLOAD = (
    "Download (.csv)",
    "Download",
    "Herunterladen (.csv)",
    "Herunterladen",
    "ダウンロード (.csv)",
    "ダウンロード",
)


class BusinessReports(PageObject):
    """Options: ``view``: ``by_date``, ``detail_page_by_date``, ``by_parent``, ``by_child`` or ``by_sku``."""

    name: ClassVar[str] = "business_report"
    delivery: ClassVar[Delivery] = Delivery.DIRECT

    def check(self, portal: Portal, options: Options = ()) -> None:
        for view in values_of(options, "view", ("by_date", "by_child"), default="by_date"):
            _open(portal, view)
            portal.controls.dates()
            _download_button(portal)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        view = wanted.options.get("view", "by_date")
        first, last = wanted_days(wanted)
        _open(portal, view)
        portal.controls.set_dates(first, last)
        wait_for_data(portal)
        shown = portal.controls.dates()
        if shown != (first, last):
            raise portal.controls.changed(f"date range (shows {shown[0]} to {shown[1]})")
        button = _download_button(portal)
        return (download_by(portal, button, facts_of(portal, shown, view=view)),)


def _open(portal: Portal, view: str) -> None:
    if view not in _VIEWS:
        raise ConfigurationError(
            f"Business Reports have no view {view!r}.",
            remedy=f"Write one of {', '.join(_VIEWS)} as the spec's `request.options.view`.",
        )
    open_page(portal, f"{_ADDRESS}#/report?id={_VIEWS[view]}")
    wait_for_data(portal)


def _download_button(portal: Portal) -> Locator:
    page = portal.page
    return portal.controls.find(
        "button 'Download (.csv)'",
        page.get_by_test_id("BR_TABLE_BAR_DOWNLOAD_BUTTON"),
        page.get_by_role("button", name=named(*_DOWNLOAD)),
    )
