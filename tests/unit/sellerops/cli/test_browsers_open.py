"""What a person is told about the browser of a login."""

from __future__ import annotations

import pytest
from support.portal import portal_login

from sellerops.browsers.devtools import Tab
from sellerops.browsers.pool import BrowserState, PoolBrowser
from sellerops.cli import browsers


def test_the_page_that_asks_for_a_person_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address in the ledger has no query, which may have tokens."""
    tabs = [
        Tab("1", "about:blank", ""),
        Tab("2", "https://example.com/ap/cvf/request?arb=1&state=x", "Verify"),
    ]
    monkeypatch.setattr(browsers, "list_tabs", lambda address: tabs)
    state = browsers.LoginState(action="Enter the code.", page_url="https://example.com/ap/cvf/request")
    login = portal_login(port=9222)
    lines = browsers._how_to_reach(PoolBrowser(login, BrowserState.RUNNING), state)
    pages = [line for line in lines if "/devtools/page/" in line]
    assert [line.split("/devtools/page/")[1].split()[0] for line in pages] == ["2", "1"]
    assert "arb=1" not in "".join(lines)
