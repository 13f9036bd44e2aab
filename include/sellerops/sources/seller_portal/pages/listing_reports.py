"""Inventory > Listing reports: the seller's listings, all or the active ones, as a tab-delimited file.

The list has no column for a period, and its column for the time is called Batch ID (according to a public
guide written from live sessions); the German and Japanese texts are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import WantedFile
from sellerops.sources.seller_portal.page_object import Options, values_of
from sellerops.sources.seller_portal.pages.listed_page import ListedPage, show

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

_TYPE = ("Select Report Type", "Report Type", "Berichtstyp auswählen", "レポートの種類を選択")
TYPES: Mapping[str, tuple[str, ...]] = {
    "ALL_LISTINGS": ("All Listings Report", "Bericht zu allen Angeboten", "全出品商品レポート"),
    "ACTIVE_LISTINGS": ("Active Listings Report", "Bericht zu aktiven Angeboten", "出品中商品レポート"),
}


class ListingReports(ListedPage):
    """Options: ``report``: a name in ``TYPES``. Snapshots."""

    name: ClassVar[str] = "listing_reports"
    has_periods: ClassVar[bool] = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        for report in values_of(options, "report", ("ALL_LISTINGS",)):
            self.open(portal, {"report": report})
            portal.controls.chosen(*_TYPE)
            self.check_list(portal, {"report": report})

    def open(self, portal: Portal, options: Mapping[str, str]) -> None:
        show(portal, "/listing/reports")

    def choose(self, portal: Portal, wanted: WantedFile) -> None:
        portal.controls.choose(*_TYPE, option=TYPES[self.report_type(wanted.options)])

    def report_type(self, options: Mapping[str, str]) -> str:
        report = options.get("report", "")
        if report not in TYPES:
            raise ConfigurationError(
                f"the page of listing reports has no report {report!r}.",
                where="request.options.report",
                remedy=f"Use one of {', '.join(TYPES)}.",
            )
        return report

    def kinds(self, portal: Portal, options: Mapping[str, str]) -> Sequence[str]:
        return TYPES[self.report_type(options)]
