"""How Playwright says that a page or a browser is gone; it has no error type of its own for all of them."""

from __future__ import annotations

_CRASHES = ("has been closed", "Page crashed", "Target crashed", "Connection closed", "Browser closed")


def is_crash(error: BaseException | str) -> bool:
    """Whether an error, or the reason of a failed download, is the end of the page or the browser."""
    return any(words in str(error) for words in _CRASHES)
