"""A session that cannot begin or end leaves nothing running that beats the login's lock."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from support.portal import portal_login

from sellerops.browsers import session as session_module
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.session import BrowserSession, open_session


class NoPool:
    """A pool without a browser."""

    def __init__(self, folder: Path, *, is_full: bool) -> None:
        self._folder, self._is_full = folder, is_full

    def downloads(self, login_id: str) -> Path:
        return self._folder / login_id

    def clear_downloads(self, login_id: str) -> None:
        if self._is_full:
            raise OSError("No space left on device")


@pytest.mark.parametrize("fails", ["at the start", "at the end"])
def test_the_watch_always_ends(fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would hold the login until the worker ends."""
    is_full = fails == "at the start"
    pool: Any = NoPool(tmp_path, is_full=is_full)

    def leave(session: BrowserSession) -> None:
        raise OSError("the driver is gone")

    monkeypatch.setattr(BrowserSession, "_attach", lambda session: None)
    monkeypatch.setattr(BrowserSession, "_attached", None)
    if not is_full:
        monkeypatch.setattr(session_module.BrowserSession, "_leave", leave)
    login = portal_login(port=9222, id="ended")
    with (
        pytest.raises(OSError),
        open_session(
            login,
            job_id=1,
            secrets=(),
            user_agent_mark="test",
            evidence=EvidenceStore(str(tmp_path)),
            is_held=lambda: True,
            pool=pool,
        ),
    ):
        pass
    assert "watch ended" not in [thread.name for thread in threading.enumerate()]
