"""Brand Analytics: the views that no API serves, prepared by the page and fetched from its download manager.

Known: the address of Search Query Performance with its period, the download manager's address, the ids
of its buttons, the badge "In Progress", the icon ``file_download``, and that a new tab opens. The addresses
of the other views are inferred from the same pattern; the column that names a row's brand is inferred, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import AmazonUnavailable
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject, values_of
from sellerops.sources.seller_portal.pages.brand_dashboard import (
    BRAND,
    apply_button,
    choose_brand,
    confirm,
    confirm_button,
    generate_button,
    open_view,
    require_page,
    require_shown,
)
from sellerops.sources.seller_portal.pages.brand_views import VIEWS, View, view_of
from sellerops.sources.seller_portal.pages.download_rows import DownloadRow, own_rows, rows_of
from sellerops.sources.seller_portal.pages.loading import (
    before_sending,
    download_by,
    facts_of,
    open_page,
    wait_for_data,
    wanted_days,
)
from sellerops.sources.seller_portal.reporting_periods import ReportingPeriod, period_of

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal


_MANAGER = "/brand-analytics/download-manager"


class BrandAnalytics(PageObject):
    """Options: ``view``: one of ``brand_views.VIEWS``; ``period``: ``WEEK``, ``MONTH`` or ``QUARTER``
    (default: the window's); ``brand``: as the page writes it (default: the one that the page shows).
    """

    name: ClassVar[str] = "brand_analytics"

    def check(self, portal: Portal, options: Options = ()) -> None:
        for name in values_of(options, "view", VIEWS):
            open_view(portal, VIEWS[name], {})
            portal.controls.find("drop-down 'Brand'", portal.page.locator("kat-dropdown#brand, select#brand"))
            apply_button(portal)
            generate_button(portal)
        # Opening the dialog requests nothing.
        generate_button(portal).click()
        confirm_button(portal)
        _open_manager(portal)

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        report_type = f"{self.name}.{wanted.options.get('view', '')}"
        return [row.as_report(self.name, report_type) for row in _listed(portal, wanted)]

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        """Raises AmazonUnavailable when neither dialog nor list says whether the file was requested."""
        with before_sending():
            view, period = view_of(wanted), _period_of(wanted)
            before = {row.id for row in _listed(portal, wanted)}
            open_view(portal, view, period.in_address)
            require_shown(portal, period)
            choose_brand(portal, wanted.options.get("brand", ""))
            apply_button(portal).click()
            wait_for_data(portal)
            require_shown(portal, period)
            generate_button(portal).click()
            button = confirm_button(portal)
        # The dialog has needed two clicks at times; the list shows whether the first one counted.
        for _ in range(2):
            if confirm(portal, button) or _has_new_row(portal, wanted, before):
                return
        raise AmazonUnavailable(
            "The dialog stays open after two clicks, and the download manager lists no new file.",
            where=f"page {portal.page_name}",
        )

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        for row in _listed(portal, wanted):
            if report is None or row.id == report.report_id:
                return (_download(portal, row, wanted.options["view"]),)
        raise portal.controls.changed("row of the requested download")


def _download(portal: Portal, row: DownloadRow, view: str) -> DownloadedFile:
    brand = row.cell(*BRAND)
    facts = facts_of(portal, (row.first_day, row.last_day), view=view, **({"brand": brand} if brand else {}))
    icon = portal.controls.find(
        "icon 'file_download'",
        row.locator.locator('kat-icon[name="file_download"]'),
        row.locator.get_by_role("button", name=named("Download", "Herunterladen", "ダウンロード")),
    )
    return download_by(portal, icon, facts)


def _listed(portal: Portal, wanted: WantedFile) -> list[DownloadRow]:
    """The download manager's rows for the wanted file, newest first.

    Without a brand in the options, the one that the view shows applies. The view is opened to read it only if
    rows name their brand.
    """
    view, period = view_of(wanted), _period_of(wanted)
    brand = wanted.options.get("brand", "")
    _open_manager(portal)
    rows = _rows(portal, view, period)
    if not brand and any(row.cell(*BRAND) for row in rows):
        open_view(portal, view, {})
        brand = portal.controls.chosen(*BRAND)
        _open_manager(portal)
        rows = _rows(portal, view, period)
    store = portal.marketplace.code if portal.marketplace else ""
    parts = (wanted.account.id, view.id, store, wanted.options.get("brand", ""))
    return own_rows(
        "|".join((BrandAnalytics.name, *parts)), [row for row in rows if row.cell(*BRAND) in ("", brand)]
    )


def _rows(portal: Portal, view: View, period: ReportingPeriod) -> list[DownloadRow]:
    """The list's rows of a view, a period and the store; newest first."""
    days = (period.first_day, period.last_day)
    return [
        row
        for row in rows_of(portal)
        if any(title.lower() in row.text.lower() for title in view.titles)
        and (row.first_day, row.last_day) == days
        and row.is_of(portal.marketplace)
    ]


def _has_new_row(portal: Portal, wanted: WantedFile, before: Collection[str]) -> bool:
    """Whether the download manager, in a tab of its own, lists a row that was not there before."""
    tab = portal.tab_of(lambda: _open_tab(portal))
    try:
        return any(row.id not in before for row in _listed(tab, wanted))
    finally:
        tab.page.close()


def _open_tab(portal: Portal) -> None:
    portal.page.context.new_page()


def _period_of(wanted: WantedFile) -> ReportingPeriod:
    first, last = wanted_days(wanted)
    return period_of(first, last, wanted.options.get("period", "").upper())


def _open_manager(portal: Portal) -> None:
    open_page(portal, _MANAGER)
    require_page(portal)
    wait_for_data(portal)
    portal.controls.find(
        "list of downloads", portal.page.locator('kat-table, table, [role="grid"], [role="table"]')
    )
