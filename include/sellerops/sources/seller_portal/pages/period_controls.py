"""The period controls of Seller Central's report pages, which differ by store for the same report.

Days: a drop-down of presets that end today ("last 7 days"), whose last entry "Exact dates" shows the date
fields; in some stores only the fields. Months: two drop-downs. Their values count months from 0 on some
pages, so options are chosen by their texts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.shown_times import MONTH_NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

_MONTH, _YEAR = ("Month", "Monat", "月"), ("Year", "Jahr", "年")


def choose_days(portal: Portal, first: date, last: date) -> None:
    """Choose exact dates, never a preset, and type them."""
    _show_date_fields(portal)
    portal.controls.set_dates(first, last)


def find_days(portal: Portal) -> None:
    """Use the controls of ``choose_days`` without requesting anything. PageChanged if they are missing."""
    day = datetime.now(UTC).date() - timedelta(days=2)
    choose_days(portal, day, day)


def choose_month(portal: Portal, year: int, month: int) -> None:
    """Choose a month and its year."""
    portal.controls.choose(*_MONTH, option=(*MONTH_NAMES[month - 1], f"{month}月"))
    portal.controls.choose(*_YEAR, option=(str(year), f"{year}年"))


def find_month(portal: Portal) -> None:
    """Find the controls of ``choose_month``. PageChanged if they are missing."""
    portal.controls.chosen(*_MONTH)
    portal.controls.chosen(*_YEAR)


def _show_date_fields(portal: Portal) -> None:
    """Choose "Exact dates" in the drop-down of presets, where the page has one."""
    page = portal.page
    exact = words.pattern(words.EXACT_DATES)
    native = page.locator("select").filter(has=page.locator("option").filter(has_text=exact))
    if native.count():
        option = native.first.locator("option").filter(has_text=exact)
        native.first.select_option(label=option.first.inner_text().strip())
        return
    host = page.locator("kat-dropdown").filter(has=page.locator("kat-option").filter(has_text=exact))
    if host.count():
        _choose_by_clicks(portal, host.first, host.first.locator("kat-option").filter(has_text=exact).first)


def _choose_by_clicks(portal: Portal, host: Locator, option: Locator) -> None:
    """Use real clicks, which the element's own events need: a value set by script is shown, but the date
    fields are not.
    """
    portal.controls.find("drop-down of presets", host).click()
    portal.controls.find("option 'Exact dates'", option).click()
