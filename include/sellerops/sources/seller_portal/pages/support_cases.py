"""The case log of Seller Support: its export is an Excel file of the ten cases that are shown.

Known: the address, the class of the export button, ten cases per page and numbered pages. The header of
the file is not public. The same cases are in the Support API 2025-02-01; prefer it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.sources.common.portal_api import Delivery, DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject
from sellerops.sources.seller_portal.pages.download_rows import store_of
from sellerops.sources.seller_portal.pages.exported_pages import export_pages
from sellerops.sources.seller_portal.pages.loading import facts_of, open_page, wait_for_data
from sellerops.sources.seller_portal.shown_dates import find_days

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal
    from sellerops.sources.seller_portal.tables import Row

_ADDRESS = "/cu/case-lobby"
_EXPORT = ("Export", "Export report", "Exportieren", "エクスポート")
_EMPTY = re.compile(r"no cases? (was |were )?found|keine fälle|ケースが見つかりません", re.IGNORECASE)


class SupportCases(PageObject):
    """No options. With a range, pages whose cases were all last updated before it are left out: the list is
    sorted by last update, newest first.
    """

    name: ClassVar[str] = "support_cases"
    delivery: ClassVar[Delivery] = Delivery.DIRECT
    has_stores: ClassVar[bool] = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        _open(portal)
        if not _is_empty(portal):
            portal.controls.rows()
            _export(portal)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        _open(portal)
        if _is_empty(portal):
            return ()
        order = store_of(portal).dates[0]

        def is_before_the_range(rows: list[Row]) -> bool:
            days = find_days(" ".join(rows[-1].texts), order)
            return wanted.first_day is not None and bool(days) and max(days) < wanted.first_day

        return tuple(
            export_pages(
                portal,
                lambda: _export(portal),
                lambda number: _page_number(portal, number),
                facts_of(portal),
                is_last=is_before_the_range,
            )
        )


def _open(portal: Portal) -> None:
    open_page(portal, _ADDRESS)
    wait_for_data(portal)


def _export(portal: Portal) -> Locator:
    page = portal.page
    return portal.controls.find(
        "button 'Export'",
        page.locator("kat-button.export-report-button"),
        page.get_by_role("button", name=named(*_EXPORT)),
    )


def _page_number(portal: Portal, number: int) -> Locator | None:
    """The number of a page in the pagination, which lists have above and below; None if there is none."""
    numbers = portal.page.locator("kat-pagination li, nav li").filter(visible=True)
    found = numbers.filter(has_text=re.compile(rf"^\s*{number}\s*$"))
    if not found.count():
        return None
    inner = found.first.locator("a, button")
    return inner.first if inner.count() else found.first


def _is_empty(portal: Portal) -> bool:
    return bool(_EMPTY.search(portal.page.locator("body").inner_text()))
