"""Report Central: the fulfilment reports under ``/reportcentral/<NAME>/1``.

The addresses have been the same for years; the date controls differ by store for the same report. Names
marked as inferred are not in public sources; the first real visit will confirm or correct them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import WantedFile
from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.page_object import Options, values_of
from sellerops.sources.seller_portal.pages import period_controls
from sellerops.sources.seller_portal.pages.listed_page import ListedPage, show, whole_month
from sellerops.sources.seller_portal.pages.loading import wanted_days

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal


class Period(Enum):
    """Which controls a report's page has: none (a snapshot), a range of days, or month and year."""

    NONE = "none"
    DAYS = "days"
    MONTH = "month"


@dataclass(frozen=True)
class FulfilmentReport:
    """One report. ``titles``: as menus and lists name it; the page's own heading counts as well."""

    period: Period
    titles: tuple[str, ...]


# By the name in the page's address. Inferred: REMOVAL_SHIPMENT_DETAIL, SHIPMENT_PROMOTION and
# LONG_TERM_STORAGE_FEE_CHARGES.
REPORTS: Mapping[str, FulfilmentReport] = {
    "AFNShipmentReport": FulfilmentReport(Period.DAYS, ("Amazon Fulfilled Shipments",)),
    "CUSTOMER_RETURNS": FulfilmentReport(Period.DAYS, ("FBA customer returns",)),
    "FBA_MYI_UNSUPPRESSED_INVENTORY": FulfilmentReport(Period.NONE, ("Manage FBA Inventory",)),
    "LONG_TERM_STORAGE_FEE_CHARGES": FulfilmentReport(
        Period.MONTH, ("Aged Inventory Surcharge report", "Aged Inventory Surcharge")
    ),
    "MANAGE_INVENTORY_HEALTH": FulfilmentReport(Period.NONE, ("FBA Inventory", "Manage Inventory Health")),
    "REIMBURSEMENTS": FulfilmentReport(Period.DAYS, ("Reimbursements",)),
    "REMOVAL_ORDER_DETAIL": FulfilmentReport(Period.DAYS, ("Removal Order Detail",)),
    "REMOVAL_SHIPMENT_DETAIL": FulfilmentReport(Period.DAYS, ("Removal Shipment Detail",)),
    "REPLACEMENT": FulfilmentReport(Period.DAYS, ("Replacements",)),
    "SHIPMENT_PROMOTION": FulfilmentReport(Period.DAYS, ("Promotions",)),
    "STORAGE_FEE_CHARGES": FulfilmentReport(Period.MONTH, ("Monthly Storage Fees",)),
}


class ReportCentral(ListedPage):
    """Options: ``report``: a name in ``REPORTS``."""

    name: ClassVar[str] = "report_central"

    def check(self, portal: Portal, options: Options = ()) -> None:
        for report in values_of(options, "report", REPORTS):
            self.open(portal, {"report": report})
            if REPORTS[report].period is Period.DAYS:
                period_controls.find_days(portal)
            elif REPORTS[report].period is Period.MONTH:
                period_controls.find_month(portal)
            self.check_list(portal, {"report": report})

    def open(self, portal: Portal, options: Mapping[str, str]) -> None:
        show(portal, f"/reportcentral/{self.report_type(options)}/1")

    def choose(self, portal: Portal, wanted: WantedFile) -> None:
        period = REPORTS[self.report_type(wanted.options)].period
        if period is Period.DAYS:
            period_controls.choose_days(portal, *wanted_days(wanted))
        elif period is Period.MONTH:
            period_controls.choose_month(portal, *whole_month(wanted))

    def report_type(self, options: Mapping[str, str]) -> str:
        report = options.get("report", "")
        if report not in REPORTS:
            raise ConfigurationError(
                f"unknown report {report!r} of Report Central.",
                where="request.options.report",
                remedy=f"Use one of {', '.join(REPORTS)}.",
            )
        return report

    def kinds(self, portal: Portal, options: Mapping[str, str]) -> Sequence[str]:
        headings = portal.page.locator("h1, h2, kat-box [slot=header]").all_inner_texts()
        return (*REPORTS[self.report_type(options)].titles, *(text for text in headings if words.fold(text)))
