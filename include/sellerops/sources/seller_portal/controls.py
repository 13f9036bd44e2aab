"""The controls of Seller Central's pages, found by role and text first, also inside ``kat-*`` elements.

The shadow roots of ``kat-*`` elements are open, so locators by role, text and CSS find what is inside; the
text of a ``kat-button`` or ``kat-link`` is the attribute ``label`` of its host. Names are all the texts that
a control may have in the pages' languages; the first one names the control in errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from sellerops.base.errors import PageChanged
from sellerops.sources.seller_portal import date_ranges, dropdowns, tables

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from sellerops.sources.seller_portal.tables import Row

CONTROL_MS = 10_000.0


class Surface(Protocol):
    """The page on which ``Controls`` looks for controls."""

    page_name: str

    @property
    def page(self) -> Page: ...

    @property
    def date_format(self) -> str:
        """How dates are written, as a strptime format, unless a field's placeholder says otherwise."""
        ...

    def check_session(self) -> None:
        """Raise when the control is missing because a sign-in page is shown."""
        ...


@dataclass(frozen=True)
class Modal:
    """An open dialog. ``text``: everything that it says."""

    text: str
    locator: Locator

    def close(self) -> None:
        """Close it with its own button."""
        self.locator.get_by_role("button", name=named("Close", "Schließen", "閉じる", "OK")).first.click()
        self.locator.wait_for(state="hidden", timeout=CONTROL_MS)


class Controls:
    """Finds and uses controls. Raises PageChanged, naming page and control, for one that is missing.

    ``within``: look only inside this locator.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    @property
    def page(self) -> Page:
        """The browser page."""
        return self._surface.page

    def find(self, control: str, *candidates: Locator, timeout_ms: float | None = None) -> Locator:
        """Wait for a visible element of any of the candidates, and return the first."""
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        merged = candidates[0]
        for each in candidates[1:]:
            merged = merged.or_(each)
        found = merged.filter(visible=True).first
        try:
            found.wait_for(state="visible", timeout=timeout_ms or CONTROL_MS)
        except PlaywrightTimeout:
            self._surface.check_session()
            raise self.changed(control) from None
        return found

    def has(self, *candidates: Locator) -> bool:
        """Whether one of the candidates is visible now, without waiting."""
        return any(each.filter(visible=True).count() for each in candidates)

    def changed(self, control: str) -> PageChanged:
        """The error for a control that is not as the page object expects."""
        name = self._surface.page_name
        return PageChanged(
            f"The page has no usable {control}.", where=f"page {name}", page=name, control=control
        )

    def button(self, *names: str, within: Locator | None = None) -> Locator:
        """A button or ``kat-button`` by its text."""
        scope = within or self.page.locator("body")
        hosts = ", ".join(f"kat-button[label={quoted(name)}]" for name in names)
        return self.find(
            f"button {names[0]!r}", scope.get_by_role("button", name=named(*names)), scope.locator(hosts)
        )

    def press(self, *names: str, within: Locator | None = None) -> None:
        """Click a button."""
        self.button(*names, within=within).click(timeout=CONTROL_MS)

    def link(self, *names: str, within: Locator | None = None) -> Locator:
        """A link or ``kat-link`` by its text."""
        scope = within or self.page.locator("body")
        hosts = ", ".join(f"kat-link[label={quoted(name)}]" for name in names)
        return self.find(
            f"link {names[0]!r}", scope.get_by_role("link", name=named(*names)), scope.locator(hosts)
        )

    def follow(self, *names: str, within: Locator | None = None) -> None:
        """Click a link."""
        self.link(*names, within=within).click(timeout=CONTROL_MS)

    def field(self, *names: str, within: Locator | None = None) -> Locator:
        """A text field by its label."""
        scope = within or self.page.locator("body")
        return self.find(
            f"field {names[0]!r}",
            scope.get_by_role("textbox", name=named(*names)),
            scope.get_by_label(named(*names)),
            scope.get_by_placeholder(named(*names)),
        )

    def choose(
        self, *names: str, option: tuple[str, ...] = (), value: str = "", within: Locator | None = None
    ) -> None:
        """Choose an option, by one of its texts or by its value, in a ``select`` or ``kat-dropdown`` that is
        found by its label. A choice by text is read back.
        """
        dropdowns.choose(self, names, option, value, within)

    def chosen(self, *names: str, within: Locator | None = None) -> str:
        """The text of a drop-down's chosen option."""
        return dropdowns.chosen(self, names, within)

    def set_dates(self, first: date, last: date, *, within: Locator | None = None) -> None:
        """Type a range into the page's date fields (two inputs, or a ``kat-date-range-picker``'s own), and
        read it back.

        Some versions of the element show a range that was set by attribute, but do not submit it.
        """
        date_ranges.set_dates(self, first, last, within, self._surface.date_format)

    def dates(self, *, within: Locator | None = None) -> tuple[date, date]:
        """The range that the page's date fields show."""
        return date_ranges.dates(self, within, self._surface.date_format)

    def rows(self, *, within: Locator | None = None) -> list[Row]:
        """The rows of the page's (first) ``kat-table`` or table, in order, without the header."""
        return tables.rows(self, within)

    def modal(self) -> Modal | None:
        """The dialog that is open now, if any."""
        found = self.page.locator('kat-modal[visible="true"], [role="dialog"]').filter(visible=True).first
        return Modal(tables.text_of(found), found) if found.count() else None


def named(*names: str) -> re.Pattern[str]:
    """A pattern that matches any of the names as a whole, ignoring case and surrounding spaces."""
    return re.compile(r"^\s*(?:" + "|".join(re.escape(name) for name in names) + r")\s*$", re.IGNORECASE)


def quoted(text: str) -> str:
    """``text`` in quotes, for a CSS attribute selector."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
