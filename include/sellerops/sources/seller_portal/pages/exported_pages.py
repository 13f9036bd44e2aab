"""Lists that are exported page by page: each export is a file of the rows that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from sellerops.sources.common.portal_api import DownloadedFile
from sellerops.sources.seller_portal.pages.loading import label_text, wait_for_data

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal
    from sellerops.sources.seller_portal.tables import Row

# More pages than any list of the portal has shown; a "Next" that never ends is a changed page.
MOST_PAGES = 400
_TURN_MS = 30_000


def export_pages(
    portal: Portal,
    export: Callable[[], Locator],
    following: Callable[[int], Locator | None],
    facts: Mapping[str, str],
    *,
    is_last: Callable[[list[Row]], bool] = lambda rows: False,
) -> Iterator[DownloadedFile]:
    """Export the shown page, turn to the next one, and so on.

    :param following: the control that turns to a page (2, 3, ...); None after the last one.
    :param is_last: whether the rows shown are the last that are wanted.
    """
    for number in range(1, MOST_PAGES + 1):
        rows = portal.controls.rows()
        if not rows:
            return
        yield portal.download_from(export().click, {**facts, "part": str(number)})
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
    """Click, and wait until the first row is another one: the address stays the same."""
    control.click()
    wait_for_data(portal)
    for _ in range(_TURN_MS // 100):
        rows = portal.controls.rows()
        if rows and " ".join(rows[0].texts) != first_row:
            return
        portal.page.wait_for_timeout(100)
    raise portal.controls.changed(f"next page ({label_text(control)!r} shows the same rows)")
