"""Recognises Playwright's messages that a page or a browser is gone; it has no error type for all of them."""

from __future__ import annotations

_CRASHES = ("has been closed", "Page crashed", "Target crashed", "Connection closed", "Browser closed")


def is_crash(error: BaseException | str) -> bool:
    """Whether an error, or the reason for a failed download, means that the page or the browser is gone."""
    return any(words in str(error) for words in _CRASHES)
