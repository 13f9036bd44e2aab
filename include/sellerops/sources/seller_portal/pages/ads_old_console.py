"""The ads console's old reports, which Amazon is ending: no new ones from 2026-12-17, deleted on 2026-12-31.

Known: the addresses, the list (a grid whose first columns are in a container of their own), and the dates on
which it ends. The controls of its form are inferred from help pages. Files are Excel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import RequestRefused
from sellerops.sources.common.portal_api import UNKNOWN_TIME, DownloadedFile, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal.controls import named, quoted
from sellerops.sources.seller_portal.pages.download_rows import status_of, store_of
from sellerops.sources.seller_portal.pages.loading import (
    before_sending,
    date_fields,
    download_by,
    facts_of,
    is_missing,
    open_page,
    raise_refusal,
    wait_for_data,
    wanted_days,
)
from sellerops.sources.seller_portal.shown_dates import find_instant, find_range

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

_PATH = "/reports"
_CREATE = ("Create report", "Bericht erstellen", "レポートを作成")
_RUN = ("Run report", "Bericht ausführen", "レポートを実行")
_PRODUCT = ("Campaign type", "Kampagnentyp", "キャンペーンタイプ")
_TYPE = ("Report type", "Berichtstyp", "レポートタイプ")
_SEARCH_TERM = ("Search term", "Suchbegriff", "検索用語")
_UNIT = ("Time unit", "Zeiteinheit", "時間単位")
_UNITS: Mapping[str, tuple[str, ...]] = {
    "SUMMARY": ("Summary", "Zusammenfassung", "概要"),
    "DAILY": ("Daily", "Täglich", "日次"),
}
_NAME = ("Report name", "Berichtsname", "レポート名")
_DOWNLOAD = ("Download", "Herunterladen", "ダウンロード")
# The grid repeats each row in the container of its first columns; both parts have the row's id.
_GRID_ROWS = """containers => {
    const rows = new Map();
    for (const container of containers)
        for (const row of container.querySelectorAll('[role=row][row-id]')) {
            const known = rows.get(row.getAttribute('row-id')) || [];
            rows.set(row.getAttribute('row-id'), known.concat(
                Array.from(row.querySelectorAll('[role=gridcell]'), cell => cell.innerText.trim())));
        }
    return Array.from(rows, ([id, cells]) => ({id, cells}));
}"""
_CONTAINERS = ".ag-pinned-left-cols-container, .ag-center-cols-container"


@dataclass(frozen=True)
class OldConsole:
    """Search term reports of one ad product, such as ``Sponsored Products``."""

    product: str

    @staticmethod
    def is_offered(portal: Portal) -> bool:
        """Whether the page that is shown still links to the old console."""
        return (
            portal.page.locator('a[href$="/reports"], a[href*="/reports?"]').filter(visible=True).count() > 0
        )

    def check(self, portal: Portal, entity: str) -> None:
        """Check the list, and the form as long as it creates reports."""
        self._open(portal, entity)
        portal.controls.find("list of reports", portal.page.locator(".ag-center-cols-container"))
        if self._creates(portal):
            portal.controls.press(*_CREATE)
            for names in (_PRODUCT, _TYPE, _UNIT):
                portal.controls.chosen(*names)
            portal.controls.field(*_NAME)
            date_fields(portal)
            portal.controls.button(*_RUN)

    def reports(self, portal: Portal, entity: str, name: str) -> Sequence[Report]:
        """The rows of this name, in the list's order: newest first."""
        self._open(portal, entity)
        return [_report(portal, row, name) for row in _rows(portal) if name in row["cells"]]

    def request(self, portal: Portal, entity: str, name: str, wanted: WantedFile) -> None:
        """Fill the form and run it."""
        with before_sending():
            self._open(portal, entity)
            if not self._creates(portal):
                raise _closed("no longer creates reports (Amazon announced this for 2026-12-17)", portal)
            self._fill(portal, name, wanted)
            run = portal.controls.button(*_RUN)
        run.click()
        wait_for_data(portal)
        raise_refusal(portal)

    def download(self, portal: Portal, entity: str, name: str, report: Report | None) -> DownloadedFile:
        """The file of a row."""
        self._open(portal, entity)
        for row in _rows(portal):
            if name in row["cells"] and (report is None or row["id"] == report.report_id):
                cells = portal.page.locator(f"[role=row][row-id={quoted(row['id'])}]")
                link = portal.controls.find(
                    "link 'Download'",
                    cells.get_by_role("link", name=named(*_DOWNLOAD)),
                    cells.get_by_role("button", name=named(*_DOWNLOAD)),
                )
                days = find_range(name, "ymd")
                return download_by(portal, link, facts_of(portal, days))
        raise portal.controls.changed("row of the requested report")

    def _open(self, portal: Portal, entity: str) -> None:
        open_page(portal, _PATH, entityId=entity)
        wait_for_data(portal)
        if is_missing(portal):
            raise _closed("no longer exists (Amazon announced this for 2026-12-31)", portal)

    def _fill(self, portal: Portal, name: str, wanted: WantedFile) -> None:
        first, last = wanted_days(wanted)
        portal.controls.press(*_CREATE)
        wait_for_data(portal)
        portal.controls.choose(*_PRODUCT, option=(self.product,))
        portal.controls.choose(*_TYPE, option=_SEARCH_TERM)
        portal.controls.choose(*_UNIT, option=_UNITS[wanted.options.get("time_unit", "SUMMARY").upper()])
        portal.controls.set_dates(first, last)
        portal.controls.field(*_NAME).fill(name)

    def _creates(self, portal: Portal) -> bool:
        return portal.controls.has(
            portal.page.get_by_role("button", name=named(*_CREATE)),
            portal.page.get_by_role("link", name=named(*_CREATE)),
        )


def _closed(what: str, portal: Portal) -> RequestRefused:
    return RequestRefused(
        f"The old ads console {what}.",
        where=f"page {portal.page_name}",
        remedy="Disable this report and use the one from Unified Reporting (`report: unified_search_terms`).",
    )


def _rows(portal: Portal) -> list[dict[str, Any]]:
    portal.controls.find("list of reports", portal.page.locator(".ag-center-cols-container"))
    found: list[dict[str, Any]] = portal.page.locator(_CONTAINERS).evaluate_all(_GRID_ROWS)
    return found


def _report(portal: Portal, row: Mapping[str, Any], name: str) -> Report:
    text = " ".join(cell for cell in row["cells"] if cell != name)
    store = store_of(portal)
    status = status_of(portal.page_name, text)
    return Report(
        report_id=row["id"],
        report_type="ads_reports.old",
        status=status,
        created_at=find_instant(text, store.dates[0], store.zone) or UNKNOWN_TIME,
        document_id=None,
        reason=text if status is ProcessingStatus.FATAL else "",
    )
