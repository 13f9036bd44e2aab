"""Brand Analytics: the views that no API serves, prepared by the page and fetched from its download manager.

Known: the address of Search Query Performance with its period, the download manager's address, the ids
of its buttons, the badge "In Progress" and the icon ``file_download``, and that a new tab opens. The
addresses of the other views follow the same pattern and are inferred, like the column that names a row's
brand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError, NothingToCollect, NotPublishedYet, Throttled
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import PageObject
from sellerops.sources.seller_portal.pages.brand_views import VIEWS, View, view_of
from sellerops.sources.seller_portal.pages.download_rows import DownloadRow, rows_of, store_of
from sellerops.sources.seller_portal.pages.loading import (
    before_sending,
    download_by,
    facts_of,
    is_missing,
    open_page,
    shown_text,
    wait_for_data,
    wanted_days,
)
from sellerops.sources.seller_portal.reporting_periods import ReportingPeriod, period_of
from sellerops.sources.seller_portal.shown_dates import find_range

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal


_DASHBOARD = "/brand-analytics/dashboard"
_MANAGER = "/brand-analytics/download-manager"
# Stores that have no Brand Analytics: their pages say "Page not found".
_WITHOUT = frozenset({"IE", "BE", "PL"})
_BRAND = ("Brand", "Marke", "ブランド")
_APPLY = ("Apply", "Anwenden", "適用")
_GENERATE = ("Generate Download", "Download erstellen", "ダウンロードを生成")
_NEW_TAB_MS = 5_000.0


class BrandAnalytics(PageObject):
    """Options: ``view``: one of ``brand_views.VIEWS``; ``period``: ``WEEK``, ``MONTH`` or ``QUARTER`` (else
    that of the window); ``brand``: as the page writes it (else the one that the page shows).
    """

    name: ClassVar[str] = "brand_analytics"

    def check(self, portal: Portal) -> None:
        for view in VIEWS.values():
            _open(portal, view, {})
            portal.controls.find("drop-down 'Brand'", portal.page.locator("kat-dropdown#brand, select#brand"))
            _apply_button(portal)
            _generate_button(portal)
        # Opening the dialog requests nothing.
        _generate_button(portal).click()
        _confirm_button(portal)
        _open_manager(portal)

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        view, period = view_of(wanted), _period_of(wanted)
        _open_manager(portal)
        brand = wanted.options.get("brand", "")
        return [row.as_report(self._type(wanted)) for row in _rows(portal, view, period, brand)]

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        with before_sending():
            view, period = view_of(wanted), _period_of(wanted)
            _open(portal, view, period.in_address)
            _require_shown(portal, period)
            _choose_brand(portal, wanted.options.get("brand", ""))
            _apply_button(portal).click()
            wait_for_data(portal)
            _require_shown(portal, period)
            _generate_button(portal).click()
            button = _confirm_button(portal)
        _confirm(portal, button)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        view, period = view_of(wanted), _period_of(wanted)
        _open_manager(portal)
        for row in _rows(portal, view, period, wanted.options.get("brand", "")):
            if report is None or row.id == report.report_id:
                return (_download(portal, row, wanted.options["view"]),)
        raise portal.controls.changed("row of the requested download")

    def _type(self, wanted: WantedFile) -> str:
        return f"{self.name}.{wanted.options.get('view', '')}"


def _download(portal: Portal, row: DownloadRow, view: str) -> DownloadedFile:
    brand = row.cell(*_BRAND)
    facts = facts_of(portal, (row.first_day, row.last_day), view=view, **({"brand": brand} if brand else {}))
    icon = portal.controls.find(
        "icon 'file_download'",
        row.locator.locator('kat-icon[name="file_download"]'),
        row.locator.get_by_role("button", name=named("Download", "Herunterladen", "ダウンロード")),
    )
    return download_by(portal, icon, facts)


def _rows(portal: Portal, view: View, period: ReportingPeriod, brand: str) -> list[DownloadRow]:
    """The list's rows of a view, period and, where the list says it, brand; newest first."""
    days = (period.first_day, period.last_day)
    return [
        row
        for row in rows_of(portal)
        if any(title.lower() in row.text.lower() for title in view.titles)
        and (row.first_day, row.last_day) == days
        and (not brand or row.cell(*_BRAND) in ("", brand))
    ]


def _period_of(wanted: WantedFile) -> ReportingPeriod:
    first, last = wanted_days(wanted)
    return period_of(first, last, wanted.options.get("period", "").upper())


def _open(portal: Portal, view: View, period: Mapping[str, str]) -> None:
    store = {"country-id": portal.marketplace.code.lower()} if portal.marketplace else {}
    open_page(portal, f"{_DASHBOARD}/{view.path}", **{"view-id": view.id, **period, **store})
    _require_page(portal)
    wait_for_data(portal)


def _open_manager(portal: Portal) -> None:
    open_page(portal, _MANAGER)
    _require_page(portal)
    wait_for_data(portal)
    portal.controls.find(
        "list of downloads", portal.page.locator('kat-table, table, [role="grid"], [role="table"]')
    )


def _require_page(portal: Portal) -> None:
    """Only where the store is known to have no page does "Page not found" mean that there is nothing."""
    if not is_missing(portal):
        return
    if portal.marketplace is not None and portal.marketplace.code in _WITHOUT:
        raise NothingToCollect(f"Brand Analytics has no page for {portal.marketplace.name}.")
    raise portal.controls.changed("page at this address (the site says: page not found)")


def _require_shown(portal: Portal, period: ReportingPeriod) -> None:
    """The page shows its newest period instead of one that it does not have yet."""
    control = portal.controls.find(
        f"control {period.control!r}", portal.page.locator(f'[id="{period.control}"]')
    )
    order = store_of(portal).dates[0]
    text = shown_text(control)
    shown = find_range(text, order)
    if shown is None:
        raise portal.controls.changed(f"range in {period.control!r} (shows {text!r})")
    if shown == (period.first_day, period.last_day):
        return
    if shown[1] < period.last_day:
        raise NotPublishedYet(
            f"The newest {period.kind.lower()} that Brand Analytics shows ends on {shown[1]}.",
            where=f"page {portal.page_name}",
        )
    raise portal.controls.changed(f"{period.kind.lower()} {period.last_day} (shows {shown[0]} to {shown[1]})")


def _choose_brand(portal: Portal, brand: str) -> None:
    if not brand:
        return
    offered = portal.page.locator("#brand kat-option, #brand option").evaluate_all(
        "all => all.map(each => (each.getAttribute('label') || each.textContent).trim())"
    )
    if offered and brand not in offered:
        raise ConfigurationError(
            f"the page offers no brand {brand!r}.",
            where=f"page {portal.page_name}",
            remedy=f"Write one of {', '.join(sorted(offered))} as the spec's `request.options.brand`.",
        )
    portal.controls.choose(*_BRAND, option=(brand,))


def _apply_button(portal: Portal) -> Locator:
    return portal.controls.find(
        "button 'Apply'",
        portal.page.locator('[data-test-id="RequiredFilterApplyButton"]'),
        portal.page.get_by_role("button", name=named(*_APPLY)),
    )


def _generate_button(portal: Portal) -> Locator:
    return portal.controls.find(
        "button 'Generate Download'",
        portal.page.locator("#GenerateDownloadButton"),
        portal.page.get_by_role("button", name=named(*_GENERATE)),
    )


def _confirm_button(portal: Portal) -> Locator:
    return portal.controls.find(
        "button 'Generate Download' of the dialog",
        portal.page.locator("#downloadModalGenerateDownloadButton"),
    )


def _confirm(portal: Portal, button: Locator) -> None:
    """Press the dialog's button, twice if it stays (it has wanted that), and close the tab that opens: the
    list is at its own address, too.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    for _ in range(2):
        try:
            with portal.page.context.expect_page(timeout=_NEW_TAB_MS) as opened:
                button.click()
            opened.value.close()
            return
        except PlaywrightTimeout:
            if not button.is_visible():
                return
    modal = portal.controls.modal()
    said = modal.text if modal else "the dialog stays open"
    raise Throttled(f"the page says: {said}", where=f"page {portal.page_name}")
