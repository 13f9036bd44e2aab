"""Lists that are exported page by page: each export is a file of the rows that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from sellerops.sources.common.portal_api import DownloadedFile
from sellerops.sources.seller_portal.pages.loading import download_by, shown_text, wait_for_data

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal
    from sellerops.sources.seller_portal.tables import Row

# More pages than any list of the portal has shown. A "Next" that never ends means that the page has changed.
MOST_PAGES = 400
_LOOKS, _LOOK_MS = 150, 200.0


def export_pages(
    portal: Portal,
    export: Callable[[], Locator],
    following: Callable[[int], Locator | None],
    facts: Mapping[str, str],
    *,
    is_last: Callable[[list[Row]], bool] = lambda rows: False,
) -> Iterator[DownloadedFile]:
    """Export the shown page, turn to the next one, and so on.

    :param following: returns the control that turns to a page (2, 3, ...); None after the last one.
    :param is_last: whether the rows shown are the last that are wanted.
    """
    for number in range(1, MOST_PAGES + 1):
        rows = portal.controls.rows()
        if not rows:
            return
        yield download_by(portal, export(), {**facts, "part": str(number)})
        turn = None if is_last(rows) else following(number + 1)
        if turn is None:
            return
        _turn(portal, turn, " ".join(rows[0].texts))
    raise portal.controls.changed(f"last page (there are more than {MOST_PAGES})")


def is_disabled(control: Locator) -> bool:
    """Whether a control is greyed out, as the last page's "Next" is."""
    return bool(
        control.evaluate(
            "element => element.matches('[disabled], [aria-disabled=true]')"
            " || Boolean(element.closest('[disabled], [aria-disabled=true], .disabled'))"
        )
    )


def _turn(portal: Portal, control: Locator, first_row: str) -> None:
    """Click, and wait until the first row has changed: the address may stay the same."""
    from playwright.sync_api import Error as PlaywrightError

    turned_by = shown_text(control)
    control.click()
    for _ in range(_LOOKS):
        wait_for_data(portal)
        try:
            rows = portal.controls.rows()
        except PlaywrightError:
            # The page is being replaced by the next one.
            continue
        if rows and " ".join(rows[0].texts) != first_row:
            return
        portal.page.wait_for_timeout(_LOOK_MS)
    raise portal.controls.changed(f"next page ({turned_by!r} shows the same rows)")
