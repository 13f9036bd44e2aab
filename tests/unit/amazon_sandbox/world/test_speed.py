"""What the world promises of its pace. Left out unless asked for: figures depend on the machine."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from unit.amazon_sandbox.world.reading import ORDERS, SALES, US

from amazon_sandbox.world import World

pytestmark = pytest.mark.benchmark

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


def best_of_three(report_type: str, ids: list[str], start: date, end: date) -> float:
    """Seconds, each time in a world that has made nothing yet."""
    best = float("inf")
    for _ in range(3):
        world = World(7)
        began = time.perf_counter()
        document = world.document(report_type, world.sellers[0], ids, start, end, {}, AS_OF)
        assert document is not None
        document.read()
        best = min(best, time.perf_counter() - began)
    return best


def test_a_day_of_sales_and_traffic() -> None:
    day = date(2026, 3, 1)
    assert best_of_three(SALES, [US], day, day) < 0.020


def test_a_month_of_orders_of_a_seller() -> None:
    assert best_of_three(ORDERS, [], AS_OF - timedelta(days=30), AS_OF) < 1.0


def test_bulk_rows() -> None:
    began = time.perf_counter()
    size = sum(len(chunk) for chunk in World(7).bulk_orders(1_000_000).chunks)
    assert size > 200_000_000
    assert 1_000_000 / (time.perf_counter() - began) > 300_000
