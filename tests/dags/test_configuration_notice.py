"""An invalid configuration file gets one notice and one recovery."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.airflow_home import PROJECT_ROOT
from support.channels import Channels

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops_airflow.housekeeping.configuration import check_configuration


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    (folder / "reports" / "amazon_sp").mkdir(parents=True)
    for path in (PROJECT_ROOT / "include" / "config").glob("*.yaml"):
        shutil.copy(path, folder)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("SELLEROPS_STATE_DIR", str(tmp_path / "state"))
    return folder


def test_one_notice_and_one_recovery_per_file(config: Path, ledger: Ledger, sent: Channels) -> None:
    def look(minutes: int) -> int:
        ledger.set_clock(
            Clock(datetime.now(UTC), datetime(2026, 11, 21, 9, tzinfo=UTC) + timedelta(minutes=minutes), 0.0)
        )
        return check_configuration(ledger)

    assert look(0) == 0
    sound = {name: (config / name).read_text() for name in ("accounts.yaml", "notices.yaml")}
    (config / "accounts.yaml").write_text("accounts:\n  northwind_na: {region: NA\n")
    (config / "notices.yaml").write_text("[" * 5000)  # where messages go is known from before
    assert [look(minutes) for minutes in (5, 10, 15)] == [2, 2, 2]
    assert sorted(text.splitlines()[0] for text in sent.texts) == [
        "Invalid configuration: accounts.yaml",
        "Invalid configuration: notices.yaml",
    ]
    assert any("accounts.yaml:3" in text and "last valid version stays" in text for text in sent.texts)
    (config / "accounts.yaml").write_text(sound["accounts.yaml"])
    assert [look(20), look(25)] == [1, 1]
    assert len(sent.texts) == 3
    assert "accounts.yaml is valid again" in sent.texts[2]
    (config / "accounts.yaml").write_text("")  # again: it is news again
    assert look(30) == 2
    assert len(sent.texts) == 4
    for name, text in sound.items():
        (config / name).write_text(text)
    assert look(35) == 0
    assert len(sent.texts) == 6
