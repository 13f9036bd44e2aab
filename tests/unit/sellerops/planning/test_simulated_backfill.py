"""The plan and the quota ledger agree: a backfill simulated on the ledger ends when the plan says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.ledger import Ledger

BENCHMARKS = Path(__file__).resolve().parents[4] / "benchmarks"


def test_a_simulated_backfill_ends_as_planned(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty days, five reports, four accounts, the local Amazon's quotas judging every call."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from backfills.simulated import simulate

    result = simulate(ledger, 30)
    assert result["requests"] > 400
    for account in result["accounts"].values():
        assert account["hours"] == pytest.approx(account["planned_hours"], rel=0.03)
    assert result["refused"] == 0
    assert result["cooldowns_violated"] == 0
    assert result["order_violations"] == 0
    assert result["expired_while_waiting"] == 0
    assert result["latest_schedule_minutes"] < 5
