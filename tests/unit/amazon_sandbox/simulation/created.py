"""Created shipments to test with, and where their units should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from hypothesis import strategies as st
from support import catalogue
from unit.amazon_sandbox.simulation.reading import STOREFRONTS, US

from amazon_sandbox.simulation.created_shipments import CreatedItem, CreatedShipment

HOUR, DAY = 3600, 86_400
START = datetime(2026, 10, 5, tzinfo=UTC)
DAYS = 30
PLACES = ("working", "shipped", "receiving", "on hand")
IDS = "FBA15TEST"
_STEPS = ("working", "shipped", "receiving", "received", "closed")
_LISTED_BY = date(2026, 1, 1).toordinal()

moments = st.integers(0, DAYS * 24).map(lambda hours: START + timedelta(hours=hours))


@cache
def fba_skus(marketplace_id: str = US) -> list[str]:
    """The SKUs of scenario `world` that a shipment to a marketplace may hold."""
    simulation = catalogue.simulation("world")
    storefront = simulation.storefront(simulation.seller(STOREFRONTS[marketplace_id][0]), marketplace_id)
    return [one.sku for one in storefront.listings if not one.is_merchant and one.launch < _LISTED_BY]


@st.composite
def shipments(draw: st.DrawFn, number: int) -> CreatedShipment:
    """A shipment to the US, somewhere on its way, perhaps cancelled."""
    created = int(START.timestamp()) + draw(st.integers(0, DAYS * 12)) * HOUR
    hours = draw(st.lists(st.integers(0, 120), min_size=4, max_size=4))
    instants = accumulate((gap * HOUR for gap in hours), initial=created)
    known = draw(st.integers(1, 5))
    _, *later = (at if place < known else None for place, at in enumerate(instants))
    items = tuple(
        CreatedItem(sku, shipped, shipped - draw(st.integers(0, min(shipped, 5))))
        for sku in draw(st.lists(st.sampled_from(fba_skus()), min_size=1, max_size=3, unique=True))
        for shipped in (draw(st.integers(1, 300)),)
    )
    after = st.none() | st.integers(1, 300).map(lambda passed: created + passed * HOUR)
    return made(number, created, tuple(later), items)._replace(
        cancelled_at=draw(after),
        placement_fee=draw(st.integers(0, 9_999)),
        transportation_fee=draw(st.integers(0, 99_999)),
        charged_at=draw(after),
    )


several = st.integers(1, 3).flatmap(lambda count: st.tuples(*(shipments(number) for number in range(count))))


def made(
    number: int, created: int, later: tuple[int | None, ...], items: tuple[CreatedItem, ...], **changes: Any
) -> CreatedShipment:
    """A shipment to the US; `later`: when it left, began to be received, was received, was closed."""
    left, receiving, received, closed = later
    shipment = CreatedShipment(
        "northwind_na", "US", f"wf{number:036d}", f"Autumn #{number}", f"pl{number:036d}", f"sh{number:036d}",
        f"{IDS}{number:03d}", "PHX7", items, created, left, receiving, received, closed,
    )  # fmt: skip
    return shipment._replace(**changes)


def step_of(shipment: CreatedShipment, now: int) -> tuple[str, bool]:
    """How far a shipment has come, by what happened until it was cancelled, and whether it is."""
    instants = (
        shipment.created_at,
        shipment.left_at,
        shipment.receiving_at,
        shipment.received_at,
        shipment.closed_at,
    )
    cancelled = shipment.cancelled_at is not None and shipment.cancelled_at <= now
    until = shipment.cancelled_at - 1 if cancelled and shipment.cancelled_at is not None else now
    reached = [step for step, at in zip(_STEPS, instants, strict=True) if at is not None and at <= until]
    return (reached[-1] if reached else ""), cancelled


def placed(shipped: Iterable[CreatedShipment], now: int) -> Counter[tuple[str, str]]:
    """The units of each SKU in each place; those that never arrive are received until the close."""
    found: Counter[tuple[str, str]] = Counter()
    for shipment in shipped:
        step, cancelled = step_of(shipment, now)
        for item in shipment.items:
            if step in ("received", "closed"):
                found[item.sku, "on hand"] += item.received
                if step == "received" and not cancelled:
                    found[item.sku, "receiving"] += item.shipped - item.received
            elif step and not cancelled:
                found[item.sku, step] += item.shipped
    return +found


def closed_shipment(sku: str, **changes: Any) -> CreatedShipment:
    """90 units that left San Diego on 21 October 2026, 88 of them received on the 26th."""
    start = int(datetime(2026, 10, 20, 15, tzinfo=UTC).timestamp())
    later = (start + DAY, start + 5 * DAY, start + 6 * DAY, start + 9 * DAY)
    shipment = made(1, start, later, (CreatedItem(sku, 90, 88),))
    return shipment._replace(
        placement_fee=2_340, transportation_fee=11_850, charged_at=start + DAY, **changes
    )
