"""Inventory falls with sales, rises with deliveries, and is empty in a stock-out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

from unit.amazon_sandbox.simulation.reading import (
    DE,
    INVENTORY,
    ORDERS,
    STOREFRONTS,
    US,
    flat_file,
    read_flat_file,
)

from amazon_sandbox.simulation import Seller, Simulation

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS = 45


@cache
def snapshots(simulation: Simulation, marketplace_id: str) -> list[dict[str, dict[str, int]]]:
    """The quantities by SKU at noon of each day."""
    seller = simulation.seller(STOREFRONTS[marketplace_id][0])
    taken = []
    for offset in range(DAYS):
        moment = START + timedelta(days=offset)
        rows = flat_file(simulation, INVENTORY, seller, [marketplace_id], None, None, moment).rows
        taken.append(
            {
                row["sku"]: {k: int(v) for k, v in row.items() if k.startswith("afn-") and v.isdigit()}
                for row in rows
            }
        )
    return taken


@cache
def bought(simulation: Simulation, marketplace_id: str) -> list[Counter[str]]:
    """Units ordered of each Amazon-fulfilled SKU between one noon and the next, cancelled later or not."""
    seller = simulation.seller(STOREFRONTS[marketplace_id][0])
    ordered: list[Counter[str]] = []
    for offset in range(DAYS - 1):
        start = START + timedelta(days=offset)
        end = start + timedelta(days=1)
        seen: dict[str, tuple[str, int]] = {}
        # Cancelled lines lose their quantity, so each is read within an hour of its purchase: no order
        # is cancelled sooner.
        for hour in range(1, 25):
            as_of = start + timedelta(hours=hour)
            rows = flat_file_or_none(simulation, seller, marketplace_id, start, as_of)
            for index, row in enumerate(rows):
                key = row.get("order-item-id") or f"{row['amazon-order-id']}{row['sku']}{index}"
                is_new = start <= datetime.fromisoformat(row["purchase-date"]) < end
                if is_new and row["fulfillment-channel"] == "Amazon" and row["order-status"] != "Cancelled":
                    seen.setdefault(key, (row["sku"], int(row["quantity"])))
        units: Counter[str] = Counter()
        for sku, quantity in seen.values():
            units[sku] += quantity
        ordered.append(units)
    return ordered


def flat_file_or_none(
    simulation: Simulation, seller: Seller, marketplace_id: str, start: datetime, as_of: datetime
) -> list[dict[str, str]]:
    document = simulation.document(ORDERS, seller, [marketplace_id], start, as_of, {}, as_of)
    if document is None:
        return []
    return read_flat_file(document).rows


def test_stock_moves_only_by_sales_and_deliveries(simulation: Simulation) -> None:
    """fulfillable tomorrow = fulfillable today - units ordered + the delivery announced as inbound."""
    quantities, ordered = snapshots(simulation, DE), bought(simulation, DE)
    falls = rises = 0
    for today, tomorrow, units in zip(quantities, quantities[1:], ordered, strict=False):
        for sku in today.keys() & tomorrow.keys():
            change = tomorrow[sku]["afn-fulfillable-quantity"] - today[sku]["afn-fulfillable-quantity"]
            announced = today[sku]["afn-inbound-receiving-quantity"]
            if change == -units[sku]:
                falls += bool(units[sku])
            else:
                assert change == announced - units[sku], sku
                assert tomorrow[sku]["afn-inbound-receiving-quantity"] == 0
                rises += 1
    assert falls > 300
    assert rises > 30


def test_quantities_add_up(simulation: Simulation) -> None:
    for row in (row for day in snapshots(simulation, US)[::9] for row in day.values()):
        assert min(row.values()) >= 0
        warehouse = (
            row["afn-fulfillable-quantity"] + row["afn-reserved-quantity"] + row["afn-unsellable-quantity"]
        )
        assert row["afn-warehouse-quantity"] == warehouse
        inbound = row["afn-inbound-shipped-quantity"] + row["afn-inbound-receiving-quantity"]
        assert row["afn-total-quantity"] == warehouse + inbound


def test_no_sales_without_stock(simulation: Simulation) -> None:
    """Some SKUs run out; a SKU without stock has no sales."""
    quantities, ordered = snapshots(simulation, DE), bought(simulation, DE)
    empty = [
        (index, sku)
        for index, day in enumerate(quantities[:-1])
        for sku, row in day.items()
        if row["afn-fulfillable-quantity"] == 0
        and quantities[index + 1][sku]["afn-fulfillable-quantity"] == 0
    ]
    assert len(empty) > 5
    assert all(ordered[index][sku] == 0 for index, sku in empty)
