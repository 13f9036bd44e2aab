"""PORTAL=1: logins and accounts of the demo, and what is said without Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.browsers import executable
from sellerops.settings.accounts import load_accounts
from sellerops.settings.logins import load_logins
from sellerops.settings.specs import load_specs
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.local_browsers import ROLES, LocalBrowsers, chromium_or_advice
from sellerops_runtime.settings import SETTINGS_FILE, read_settings

CONFIG = PROJECT_ROOT / "include" / "config"


@pytest.fixture
def browsers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalBrowsers:
    browsers = LocalBrowsers(tmp_path / "browsers", tmp_path / "config")
    for name, value in browsers.configure(CONFIG).items():
        monkeypatch.setenv(name, value)
    return browsers


def test_the_demo_has_a_login_per_role_with_a_browser_of_its_own(browsers: LocalBrowsers) -> None:
    logins = load_logins()
    assert logins.enabled
    assert list(logins.by_id) == [f"northwind_{role}" for role in ROLES]
    assert len({login.browser for login in logins.by_id.values()}) == len(ROLES)
    assert all("seller_portal" in account.sources for account in load_accounts().values())
    for account in load_accounts():
        for role in ROLES:
            login = logins.for_report(account, role)
            assert login is not None
            assert login.id == f"northwind_{role}"


def test_each_login_has_a_connection_that_the_demo_fills(browsers: LocalBrowsers) -> None:
    known = {each.conn_id for each in read_settings(SETTINGS_FILE).connections}
    assert {login.connection_id for login in load_logins().by_id.values()} <= known


def test_the_other_settings_are_those_of_the_project(browsers: LocalBrowsers) -> None:
    specs, invalid = load_specs()
    assert not invalid
    assert (browsers.config / "reports").is_symlink()
    assert browsers.configure(CONFIG)["SELLEROPS_BROWSERS_HOME"] == str(browsers.home)
    assert len(load_specs()[0]) == len(specs)


def test_without_chromium_the_demo_goes_on_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv(executable.VARIABLE, raising=False)
    monkeypatch.setattr(executable, "_PLACES", ())
    said: list[str] = []
    assert not chromium_or_advice(said.append)
    assert "apt-get install chromium" in said[0]


def test_nothing_is_stopped_where_nothing_runs(browsers: LocalBrowsers) -> None:
    assert browsers.stop() == []
