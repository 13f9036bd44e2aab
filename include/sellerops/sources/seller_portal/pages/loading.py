"""Opens a page and waits until its data is there: what the page objects of tables with filters share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from sellerops.base.errors import (
    AmazonUnavailable,
    ConfigurationError,
    RequestRefused,
    SellerOpsError,
    Throttled,
)
from sellerops.sources.seller_portal.controls import CONTROL_MS
from sellerops.sources.seller_portal.store_names import is_name_of
from sellerops.sources.seller_portal.stores import shown_store

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
    from sellerops.sources.seller_portal.portal import Portal

LOADING_MS = 60_000.0
_NOT_LOADED = re.compile(
    r"could(n.t| not) (be )?load|konnten nicht geladen werden|読み込めませんでした", re.IGNORECASE
)
_TOO_EARLY = re.compile(
    r"already (been )?requested|try again in|too many|bereits angefordert|すでにリクエスト", re.IGNORECASE
)
_MISSING = re.compile(r"page not found|seite nicht gefunden|ページが見つかりません", re.IGNORECASE)
_CLOSE = re.compile(
    r"^\s*(close|got it|skip( tour)?|dismiss|schließen|verstanden|überspringen|閉じる|スキップ)\s*$",
    re.IGNORECASE,
)


def wanted_days(wanted: WantedFile) -> tuple[date, date]:
    """First and last wanted day. Raises ConfigurationError when the spec collects snapshots."""
    if wanted.first_day is None or wanted.last_day is None:
        raise ConfigurationError(
            "this page needs a range of days.", remedy="Set a `period` with windows of days in the spec."
        )
    return wanted.first_day, wanted.last_day


@contextmanager
def before_sending() -> Iterator[None]:
    """Mark errors of this block as raised before anything was requested (``details["sent"]`` is False)."""
    try:
        yield
    except SellerOpsError as error:
        error.details["sent"] = False
        raise


def facts_of(portal: Portal, days: tuple[date, date] | None = None, **more: str) -> dict[str, str]:
    """What the page shows about a file: the days and the store, read from it now, and ``more``."""
    shown = {"first_day": days[0].isoformat(), "last_day": days[1].isoformat()} if days else {}
    return {**shown, **_store_of(portal), **more}


def _store_of(portal: Portal) -> dict[str, str]:
    """The store and the account in the page's header, the store's country if it is one of the account's, and
    the account that was chosen.
    """
    if not portal.has_stores:
        return {}
    shown = shown_store(portal.page)
    known = [each.code for each in portal.account.marketplaces if is_name_of(shown.store, each)]
    told = {
        "store": shown.store,
        "marketplace": known[0] if known else "",
        "account": shown.account,
        "wanted_account": portal.account_name or "",
    }
    return {name: text for name, text in told.items() if text}


def open_page(portal: Portal, path: str, **query: str) -> None:
    """Go to a path and close what pops up over the page, such as the tour of a new one."""
    portal.goto(path, **query)
    close_popover(portal)


def close_popover(portal: Portal) -> None:
    """Close a popover or a tour with its own button, when one is open."""
    popover = portal.page.locator('kat-popover, kat-tour, [data-tour], [role="tooltip"]').filter(visible=True)
    button = popover.get_by_role("button", name=_CLOSE).filter(visible=True)
    if button.count():
        button.first.click()
        button.first.wait_for(state="hidden")


def download_by(portal: Portal, control: Locator, facts: Mapping[str, str]) -> DownloadedFile:
    """The file that a click on a control downloads. A control that cannot be clicked counts as a changed
    page; a click without a download does not.
    """
    control.click(trial=True, timeout=CONTROL_MS)
    return portal.download_from(control.click, facts)


def wait_for_data(portal: Portal) -> None:
    """Wait until nothing on the page is loading. Raises AmazonUnavailable when the page says that its data
    could not be loaded, PageChanged when it loads for more than a minute.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    page = portal.page
    page.wait_for_load_state("domcontentloaded")
    close_popover(portal)
    busy = page.locator('[aria-busy="true"], kat-spinner, kat-progress, [role="progressbar"]').filter(
        visible=True
    )
    try:
        busy.first.wait_for(state="hidden", timeout=LOADING_MS)
    except PlaywrightTimeout:
        raise portal.controls.changed("end of loading") from None
    text = alert_of(portal)
    if _NOT_LOADED.search(text):
        raise AmazonUnavailable(f"the page says: {text}", where=f"page {portal.page_name}")


def alert_of(portal: Portal) -> str:
    """What the page's alerts say."""
    alerts = portal.page.locator('kat-alert, [role="alert"]').filter(visible=True)
    texts = alerts.evaluate_all(
        "all => all.map(each => [each.getAttribute('header'), each.getAttribute('description'),"
        " each.innerText].filter(Boolean).join(' ').trim())"
    )
    return " ".join(text for text in texts if text)


def raise_refusal(portal: Portal) -> None:
    """Raise an error if the page's alerts say anything instead of accepting a request: Throttled if it is too
    early to request the same file again, RequestRefused for anything else.
    """
    text = alert_of(portal)
    if not text:
        return
    where = f"page {portal.page_name}"
    if _TOO_EARLY.search(text):
        raise Throttled(f"the page says: {text}", where=where)
    raise RequestRefused(f"the page says: {text}", where=where)


def date_fields(portal: Portal) -> Locator:
    """The page's date fields, whether or not they are filled in."""
    return portal.controls.find(
        "date range",
        portal.page.locator('kat-date-range-picker, input[type="date"], input[data-date]'),
        portal.page.locator('input[placeholder*="YY"], input[placeholder*="JJ"]'),
    )


def is_missing(portal: Portal) -> bool:
    """Whether the site says that it has no such page."""
    return bool(_MISSING.search(" ".join(portal.page.locator("h1, h2").all_inner_texts())))


def shown_text(control: Locator) -> str:
    """The text that a drop-down shows, native or not; the text of any other control."""
    return str(control.evaluate(_SHOWN))


_SHOWN = """element => {
    if (element.tagName === 'SELECT')
        return element.selectedIndex < 0 ? '' : element.options[element.selectedIndex].text.trim();
    const option = Array.from(element.querySelectorAll('kat-option'))
        .find(each => each.getAttribute('value') === element.getAttribute('value'));
    const header = element.shadowRoot
        && element.shadowRoot.querySelector('[title], .header, [role=combobox]');
    return [option && option.textContent, header && (header.getAttribute('title') || header.textContent),
        element.getAttribute('label'), element.getAttribute('title'), element.innerText]
        .find(text => text && text.trim()) || '';
}"""
