"""The shipment queue. Its link "Export" exports only the page that is shown (25 shipments), so a range with
many shipments gives several files.

Known: the old address (which leads to the new list), the label "From Date", the classes of the export link
and of the button that applies the range, and "Next". The header of the file is not public.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.sources.common.portal_api import Delivery, DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject
from sellerops.sources.seller_portal.pages.exported_pages import export_pages, is_disabled
from sellerops.sources.seller_portal.pages.loading import facts_of, open_page, wait_for_data, wanted_days

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

_ADDRESS = "/gp/ssof/shipping-queue.html/"
_EXPORT = ("Export", "Exportieren", "エクスポート")
_APPLY = ("Apply", "Anwenden", "適用")
_NEXT = ("Next", "Weiter", "次へ")
_EMPTY = re.compile(r"no shipments? (was |were )?found|keine sendungen|納品が見つかりません", re.IGNORECASE)


class ShipmentQueue(PageObject):
    """No options."""

    name: ClassVar[str] = "shipment_queue"
    delivery: ClassVar[Delivery] = Delivery.DIRECT

    def check(self, portal: Portal, options: Options = ()) -> None:
        _open(portal)
        portal.controls.dates()
        _apply(portal)
        if not _is_empty(portal):
            portal.controls.rows()
            _export(portal)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        first, last = wanted_days(wanted)
        _open(portal)
        portal.controls.set_dates(first, last)
        _apply(portal).click()
        wait_for_data(portal)
        shown = portal.controls.dates()
        if shown != (first, last):
            raise portal.controls.changed(f"date range (shows {shown[0]} to {shown[1]})")
        if _is_empty(portal):
            return ()
        return tuple(
            export_pages(
                portal, lambda: _export(portal), lambda number: _next(portal), facts_of(portal, shown)
            )
        )


def _open(portal: Portal) -> None:
    open_page(portal, _ADDRESS)
    wait_for_data(portal)


def _apply(portal: Portal) -> Locator:
    page = portal.page
    return portal.controls.find(
        "button 'Apply' of the date range",
        page.locator("kat-button.date-range-apply-button"),
        page.get_by_role("button", name=named(*_APPLY)),
    )


def _export(portal: Portal) -> Locator:
    page = portal.page
    return portal.controls.find(
        "link 'Export'",
        page.locator("kat-link.export-table-link"),
        page.get_by_role("link", name=named(*_EXPORT)),
        page.get_by_role("button", name=named(*_EXPORT)),
    )


def _next(portal: Portal) -> Locator | None:
    found = portal.page.get_by_role("link", name=named(*_NEXT)).or_(
        portal.page.get_by_role("button", name=named(*_NEXT))
    )
    shown = found.filter(visible=True)
    return None if not shown.count() or is_disabled(shown.first) else shown.first


def _is_empty(portal: Portal) -> bool:
    return bool(_EMPTY.search(portal.page.locator("body").inner_text()))
