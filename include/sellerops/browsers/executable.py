"""Finds the installed Chromium."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from sellerops.base.errors import BrowserMissing

VARIABLE = "SELLEROPS_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PLACES = ("/Applications/Chromium.app/Contents/MacOS/Chromium",)
# Below `chromium-<revision>/` in the folder of browsers that Playwright downloads.
_OF_PLAYWRIGHT = (
    "chrome-linux*/chrome",
    "chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    "chrome-mac*/*.app/Contents/MacOS/Google Chrome for Testing",
)
HOW_TO_INSTALL = (
    "Install Chromium (Debian, Ubuntu: `sudo apt-get install chromium`; elsewhere: "
    "`python -m playwright install chromium` in this Python environment), "
    f"or set {VARIABLE} to the path of an installed one."
)


def find_chromium() -> Path:
    """The Chromium of ``$SELLEROPS_CHROMIUM``, else the system's, else the newest that Playwright installed.

    Raises BrowserMissing, which says what to install.
    """
    if chosen := os.environ.get(VARIABLE):
        path = Path(chosen)
        if path.is_file() and os.access(path, os.X_OK):
            return path
        raise BrowserMissing(
            f"{VARIABLE} is {chosen!r}, which is not an executable file.", remedy=HOW_TO_INSTALL
        )
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    for path in [*map(Path, _PLACES), *_installed_by_playwright()]:
        if path.is_file():
            return path
    raise BrowserMissing("no Chromium is installed on this machine.", remedy=HOW_TO_INSTALL)


def _installed_by_playwright() -> list[Path]:
    """The executables that ``playwright install chromium`` downloaded, newest first."""
    default = "Library/Caches/ms-playwright" if sys.platform == "darwin" else ".cache/ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / default)
    found = [path for pattern in _OF_PLAYWRIGHT for path in folder.glob(f"chromium-*/{pattern}")]
    return sorted(found, key=_revision, reverse=True)


def _revision(path: Path) -> int:
    folder = next(part for part in path.parts if part.startswith("chromium-"))
    number = folder.removeprefix("chromium-")
    return int(number) if number.isdigit() else 0
