"""Pages that a site shows in place of its own when it is in trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.base.errors import AmazonUnavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page

_STATUS = "() => (performance.getEntriesByType('navigation')[0] || {}).responseStatus || 0"
_CONTROLS = "input, button, select, textarea, iframe, kat-button, kat-dropdown"


def refuse_error_page(page: Page, where: str) -> None:
    """Raise AmazonUnavailable for an error status, and for a page on which there is nothing to do.

    Sites also announce outages with status 200: such a page is neither a changed one nor one for a person.
    """
    status = int(page.evaluate(_STATUS))
    if status >= 500 or status == 429:
        raise AmazonUnavailable(f"The site answered {status}.", where=where)
    if not page.locator(_CONTROLS).filter(visible=True).count():
        said = " ".join(page.locator("body").inner_text().split())[:200]
        raise AmazonUnavailable(f'The site only shows a message: "{said}"', where=where)
