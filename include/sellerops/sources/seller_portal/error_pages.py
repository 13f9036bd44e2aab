"""Error pages that a site shows instead of its own, for example during an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.base.errors import AmazonUnavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page

_STATUS = "() => (performance.getEntriesByType('navigation')[0] || {}).responseStatus || 0"
_CONTROLS = "input, button, select, textarea, iframe, kat-button, kat-dropdown"


def refuse_error_page(page: Page, where: str) -> None:
    """Raise AmazonUnavailable for status 429 or 5xx, and for a page without any controls.

    Sites also announce outages with status 200: such a page has not changed, and a person can do nothing.
    """
    status = int(page.evaluate(_STATUS))
    if status >= 500 or status == 429:
        raise AmazonUnavailable(f"The site answered {status}.", where=where)
    if not page.locator(_CONTROLS).filter(visible=True).count():
        said = " ".join(page.locator("body").inner_text().split())[:200]
        raise AmazonUnavailable(f'The site only shows a message: "{said}"', where=where)
