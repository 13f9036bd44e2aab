"""An Amazon in memory on a fresh ledger, whose clock moves only where somebody sleeps."""

from __future__ import annotations

import pytest
from integration.writes.fake_amazon import FakeAmazon, sleep_until, stop_clock

from sellerops.ledger import Ledger, waits
from sellerops.writes import writer


@pytest.fixture
def amazon(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> FakeAmazon:
    monkeypatch.setattr(waits, "_CLOCK_AGE", 0.0)
    monkeypatch.setattr(writer, "sleep_until", sleep_until)
    stop_clock(ledger)
    return FakeAmazon(ledger)
