"""The dashboards of Brand Analytics' views: their filters, and the dialog that requests a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sellerops.base.errors import ConfigurationError, NothingToCollect, NotPublishedYet
from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.pages.brand_views import View
from sellerops.sources.seller_portal.pages.download_rows import store_of
from sellerops.sources.seller_portal.pages.loading import is_missing, open_page, shown_text, wait_for_data
from sellerops.sources.seller_portal.pages.refusals import refusal
from sellerops.sources.seller_portal.reporting_periods import ReportingPeriod
from sellerops.sources.seller_portal.shown_dates import find_range

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

_DASHBOARD = "/brand-analytics/dashboard"
# Stores that have no Brand Analytics: their pages say "Page not found".
_WITHOUT = frozenset({"IE", "BE", "PL"})
BRAND = ("Brand", "Marke", "ブランド")
_APPLY = ("Apply", "Anwenden", "適用")
_GENERATE = ("Generate Download", "Download erstellen", "ダウンロードを生成")
_NEW_TAB_MS = 5_000.0


def open_view(portal: Portal, view: View, period: Mapping[str, str]) -> None:
    store = {"country-id": portal.marketplace.code.lower()} if portal.marketplace else {}
    open_page(portal, f"{_DASHBOARD}/{view.path}", **{"view-id": view.id, **period, **store})
    require_page(portal)
    wait_for_data(portal)


def require_page(portal: Portal) -> None:
    """Raise NothingToCollect for "Page not found" if the store is known to have no page, else PageChanged."""
    if not is_missing(portal):
        return
    store = portal.shown_marketplace
    if store.code in _WITHOUT:
        raise NothingToCollect(f"Brand Analytics has no page for {store.name}.")
    raise portal.controls.changed("page at this address (the site says: page not found)")


def require_shown(portal: Portal, period: ReportingPeriod) -> None:
    """Raise NotPublishedYet if the page shows an earlier period: instead of one that it does not have yet, it
    shows its newest. PageChanged if it shows any other.
    """
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


def choose_brand(portal: Portal, brand: str) -> None:
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
    portal.controls.choose(*BRAND, option=(brand,))


def apply_button(portal: Portal) -> Locator:
    return portal.controls.find(
        "button 'Apply'",
        portal.page.locator('[data-test-id="RequiredFilterApplyButton"]'),
        portal.page.get_by_role("button", name=named(*_APPLY)),
    )


def generate_button(portal: Portal) -> Locator:
    return portal.controls.find(
        "button 'Generate Download'",
        portal.page.locator("#GenerateDownloadButton"),
        portal.page.get_by_role("button", name=named(*_GENERATE)),
    )


def confirm_button(portal: Portal) -> Locator:
    return portal.controls.find(
        "button 'Generate Download' of the dialog",
        portal.page.locator("#downloadModalGenerateDownloadButton"),
    )


def confirm(portal: Portal, button: Locator) -> bool:
    """Press the dialog's button, and close the tab that opens: the list is at its own address, too. Returns
    whether the dialog has closed.

    Raises Throttled when a dialog says that it is too early, AmazonUnavailable when one says that data could
    not be loaded.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        with portal.page.context.expect_page(timeout=_NEW_TAB_MS) as opened:
            button.click()
        opened.value.close()
        return True
    except PlaywrightTimeout:
        if not button.is_visible():
            return True
    modal = portal.controls.modal()
    if modal and words.has_one_of(modal.text, (*words.TOO_EARLY, *words.NOT_LOADED)):
        raise refusal(portal.page_name, modal.text)
    return False
