"""Keeps a login's cookies beside its profile: a killed Chromium loses those of its last half minute."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

FILE = "cookies.json"
_Cookie = Mapping[str, Any]


def save_cookies(context: BrowserContext, profile: Path, run_id: str) -> None:
    """Save the profile's cookies, readable by this user only. ``run_id``: of the running browser."""
    profile.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = json.dumps({"run_id": run_id, "cookies": context.cookies()})
    written = profile / f"{FILE}.part"
    written.unlink(missing_ok=True)
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(content)
    written.replace(profile / FILE)


def restore_cookies(context: BrowserContext, profile: Path, run_id: str) -> int:
    """Add saved cookies that a restarted browser lacks or has older values of; returns their number."""
    try:
        saved = json.loads((profile / FILE).read_text(encoding="utf-8"))
        if saved["run_id"] == run_id:
            return 0
        missing = missing_cookies(saved["cookies"], context.cookies(), time.time())
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    if missing:
        context.add_cookies(missing)  # type: ignore[arg-type]
    return len(missing)


def missing_cookies(saved: Sequence[_Cookie], present: Sequence[_Cookie], now: float) -> list[_Cookie]:
    """The saved cookies that have not expired and that are missing or present only with an older value.

    ``expires``: Unix time or -1. A killed browser restarts with the values of half a minute earlier; of two
    values, the one that expires later is the newer one.
    """
    there = {_key(each): each for each in present}
    return [
        each
        for each in saved
        if (each.get("expires", -1) == -1 or each["expires"] > now) and _is_newer(each, there.get(_key(each)))
    ]


def _is_newer(saved: _Cookie, present: _Cookie | None) -> bool:
    if present is None:
        return True
    if saved.get("value") == present.get("value"):
        return False
    return bool(saved.get("expires", -1) >= present.get("expires", -1))


def _key(cookie: _Cookie) -> tuple[Any, ...]:
    return cookie["name"], cookie["domain"], cookie["path"]
