"""What a document costs, in days of orders made: no day twice, and none that it does not need. How long that
takes is measured by benchmarks/sandbox.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from support.sandbox_app import days_made
from unit.amazon_sandbox.simulation.reading import ORDERS, SALES, US

from amazon_sandbox.simulation import Simulation, bulk
from amazon_sandbox.simulation.orders import LONGEST_LIFE_DAYS, LONGEST_SHIPPING_DAYS
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


def days_of(simulation: Simulation, marketplace_id: str = US) -> int:
    return days_made(simulation.storefront(simulation.sellers[0], marketplace_id))


def read(simulation: Simulation, report_type: str, ids: list[str], start: date, end: date) -> None:
    document = simulation.document(report_type, simulation.sellers[0], ids, start, end, {}, AS_OF)
    assert document is not None
    document.read()


def test_a_day_of_sales_and_traffic_needs_its_shipments_and_its_refunds() -> None:
    """Of the days whose orders may be paid back on it only those that are."""
    simulation, day = Simulation(7), date(2026, 3, 1)
    read(simulation, SALES, [US], day, day)
    made = days_of(simulation)
    assert LONGEST_SHIPPING_DAYS < made <= LONGEST_SHIPPING_DAYS + 1 + (LAST_LAG - FIRST_LAG + 1) / 2
    read(simulation, SALES, [US], day, day)
    assert days_of(simulation) == made


def test_a_month_of_orders_makes_each_day_once() -> None:
    simulation = Simulation(7)
    read(simulation, ORDERS, [], AS_OF - timedelta(days=30), AS_OF)
    for marketplace_id in simulation.sellers[0].marketplace_ids:
        assert 30 < days_of(simulation, marketplace_id) <= 31 + LONGEST_LIFE_DAYS + 1


def test_bulk_rows_are_one_block_again_and_again() -> None:
    """As many as you like cost the orders of five thousand."""
    simulation, lines = Simulation(7), 0
    for chunk in simulation.bulk_orders(200_000).chunks:
        lines += chunk.count(b"\r\n")
    assert lines == 200_001
    assert days_of(simulation) * 50 < bulk.BLOCK_ROWS
