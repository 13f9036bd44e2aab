"""One local Amazon a session, a fresh ledger and archive a test, all on one clock that moves in sleeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.inbound.stepping import time_in_sleeps_alone
from integration.inbound.walks import RUN_AT, Harbour
from support.sandbox import SandboxServer

from sellerops.ledger import Ledger
from sellerops.sources.common import deadline

__all__ = ["harbour", "inbound_amazon"]

# Real seconds that a write may take here, where a local Amazon answers at once.
SEND_LIMIT = 1.5


@pytest.fixture(scope="session")
def inbound_amazon() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def harbour(
    inbound_amazon: SandboxServer, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Harbour]:
    monkeypatch.setattr(deadline, "SEND_LIMIT", SEND_LIMIT)
    inbound_amazon.reset()
    inbound_amazon.clock(set=RUN_AT.isoformat())
    harbour = Harbour(inbound_amazon, ledger, tmp_path / "archive")
    with time_in_sleeps_alone(harbour):
        yield harbour
