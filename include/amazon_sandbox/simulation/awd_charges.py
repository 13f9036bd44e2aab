"""What Amazon Warehousing and Distribution (AWD) charges for a seller's bulk stock, line by line.

Storage: the month's daily average of cubic feet by shipment and FNSKU, times a rate, charged on the 6th of
the next month. Processing: a rate per box, inbound when a shipment is received, outbound when a replenishment
is delivered to FBA. Transportation: a rate per cubic foot of a delivered replenishment. Each line is rounded
separately, and settlements, transactions and bills contain the sums of the same lines.

Rates and their first days (US dollars, `data/awd_rates.csv`) are those of Amazon's help pages
GPB467PZW3AZC4V3 and GAYG62Q3MPE6STFS; for other currencies they are converted. A SKU's storage programme is
drawn at random for each quarter.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.awd import (
    EPOCH_DAY,
    Sku,
    cubic_feet,
    replenishments,
    shipments_arriving,
    skus,
    stored_by_shipment,
)
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import between, uniforms

HOUR = 3600
STORAGE_CHARGED_ON = 6
_VOLUME = Decimal("0.0001")
_KEPT_MONTHS = 64


class Fee(StrEnum):
    """What is charged for; each fee has its own bill."""

    STORAGE = "storage"
    PROCESSING = "processing"
    TRANSPORTATION = "transportation"


class Program(StrEnum):
    """How a SKU's stock is managed; it sets the rates of storage and transportation."""

    BASE = "base"
    SMART = "smart"
    MANAGED = "managed"


class Charge(NamedTuple):
    """One line of a bill.

    `kind`: the programme, or `inbound` and `outbound` for processing; `reference`: the inbound shipment or
    the replenishment order; `quantity`: cubic feet (four places), or boxes; `rate`: per unit of quantity;
    `amount`: minor units; `at`: when it is charged, UTC epoch seconds.
    """

    fee: Fee
    kind: str
    sku: Sku
    reference: str
    quantity: Decimal
    rate: Decimal
    amount: int
    at: int


def month_of(day: date) -> int:
    """The number of a calendar month: months since year 0."""
    return day.year * 12 + day.month - 1


def first_of(month: int) -> date:
    """The first day of a month by its number."""
    return date(month // 12, month % 12 + 1, 1)


@kept_per_storefront(_KEPT_MONTHS)
def monthly_charges(storefront: Storefront, month: int) -> tuple[Charge, ...]:
    """The lines of a month's bills (`month`: its number), by fee and time of charge: storage during the
    month, and what was received and delivered in it (UTC).
    """
    charges = [*_storage(storefront, month), *_handled(storefront, month)]
    order = list(Fee)
    return tuple(
        sorted(charges, key=lambda one: (order.index(one.fee), one.at, one.reference, one.sku.listing.sku))
    )


def charges_between(storefront: Storefront, start: int, end: int) -> Iterator[Charge]:
    """What is charged in [start, end), UTC epoch seconds. Storage is charged in the following month."""
    months = [month_of(date.fromordinal(EPOCH_DAY + at // DAY)) for at in (start, end - 1)]
    for month in range(months[0] - 1, months[1] + 1):
        yield from (one for one in monthly_charges(storefront, month) if start <= one.at < end)


def program_of(storefront: Storefront, sku: Sku, month: int) -> Program:
    """The programme of a SKU in a month."""
    u = uniforms(*storefront.key, sku.listing.sku, "awd program", month // 3)
    return Program.BASE if u[0] < 0.55 else Program.SMART if u[0] < 0.85 else Program.MANAGED


def rate_of(marketplace: Marketplace, fee: str, program: str, day: date) -> Decimal:
    """The rate on a day, in the marketplace's currency; programmes without their own use the base rate."""
    known = _rates()
    rates = known.get((fee, program)) or known[fee, Program.BASE]
    usd = [rate for start, rate in rates if start <= day][-1]
    return usd * Decimal(str(marketplace.usd_rate))


@cache
def _rates() -> dict[tuple[str, str], list[tuple[date, Decimal]]]:
    found: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
    for row in tables.rows("awd_rates"):
        dated = (date.fromisoformat(row["from"]), Decimal(row["usd"]))
        found.setdefault((row["fee"], row["program"]), []).append(dated)
    return found


def _storage(storefront: Storefront, month: int) -> Iterator[Charge]:
    first = first_of(month)
    days = range(first.toordinal(), first.toordinal() + monthrange(first.year, first.month)[1])
    charged = first_of(month + 1).replace(day=STORAGE_CHARGED_ON)
    at = (charged.toordinal() - EPOCH_DAY) * DAY + 8 * HOUR
    for sku in skus(storefront):
        units: dict[str, int] = {}
        for day in days:
            for shipment_id, count in stored_by_shipment(storefront, sku, day):
                units[shipment_id] = units.get(shipment_id, 0) + count
        program = program_of(storefront, sku, month)
        for shipment_id in sorted(units):
            volume = cubic_feet(sku, units[shipment_id]) / len(days)
            yield _charge(storefront, Fee.STORAGE, "storage", program, sku, shipment_id, volume, at, first)


def _handled(storefront: Storefront, month: int) -> Iterator[Charge]:
    first, following = first_of(month), first_of(month + 1)
    days = range(first.toordinal(), following.toordinal())
    for shipment in shipments_arriving(storefront, days):
        at = shipment.received_at + _delay(storefront, shipment.shipment_id)
        for line in shipment.lines:
            yield _boxes(storefront, "inbound", line.sku, shipment.shipment_id, line.received, at)
    for order in replenishments(storefront, days):
        at = order.delivered_at + _delay(storefront, order.order_id)
        for sku, cases in order.lines:
            yield _boxes(storefront, "outbound", sku, order.order_id, cases, at)
            program = program_of(storefront, sku, month)
            moved = Program.MANAGED if program is Program.MANAGED else Program.BASE
            volume = cubic_feet(sku, cases * sku.case_size)
            yield _charge(
                storefront, Fee.TRANSPORTATION, "transportation", moved, sku, order.order_id, volume, at,
                date.fromordinal(EPOCH_DAY + at // DAY),
            )  # fmt: skip


def _boxes(storefront: Storefront, kind: str, sku: Sku, reference: str, boxes: int, at: int) -> Charge:
    day = date.fromordinal(EPOCH_DAY + at // DAY)
    made = _charge(storefront, Fee.PROCESSING, kind, Program.BASE, sku, reference, Decimal(boxes), at, day)
    return made._replace(kind=kind, quantity=Decimal(boxes))


def _charge(
    storefront: Storefront, fee: Fee, rated: str, program: Program, sku: Sku, reference: str,
    quantity: Decimal, at: int, day: date,
) -> Charge:  # fmt: skip
    rate = rate_of(storefront.marketplace, rated, program, day)
    billed = quantity.quantize(_VOLUME, ROUND_HALF_UP)
    minor = billed * rate * 10**storefront.marketplace.decimals
    amount = int(minor.quantize(Decimal(1), ROUND_HALF_UP))
    return Charge(fee, program, sku, reference, billed, rate, amount, at)


def _delay(storefront: Storefront, reference: str) -> int:
    """Seconds from an event to its charge on the same UTC day."""
    return int(between(uniforms(*storefront.key, reference, "awd charged")[0], 1, 20) * HOUR)
