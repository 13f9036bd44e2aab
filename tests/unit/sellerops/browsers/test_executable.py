"""Which Chromium is found, and what is said without one."""

import pytest

from sellerops.base.errors import BrowserMissing
from sellerops.browsers import executable
from sellerops.browsers.executable import VARIABLE, find_chromium


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without Chromium."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(executable, "_PLACES", ())
    return tmp_path


def install(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_without_chromium_it_says_what_to_install(bare):
    with pytest.raises(BrowserMissing) as error:
        find_chromium()
    assert "apt-get install chromium" in str(error.value)
    assert "playwright install chromium" in str(error.value)
    assert VARIABLE in str(error.value)


def test_a_chosen_one_comes_first_then_the_systems_then_playwrights_newest(bare, monkeypatch):
    for revision in (998, 1200):
        newest = install(bare / "playwright" / f"chromium-{revision}" / "chrome-linux" / "chrome")
    assert find_chromium() == newest
    system = install(bare / "bin" / "chromium")
    assert find_chromium() == system
    chosen = install(bare / "own")
    monkeypatch.setenv(VARIABLE, str(chosen))
    assert find_chromium() == chosen


def test_a_chosen_one_that_is_missing_is_named(bare, monkeypatch):
    install(bare / "bin" / "chromium")
    monkeypatch.setenv(VARIABLE, "/nowhere/chromium")
    with pytest.raises(BrowserMissing, match="/nowhere/chromium"):
        find_chromium()
