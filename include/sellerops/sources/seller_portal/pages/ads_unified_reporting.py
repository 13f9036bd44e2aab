"""Unified Reporting of the ads console: a list of reports, and a builder that a template fills.

Known: the addresses, the templates, that only a click on one fills the builder, the ids of the builder's
controls, that its submit button ignores scripted clicks, and the statuses. Files are CSV.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.pages.download_rows import DownloadRow, own_rows, rows_of
from sellerops.sources.seller_portal.pages.loading import (
    before_sending,
    download_by,
    facts_of,
    open_page,
    raise_refusal,
    wait_for_data,
    wanted_days,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

_PATH = "/reporting"
_TEMPLATE = ("Search term", "Suchbegriff", "検索用語")
_USE = ("Use template", "Vorlage verwenden", "テンプレートを使用")
_DELETE = ("Delete", "Löschen", "削除")
_SAVE = ("Save", "Speichern", "保存")
_DOWNLOAD = ("Download", "Herunterladen", "ダウンロード")
_NAME = '[id="report-name-form:report-name-control-component-0"]'
_RANGE = '[id="report-range-form:date-range-row-control-component-0"]'
_COUNTRY = '[id="filter-form:campaign-country-row-control-component-0-button"]'
_SUBMIT = "#urc_frb_create_report_button"
_SEEDED_MS = 20_000.0


class UnifiedReporting:
    """One report of the template "Search term", over all stores of the account."""

    def open(self, portal: Portal, entity: str) -> None:
        """Show the list of a store's reports."""
        open_page(portal, _PATH, entityId=entity)
        wait_for_data(portal)

    def check(self, portal: Portal, entity: str) -> None:
        """Fill the builder from the template, and leave it."""
        self.open(portal, entity)
        portal.controls.rows()
        self._use_template(portal)
        for name, anchor in (("name", _NAME), ("period", _RANGE), ("submit button", _SUBMIT)):
            portal.controls.find(f"{name} of the report", portal.page.locator(anchor))

    def reports(self, portal: Portal, entity: str, name: str) -> Sequence[Report]:
        """The rows of this name, newest first."""
        self.open(portal, entity)
        return [row.as_report(portal.page_name, "ads_reports.unified") for row in self._rows(portal, name)]

    def request(self, portal: Portal, entity: str, name: str, wanted: WantedFile) -> None:
        """Build and submit the report."""
        with before_sending():
            self.open(portal, entity)
            self._use_template(portal)
            portal.controls.find("name of the report", portal.page.locator(_NAME)).fill(name)
            self._set_range(portal, wanted)
            submit = portal.controls.find("submit button of the report", portal.page.locator(_SUBMIT))
        # A real click, since scripted ones are ignored. The builder closes once the report is accepted.
        submit.click()
        portal.controls.find(
            "answer of the submit button",
            portal.page.locator("[data-template], .template-card"),
            portal.page.get_by_role("alert"),
        )
        raise_refusal(portal)

    def download(self, portal: Portal, entity: str, name: str, report: Report | None) -> DownloadedFile:
        """The file of a row. The file's column ``Date range`` says what each of its rows covers."""
        self.open(portal, entity)
        for row in self._rows(portal, name):
            if report is None or row.id == report.report_id:
                link = portal.controls.find(
                    "link 'Download'",
                    row.locator.get_by_role("link", name=named(*_DOWNLOAD)),
                    row.locator.get_by_role("button", name=named(*_DOWNLOAD)),
                )
                return download_by(portal, link, facts_of(portal, (row.first_day, row.last_day)))
        raise portal.controls.changed("row of the requested report")

    def _rows(self, portal: Portal, name: str) -> list[DownloadRow]:
        rows = [row for row in rows_of(portal) if row.title.strip() == name]
        return own_rows(f"ads_reports|{portal.account.id}|{name}", rows)

    def _use_template(self, portal: Portal) -> None:
        """Click the template: its address alone opens an empty builder. Its columns appear a moment later."""
        cards = portal.page.locator("[data-template], .template-card")
        card = portal.controls.find(
            f"template {_TEMPLATE[0]!r}", cards.filter(has=portal.page.get_by_text(named(*_TEMPLATE)))
        )
        portal.controls.press(*_USE, within=card)
        portal.controls.find(
            "columns of the template",
            portal.page.get_by_role("button", name=named(*_DELETE)),
            timeout_ms=_SEEDED_MS,
        )

    def _set_range(self, portal: Portal, wanted: WantedFile) -> None:
        first, last = wanted_days(wanted)
        control = portal.controls.find("period of the report", portal.page.locator(_RANGE))
        control.click()
        dialog: Locator = portal.page.get_by_role("dialog").filter(visible=True).first
        portal.controls.set_dates(first, last, within=dialog)
        portal.controls.press(*_SAVE, within=dialog)
        dialog.wait_for(state="hidden")
