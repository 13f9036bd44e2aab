"""Computes a SKU's position from its reports, with the day on which each part of it can be sold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sellerops.demand.lead_times import Days, LeadTime
from sellerops.demand.position import Arrival, Position, Stock
from sellerops.demand.settings import DemandSettings

Cells = Mapping[str, Any]


def position_of(
    stock: Cells,
    elsewhere: Cells | None,
    own: Sequence[Cells],
    shipments: Sequence[Cells],
    *,
    day: date,
    lead: LeadTime,
    settings: DemandSettings,
) -> Position:
    """The position of a SKU. Counts come from the newest snapshot, days from the open shipments.

    Units that have left AWD for FBA are counted once: AWD reports them as not yet received at FBA
    (replenishmentQuantity in Amazon's model awd_2024-05-09), and according to sellers FBA's own figures
    include them as inbound too. So only the part that exceeds what is inbound is added.

    :param stock: a row of inventory_day. :param elsewhere: its row without a marketplace, with AWD.
    :param own: valid rows of reference.stock_elsewhere. :param shipments: open rows of fba_shipments.
    """
    awd = elsewhere or {}
    orders = [row for row in own if row["kind"] == "purchase_order"]
    shipped, receiving = _units(stock, "inbound_shipped"), _units(stock, "inbound_receiving")
    leaving = max(0, _units(awd, "awd_replenishing") - shipped - receiving)
    counted = Stock(
        available=_units(stock, "available"),
        fc_transfer=_units(stock, "fc_transfer"),
        fc_processing=_units(stock, "fc_processing"),
        inbound_working=_units(stock, "inbound_working"),
        inbound_shipped=shipped,
        inbound_receiving=receiving,
        awd_available=_units(awd, "awd_available"),
        awd_reserved=_units(awd, "awd_reserved") + leaving,
        awd_inbound=_units(awd, "awd_inbound"),
        own_warehouse=sum(row["quantity"] for row in own if row["kind"] == "warehouse"),
        open_orders=sum(row["quantity"] for row in orders),
    )
    check_in, transit = lead.check_in, lead.transit
    stages = (
        ("receiving", counted.inbound_receiving, check_in.mean / 2),
        ("shipped", counted.inbound_shipped, transit.mean / 2 + check_in.mean),
        ("working", counted.inbound_working, transit.mean + check_in.mean),
    )
    arrivals = [
        *(
            one
            for name, units, usual in stages
            for one in _dated(name, units, usual, shipments, day, check_in)
        ),
        *_at(counted.awd_reserved, settings.awd_days / 2 + check_in.mean),
        *_at(counted.awd_available, settings.awd_days + check_in.mean),
        *_at(counted.awd_inbound, 2 * settings.awd_days + check_in.mean),
        *_at(counted.own_warehouse, settings.own_warehouse_days + check_in.mean),
        *(_ordered(row, day, lead) for row in orders),
    ]
    return Position(counted, tuple(sorted(arrivals, key=lambda each: each.in_days)))


def last_arrival(rows: Iterable[date | None]) -> date | None:
    """The latest of these days."""
    return max((each for each in rows if each is not None), default=None)


def _dated(
    stage: str, units: int, usual: float, shipments: Sequence[Cells], day: date, check_in: Days
) -> Iterable[Arrival]:
    """Units of a stage on the expected days of its shipments, earliest first; the rest after ``usual`` days.

    An expected day that has passed only says that the units are late: they are counted after one check-in.
    """
    left = units
    ours = [row for row in shipments if row["stage"] == stage and row["expected_on"] is not None]
    for row in sorted(ours, key=lambda each: each["expected_on"]):
        taken = min(left, int(row["units_open"]))
        if taken > 0:
            ahead = max(0, (row["expected_on"] - day).days)
            yield Arrival(round(ahead + check_in.mean), taken)
        left -= taken
    yield from _at(left, usual)


def _at(units: int, days: float) -> list[Arrival]:
    return [Arrival(round(days), units)] if units > 0 else []


def _ordered(row: Cells, day: date, lead: LeadTime) -> Arrival:
    expected = row["expected_date"]
    ahead = max(0, (expected - day).days) + lead.check_in.mean if expected else lead.total.mean
    return Arrival(round(ahead), row["quantity"])


def _units(row: Cells, name: str) -> int:
    return int(row.get(name) or 0)
