"""Amazon Warehousing and Distribution: the monthly fee reports, the inventory and the inbound shipments.

AWD has one store per account, so its files do not depend on the store that the session shows. Labels and ids
come from one public script; the addresses are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import Delivery, DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject, values_of
from sellerops.sources.seller_portal.pages import period_controls
from sellerops.sources.seller_portal.pages.listed_page import ListedPage, show, whole_month
from sellerops.sources.seller_portal.pages.loading import facts_of, wanted_days

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

# The links to the fee reports: their labels, which the type column repeats.
FEES: Mapping[str, tuple[str, ...]] = {
    "storage": (
        "AWD Monthly Storage Fee Report",
        "AWD: Bericht über monatliche Lagergebühren",
        "AWD月次保管手数料レポート",
    ),
    "processing": (
        "AWD Monthly Processing Fee Report",
        "AWD: Bericht über monatliche Bearbeitungsgebühren",
        "AWD月次処理手数料レポート",
    ),
    "transportation": (
        "AWD Monthly Transportation Fee Report",
        "AWD: Bericht über monatliche Transportgebühren",
        "AWD月次輸送手数料レポート",
    ),
}
_INVENTORY = (
    "Download inventory data",
    "Download inventory",
    "Bestandsdaten herunterladen",
    "在庫データをダウンロード",
)


class AwdFees(ListedPage):
    """Options: ``fee``: ``storage``, ``processing`` or ``transportation``. Files of whole months."""

    name: ClassVar[str] = "awd_fees"
    has_stores: ClassVar[bool] = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        for fee in values_of(options, "fee", FEES):
            self.open(portal, {"fee": fee})
            period_controls.find_month(portal)
            self.check_list(portal, {"fee": fee})

    def open(self, portal: Portal, options: Mapping[str, str]) -> None:
        show(portal, "/awd/reports")
        portal.controls.follow(*FEES[self.report_type(options)])
        portal.controls.find("heading of the report", _heading(portal, self.report_type(options)))

    def choose(self, portal: Portal, wanted: WantedFile) -> None:
        period_controls.choose_month(portal, *whole_month(wanted))

    def report_type(self, options: Mapping[str, str]) -> str:
        fee = options.get("fee", "")
        if fee not in FEES:
            raise ConfigurationError(
                f"AWD has no report of {fee!r} fees.",
                where="request.options.fee",
                remedy=f"Use one of {', '.join(FEES)}.",
            )
        return fee

    def kinds(self, portal: Portal, options: Mapping[str, str]) -> Sequence[str]:
        return FEES[self.report_type(options)]


class AwdInboundShipments(ListedPage):
    """Shipments to AWD that changed in a range of days. No options."""

    name: ClassVar[str] = "awd_inbound_shipments"
    has_stores: ClassVar[bool] = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        self.open(portal, {})
        period_controls.find_days(portal)
        self.check_list(portal, {})

    def open(self, portal: Portal, options: Mapping[str, str]) -> None:
        show(portal, "/awd/inbound-shipments")

    def choose(self, portal: Portal, wanted: WantedFile) -> None:
        period_controls.choose_days(portal, *wanted_days(wanted))


class AwdInventory(PageObject):
    """Today's stock, downloaded at once from a menu. No options."""

    name: ClassVar[str] = "awd_inventory"
    has_stores: ClassVar[bool] = False
    delivery: ClassVar[Delivery] = Delivery.DIRECT

    def check(self, portal: Portal, options: Options = ()) -> None:
        self._menu_entry(portal)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        entry = self._menu_entry(portal)
        return (portal.download_from(entry.click, facts_of(portal)),)

    def _menu_entry(self, portal: Portal) -> Locator:
        """Open the page and its download menu."""
        show(portal, "/awd/inventory")
        page = portal.page
        menu = page.locator("#downloadDropdown")
        portal.controls.find("menu 'Download'", menu.get_by_role("button"), menu.locator("button")).click()
        return portal.controls.find(
            f"entry {_INVENTORY[0]!r} of the menu 'Download'",
            page.get_by_role("menuitem", name=named(*_INVENTORY)),
            page.get_by_role("button", name=named(*_INVENTORY)),
            page.locator("[data-action=DOWNLOAD_INVENTORY_DATA]"),
        )


def _heading(portal: Portal, fee: str) -> Locator:
    return portal.page.get_by_role("heading", name=named(*FEES[fee]))
