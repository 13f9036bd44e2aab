"""One local Amazon a session, a fresh ledger and archive a test, all on one fast clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.inbound.walks import RUN_AT, Harbour
from support.sandbox import SandboxServer

from sellerops.ledger import Ledger
from sellerops.sources.common import deadline

__all__ = ["harbour", "inbound_amazon"]

SPEED = 1200
# Real seconds that a write may take here, where a local Amazon answers at once.
SHORTEST_SEND = 0.5


@pytest.fixture(scope="session")
def inbound_amazon() -> Iterator[SandboxServer]:
    with SandboxServer(speed=SPEED) as server:
        yield server


@pytest.fixture
def harbour(
    inbound_amazon: SandboxServer, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Harbour:
    monkeypatch.setattr(deadline, "SHORTEST_SEND", SHORTEST_SEND)
    inbound_amazon.reset()
    inbound_amazon.clock(set=RUN_AT.isoformat(), speed=SPEED)
    return Harbour(inbound_amazon, ledger, tmp_path / "archive")
