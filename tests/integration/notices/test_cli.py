"""What the command line shows of notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.cli import main
from sellerops.ledger import Ledger
from sellerops.notices import Event, Notice, load_routes
from sellerops.notices.outbox import ChannelError, Post, record_notice, send_due
from sellerops.settings.config_files import config_dir


def away(kind: str, connection: str, post: Post) -> str:
    raise ChannelError(f"{kind} is away")


def test_what_waits_and_what_is_wrong(
    ledger: Ledger, conninfo: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    assert main(["notices", "pending"]) == main(["notices", "faults"]) == 0
    assert capsys.readouterr().out == ("All messages were delivered.\nNo open faults.\n")
    notice = Notice("a", Event.LATE, "orders are late\nmore \x00", [], fault_key="late|orders")
    record_notice(ledger, notice, load_routes(), lambda target: target.kind == "slack")
    send_due(ledger, away)
    assert main(["notices", "pending"]) == main(["notices", "faults"]) == 0
    shown = capsys.readouterr().out
    for words in ("WAITING", "alert (#seller-reports-critical)", "orders are late", "slack is away", "late "):
        assert words in shown


def test_routes_are_shown_and_unknown_names_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notices", "routes"]) == 0
    assert "critical_failure" in capsys.readouterr().out
    shipped = (config_dir() / "notices.yaml").read_text()
    for name in config_dir().iterdir():
        (tmp_path / name.name).symlink_to(name)
    (tmp_path / "notices.yaml").unlink()
    rule = "rules:\n  - {events: late, accounts: northwind_na, families: payment, channels: [log]}\n"
    rule += "  - {events: late, accounts: northwind_eu, channels: []}\n"
    (tmp_path / "notices.yaml").write_text(shipped.replace("rules:\n", rule))
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(tmp_path))
    assert main(["notices", "routes", "--family", "fulfilment"]) == 1
    shown = capsys.readouterr().out
    assert "rules.0.families: unknown report family 'payment'. Did you mean 'payments'?" in shown
    (line,) = [line for line in shown.splitlines() if "northwind_eu" in line]
    assert line.split() == ["late", "fulfilment", "northwind_eu", "nobody"]
    (tmp_path / "notices.yaml").write_text("channels: {}\nrules: []\n")
    assert main(["notices", "routes"]) == 1
    assert "no general rule covers success" in capsys.readouterr().err
