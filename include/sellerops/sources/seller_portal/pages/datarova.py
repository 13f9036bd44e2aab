"""Datarova's keyword exports: request one, find it in the list, follow its link to a CSV file.

Its service is known to return report type, ASIN, marketplace, range, status and a link for each export. The
markup of its pages is not public but inferred, so expect to correct the labels here after the first real
visit. Prefer the drop folder or the vendor's own interface.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject
from sellerops.sources.seller_portal.pages.download_rows import DownloadRow, own_rows, rows_of
from sellerops.sources.seller_portal.pages.loading import (
    before_sending,
    date_fields,
    download_by,
    facts_of,
    open_page,
    raise_refusal,
    wait_for_data,
    wanted_days,
)

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

_PATH = "/downloads"
_TITLES = {"keywords": "Keywords", "rank_tracker": "Rank Tracker"}


class Datarova(PageObject):
    """Options: ``report``: ``keywords`` (default) or ``rank_tracker``; ``asin``: whose keywords."""

    name: ClassVar[str] = "datarova"
    site: ClassVar[str] = "datarova"
    has_stores: ClassVar[bool] = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        _open(portal)
        portal.controls.chosen("Report")
        portal.controls.field("ASIN")
        date_fields(portal)
        portal.controls.button("Create download")
        portal.controls.find("list of downloads", portal.page.locator("table"))

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        _open(portal)
        report_type = f"{self.name}.{_report(wanted)}"
        return [row.as_report(self.name, report_type) for row in _rows(portal, wanted)]

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        with before_sending():
            first, last = wanted_days(wanted)
            _open(portal)
            portal.controls.choose("Report", option=(_TITLES[_report(wanted)],))
            portal.controls.field("ASIN").fill(wanted.options.get("asin", ""))
            portal.controls.set_dates(first, last)
            button = portal.controls.button("Create download")
        button.click()
        wait_for_data(portal)
        raise_refusal(portal)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        _open(portal)
        for row in _rows(portal, wanted):
            if report is None or row.id == report.report_id:
                link = portal.controls.find(
                    "link 'Download'", row.locator.get_by_role("link", name=named("Download"))
                )
                facts = facts_of(portal, (row.first_day, row.last_day), asin=row.cell("ASIN"))
                return (download_by(portal, link, facts),)
        raise portal.controls.changed("row of the requested export")


def _open(portal: Portal) -> None:
    open_page(portal, _PATH)
    wait_for_data(portal)


def _report(wanted: WantedFile) -> str:
    name = wanted.options.get("report", "keywords")
    if name not in _TITLES:
        raise ConfigurationError(
            f"Datarova has no report {name!r}.",
            remedy=f"Write one of {', '.join(_TITLES)} as the spec's `request.options.report`.",
        )
    return name


def _rows(portal: Portal, wanted: WantedFile) -> list[DownloadRow]:
    days, store = wanted_days(wanted), wanted.marketplace
    rows = [
        row
        for row in rows_of(portal)
        if row.title == _TITLES[_report(wanted)]
        and row.cell("ASIN") == wanted.options.get("asin", "")
        and (row.first_day, row.last_day) == days
        and row.is_of(store)
    ]
    parts = (_report(wanted), wanted.account.id, store.code if store else "", wanted.options.get("asin", ""))
    return own_rows("|".join((Datarova.name, *parts)), rows)
