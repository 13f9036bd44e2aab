"""What AWD charges: by its rules, from the bulk stock, and the same in settlements and transactions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from unit.amazon_sandbox.simulation.reading import GB, US, read_flat_file

from amazon_sandbox.finances.data import TransactionFilter, transactions
from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.awd import EPOCH_DAY, replenishments, shipments_arriving, stock_at
from amazon_sandbox.simulation.awd_charges import (
    Fee,
    Program,
    charges_between,
    month_of,
    monthly_charges,
    rate_of,
)
from amazon_sandbox.simulation.inventory import DAY

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OCTOBER = month_of(date(2026, 10, 1))
LITRES_PER_CUBIC_FOOT = Decimal("28.316846592")
STORES = {"northwind_na": US, "northwind_eu": GB}


@pytest.mark.parametrize("account", STORES)
def test_storage_is_the_months_average_stock(simulation: Simulation, account: str) -> None:
    """By SKU over its shipments, to the rounding of each line's volume; charged on the 6th."""
    storefront = simulation.storefront(simulation.seller(account), STORES[account])
    days = range(date(2026, 10, 1).toordinal(), date(2026, 11, 1).toordinal())
    units: Counter[str] = Counter()
    for day in days:
        for stock in stock_at(storefront, (day - EPOCH_DAY) * DAY):
            units[stock.sku.listing.sku] += stock.on_hand
    volumes: dict[str, Decimal] = {}
    lines: Counter[str] = Counter()
    for charge in monthly_charges(storefront, OCTOBER):
        if charge.fee is Fee.STORAGE:
            sku = charge.sku.listing.sku
            volumes[sku] = volumes.get(sku, Decimal(0)) + charge.quantity
            lines[sku] += 1
            assert datetime.fromtimestamp(charge.at, UTC).date() == date(2026, 11, 6)
            rounded = (charge.quantity * charge.rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert rounded == Decimal(charge.amount) / 100
    assert set(volumes) == {sku for sku, count in units.items() if count}
    litres = {one.sku: one.litres for one in storefront.listings}
    for sku, volume in volumes.items():
        packed = Decimal(str(round(litres[sku], 6))) * Decimal("1.15") / LITRES_PER_CUBIC_FOOT
        assert abs(volume - packed * units[sku] / len(days)) <= lines[sku] * Decimal("0.00005")
    assert max(lines.values()) > 1, "stock of two shipments is charged by shipment"


def test_boxes_are_charged_as_they_come_and_go(simulation: Simulation) -> None:
    """What was received less what left is the change of stock: shipments and replenishments are complete."""
    storefront = simulation.storefront(simulation.seller("northwind_na"), US)
    days = range(date(2026, 3, 1).toordinal(), date(2026, 10, 1).toordinal())
    at = [(day - EPOCH_DAY) * DAY for day in (days[0], days[-1])]
    before, after = (
        {s.sku.listing.sku: s.on_hand + s.replenishing for s in stock_at(storefront, one)} for one in at
    )
    change: Counter[str] = Counter()
    following = range(days[1], days[-1] + 1)
    for shipment in shipments_arriving(storefront, following):
        for line in shipment.lines:
            change[line.sku.listing.sku] += line.received * line.sku.case_size
    for order in replenishments(storefront, following):
        for sku, cases in order.lines:
            change[sku.listing.sku] -= cases * sku.case_size
    assert len(before) > 5
    assert {sku: after[sku] - units for sku, units in before.items()} == {sku: change[sku] for sku in before}


def test_rates_have_days(simulation: Simulation) -> None:
    storefront = simulation.storefront(simulation.seller("northwind_na"), US)
    for day, inbound, outbound in (
        (date(2025, 3, 31), "2.50", "0.00"),
        (date(2025, 4, 1), "1.35", "1.35"),
    ):
        for kind, rate in (("inbound", inbound), ("outbound", outbound)):
            assert rate_of(storefront.marketplace, kind, Program.BASE, day) == Decimal(rate)
    managed = rate_of(storefront.marketplace, "transportation", Program.MANAGED, date(2026, 1, 1))
    assert managed == Decimal("1.04")
    quarter = (OCTOBER - 2, OCTOBER - 1, OCTOBER)  # a shipment comes every eight weeks
    charges = [one for month in quarter for one in monthly_charges(storefront, month)]
    boxes = [one for one in charges if one.fee is Fee.PROCESSING]
    assert {one.kind for one in boxes} == {"inbound", "outbound"}
    assert all(one.amount == one.quantity * 135 for one in boxes)


@pytest.mark.parametrize("account", STORES)
def test_settlements_and_transactions_have_the_bills_amounts(simulation: Simulation, account: str) -> None:
    """To the cent, by fee, for the newest settlement with AWD; names are of one generation per account."""
    seller = simulation.seller(account)
    storefront = simulation.storefront(seller, STORES[account])
    ref = [one for one in simulation.settlements(seller, NOW) if STORES[account] in one.marketplace_ids][-1]
    start, end = int(ref.start.timestamp()), int(ref.end.timestamp())
    billed: Counter[str] = Counter()
    for charge in charges_between(storefront, start, end):
        billed[f"AWD {charge.fee.value.title()} Fee"] -= charge.amount
    settled: Counter[str] = Counter()
    for row in read_flat_file(simulation.settlement_document(seller, ref.settlement_id)).rows[1:]:
        if "AWD" in row["amount-type"]:
            older = row["transaction-type"] == "FBAFees"
            assert older == (account == "northwind_na")
            assert older or row["transaction-type"] == "other-transaction"
            name = row["amount-type"] if older else row["amount-description"]
            settled[name] += int(Decimal(row["amount"]) * 100)
    assert billed == settled
    assert len(billed) == 3
    storefronts = [simulation.storefront(seller, each) for each in seller.marketplace_ids]
    span = TransactionFilter(start, end, group_id=ref.settlement_id)
    listed, _ = transactions(seller, storefronts, span, int(NOW.timestamp()), None, 100_000)
    posted: Counter[str] = Counter()
    leaves = set()
    for one in listed:
        if one["description"].startswith("AWD"):
            posted[one["description"]] += round(one["totalAmount"]["currencyAmount"] * 100)
            leaves.add(one["breakdowns"][0]["breakdowns"][0]["breakdownType"])
    assert posted == billed
    assert leaves == {"AmazonUpstreamProcessingFee", "AmazonUpstreamStorageTransportationFee"}


def test_every_month_is_charged_once(simulation: Simulation) -> None:
    """Cut anywhere, the charges of a year are those of its months."""
    storefront = simulation.storefront(simulation.seller("northwind_na"), US)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    cuts = [int((start + timedelta(days=17 * step)).timestamp()) for step in range(12)]
    pieces = [one for a, b in pairwise(cuts) for one in charges_between(storefront, a, b)]
    whole = list(charges_between(storefront, cuts[0], cuts[-1]))
    assert len(whole) > 300
    assert Counter(pieces) == Counter(whole)
