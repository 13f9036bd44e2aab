"""What a page says instead of accepting a request, in a dialog or an alert."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sellerops.base.errors import AmazonUnavailable, RequestRefused, SellerOpsError, Throttled
from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.pages.loading import alert_of

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

# How long Report Central refuses to prepare the same report again, if its dialog names no time.
_USUAL_PAUSE_S = 30 * 60.0
_PAUSE = re.compile(r"(\d+)\s*(hour|stunde|時間|minut|min\b|分|second|sekunde|秒)", re.IGNORECASE)
_UNIT_S = {"hour": 3600, "stunde": 3600, "時間": 3600, "minut": 60, "min": 60, "分": 60}


def read_dialog(portal: Portal) -> str:
    """What an open dialog says, after closing it; empty without one.

    When the dialog or an alert says so, raises Throttled (``virtual_seconds``: until the page accepts the
    request) or AmazonUnavailable. Other dialogs may be announcements.
    """
    dialog = portal.controls.modal()
    if dialog:
        dialog.close()
    said = dialog.text if dialog else ""
    for text in (said, alert_of(portal)):
        if words.has_one_of(text, (*words.TOO_EARLY, *words.NOT_LOADED)):
            raise refusal(portal.page_name, text)
    return said


def refusal(page: str, text: str) -> SellerOpsError:
    """The error for what a page says: Throttled if it is too early, AmazonUnavailable if data could not be
    loaded, else RequestRefused.
    """
    where, said = f"page {page}", f"the page says: {text}"
    if words.has_one_of(text, words.TOO_EARLY):
        pause = _PAUSE.search(text)
        seconds = float(int(pause[1]) * _UNIT_S.get(pause[2].lower(), 1)) if pause else _USUAL_PAUSE_S
        return Throttled(said, where=where, virtual_seconds=seconds)
    if words.has_one_of(text, words.NOT_LOADED):
        return AmazonUnavailable(said, where=where)
    return RequestRefused(said, where=where)
