"""One local Amazon a session, a fresh ledger and archive a test, all on one fast clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.collect.parts import RUN_AT, Bench
from support.sandbox import SandboxServer

from sellerops.ledger import Ledger
from sellerops.sources.common import deadline

__all__ = ["bench", "local_amazon"]

SPEED = 600
# Real seconds that a create may take here, where a local Amazon answers at once.
SHORTEST_SEND = 2.0


@pytest.fixture(scope="session")
def local_amazon() -> Iterator[SandboxServer]:
    with SandboxServer(speed=SPEED) as server:
        yield server


@pytest.fixture
def bench(
    local_amazon: SandboxServer, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    monkeypatch.setattr(deadline, "SHORTEST_SEND", SHORTEST_SEND)
    local_amazon.reset()
    local_amazon.clock(set=RUN_AT.isoformat(), speed=SPEED)
    made = Bench(local_amazon, ledger, tmp_path / "archive")
    made.follow_clock()
    return made


@pytest.fixture
def stepping_clock(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes where somebody sleeps, and nowhere else: see ``Bench.let_time_pass_in_sleeps_alone``."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
