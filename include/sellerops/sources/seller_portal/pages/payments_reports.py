"""Payments, Reports Repository: the date range transaction report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import WantedFile
from sellerops.sources.seller_portal.page_object import Options, values_of
from sellerops.sources.seller_portal.pages import period_controls
from sellerops.sources.seller_portal.pages.listed_page import ListedPage, show
from sellerops.sources.seller_portal.pages.loading import wanted_days

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

_TYPE = ("Report Type", "Select report type", "Berichtstyp", "レポートの種類")
# The page's value of a type, and its texts in the drop-down and in the list.
TYPES: Mapping[str, tuple[str, ...]] = {
    "SELLER_TRANSACTION_DATE_RANGE": ("Transaction", "Transaktion", "Transaktionen", "トランザクション"),
}


class PaymentsReports(ListedPage):
    """Options: ``type``: SELLER_TRANSACTION_DATE_RANGE. The summary is a PDF and is not collected."""

    name: ClassVar[str] = "payments_reports"

    def check(self, portal: Portal, options: Options = ()) -> None:
        for kind in values_of(options, "type", ("SELLER_TRANSACTION_DATE_RANGE",)):
            self.open(portal, {"type": kind})
            portal.controls.chosen(*_TYPE)
            period_controls.find_days(portal)
            self.check_list(portal, {"type": kind})

    def open(self, portal: Portal, options: Mapping[str, str]) -> None:
        show(portal, "/payments/reports-repository")

    def choose(self, portal: Portal, wanted: WantedFile) -> None:
        portal.controls.choose(*_TYPE, option=TYPES[self.report_type(wanted.options)])
        period_controls.choose_days(portal, *wanted_days(wanted))

    def report_type(self, options: Mapping[str, str]) -> str:
        kind = options.get("type", "SELLER_TRANSACTION_DATE_RANGE")
        if kind not in TYPES:
            raise ConfigurationError(
                f"unknown report {kind!r} of the payments page.",
                where="request.options.type",
                remedy=f"Use {', '.join(TYPES)}.",
            )
        return kind

    def kinds(self, portal: Portal, options: Mapping[str, str]) -> Sequence[str]:
        return TYPES[self.report_type(options)]
