"""A changed configuration touches the DAG files at once and half a minute later; nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sellerops_runtime.config_watcher import ConfigWatcher

LONG_AGO = 1_000_000_000


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    folder = tmp_path / "config" / "reports" / "amazon_sp"
    folder.mkdir(parents=True)
    (folder / "orders.yaml").write_text("report_type: X\n", encoding="utf-8")
    return tmp_path / "config"


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    for name in ("report_dags_1.py", "notices.py"):
        (folder / name).touch()
    make_old(folder)
    return folder


def make_old(dags: Path) -> None:
    for path in dags.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))


def is_old(dags: Path) -> bool:
    (is_old,) = {path.stat().st_mtime == LONG_AGO for path in dags.iterdir()}
    return is_old


def test_without_a_change_nothing_is_touched(configuration: Path, dags: Path) -> None:
    watch = ConfigWatcher(configuration, dags)
    assert not watch.look()
    assert is_old(dags)


@pytest.mark.parametrize("what", ["changed", "new", "deleted"])
def test_a_change_is_passed_on_at_once_and_once_more(configuration: Path, dags: Path, what: str) -> None:
    now = 1000.0
    watch = ConfigWatcher(configuration, dags, lambda: now)
    known = configuration / "reports" / "amazon_sp" / "orders.yaml"
    if what == "changed":
        os.utime(known, (LONG_AGO, LONG_AGO))
    elif what == "new":
        known.with_name("returns.yaml").touch()
    else:
        known.unlink()
    assert watch.look()
    assert not is_old(dags)
    make_old(dags)
    assert not watch.look()
    assert is_old(dags)
    # For the files that Airflow was parsing when they were touched.
    now += 31.0
    assert not watch.look()
    assert not is_old(dags)
    make_old(dags)
    now += 1000.0
    assert not watch.look()
    assert is_old(dags)


def test_dag_files_that_may_not_be_touched_are_left_alone(
    configuration: Path, dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    watch = ConfigWatcher(configuration, dags)
    (configuration / "accounts.yaml").touch()
    assert watch.look()
    assert is_old(dags)
