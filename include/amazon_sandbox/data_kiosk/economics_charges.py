"""The fees of a period by SKU: those of shipped and refunded items, and of events that name products.

A fee belongs to the local day on which it is charged: the day of shipment, of the refund, or of the event's
posting. Only the fulfilment fee and the storage fee have components. The names of fees and of the fulfilment
fee's components are those that real accounts showed (`simulation/data/economics_fees.csv`; the rest are
guesses); the storage fee's components have not been seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.fulfilment_fees import fulfilment_fee
from amazon_sandbox.simulation.money.all_events import product_charges_between
from amazon_sandbox.simulation.money.events import Event
from amazon_sandbox.simulation.money.inbound import bulk_stock_fees
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.orders import order_lines
from amazon_sandbox.simulation.money.refunds import refund_lines
from amazon_sandbox.simulation.orders import LONGEST_SHIPPING_DAYS, Order, OrderItem, orders_on
from amazon_sandbox.simulation.refunds import Refund
from amazon_sandbox.simulation.sellers import SCENARIOS
from amazon_sandbox.simulation.storefront import Storefront

FULFILMENT, STORAGE = "FbaFulfilmentFee", "FbaStorageFee"
BASE, FUEL, LOW_INVENTORY = "BaseFbaFulfilmentFee", "FuelSurcharge", "LowInventoryLevelFee"
BASE_STORAGE = "BaseFbaStorageFee"


@dataclass(slots=True)
class Charge:
    """The amount of one fee or of one of its components, in minor units; costs are positive. `units` is 0
    where the fee is not charged per unit.
    """

    amount: int = 0
    promotion: int = 0
    tax: int = 0
    units: float = 0.0
    parts: dict[str, Charge] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """What is paid."""
        return self.amount - self.promotion + self.tax

    def add(self, other: Charge) -> None:
        """Add another charge of the same fee, component by component."""
        self.amount += other.amount
        self.promotion += other.promotion
        self.tax += other.tax
        self.units += other.units
        for name, part in other.parts.items():
            self.parts.setdefault(name, Charge()).add(part)


Charges = dict[str, Charge]


def charges_on(storefront: Storefront, ordinal: int, refunds: Iterable[Refund]) -> dict[str, Charges]:
    """The fees of a local day: SKU -> name of the fee -> charge."""
    found: dict[str, Charges] = defaultdict(lambda: defaultdict(Charge))
    for order, item in shipped_on(storefront, ordinal):
        for line in _fees(order_lines(storefront, order, item)):
            name = _name("line", line.amount_description)
            found[item.listing.sku][name].add(_of_line(storefront, line, item, ordinal, name))
    for refund in refunds:
        for line in _fees(refund_lines(storefront, refund)):
            charge = Charge(amount=-line.amount, units=refund.item.quantity)
            found[refund.item.listing.sku][_name("refund", line.amount_description)].add(charge)
    for event in _events_on(storefront, ordinal):
        for listing, name, charge in _of_event(event):
            found[listing.sku][name].add(charge)
    return found


def _events_on(storefront: Storefront, ordinal: int) -> Iterator[Event]:
    start, end = storefront.marketplace.day_bounds(ordinal)
    yield from product_charges_between(storefront, start, end)
    if storefront.marketplace.country in _first_countries(storefront.account):
        yield from bulk_stock_fees(storefront, start, end)


@cache
def _first_countries(account: str) -> frozenset[str]:
    """The country where an account's bulk stock is charged: its first one, the same in all scenarios."""
    return frozenset(accounts[account][0] for accounts in SCENARIOS.values() if account in accounts)


def shipped_on(storefront: Storefront, ordinal: int) -> Iterator[tuple[Order, OrderItem]]:
    """The order items that left on a local day."""
    start, end = storefront.marketplace.day_bounds(ordinal)
    for day in range(ordinal - LONGEST_SHIPPING_DAYS, ordinal + 1):
        for order in orders_on(storefront, day):
            if start <= order.shipped < end:
                yield from ((order, item) for item in order.items)


def _fees(lines: Iterator[Line]) -> Iterator[Line]:
    return (line for line in lines if line.amount_type == "ItemFees")


def _of_line(storefront: Storefront, line: Line, item: OrderItem, ordinal: int, name: str) -> Charge:
    charge = Charge(amount=-line.amount, units=item.quantity)
    if name == FULFILMENT:
        fee = fulfilment_fee(storefront, item.listing, ordinal)
        for part, each in ((BASE, fee.base), (FUEL, fee.fuel), (LOW_INVENTORY, fee.low_inventory)):
            if each:
                charge.parts[part] = Charge(amount=each * item.quantity, units=item.quantity)
    return charge


def _of_event(event: Event) -> Iterator[tuple[Listing, str, Charge]]:
    if event.own_lines:
        for line in _fees(iter(event.own_lines)):
            name = _names().get((event.kind, line.amount_description))
            for item in event.items[:1]:
                if name and item.listing:
                    yield item.listing, name, Charge(-line.amount, units=item.units)
        return
    name = _names().get(("event", event.kind))
    if name is None:
        return
    shares = _spread(event.tax, event), _spread(event.discount, event)
    for item, tax, discount in zip(event.items, *shares, strict=True):
        if item.listing is None:
            continue
        charge = Charge(-item.amount, discount, -tax, item.units)
        if name == STORAGE:
            charge.parts[BASE_STORAGE] = Charge(-item.amount, discount, -tax, item.units)
        yield item.listing, name, charge


def _spread(amount: int, event: Event) -> list[int]:
    """An amount of the whole event, divided among its items in proportion, to the last cent."""
    shares, seen, given = [], 0, 0
    for item in event.items:
        seen += item.amount
        share = round(amount * seen / event.amount) - given if event.amount else 0
        given += share
        shares.append(share)
    return shares


def _name(source: str, description: str) -> str:
    return _names()[source, description]


@cache
def _names() -> dict[tuple[str, str], str]:
    return {(row["source"], row["name"]): row["fee"] for row in tables.rows("economics_fees")}
