"""Buyers of merchant-fulfilled orders: generated from the seed, and obviously fictional."""

from __future__ import annotations

from typing import NamedTuple

from amazon_sandbox.simulation.streams import pick, uniforms

_FIRST = ("Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett")
_LAST = ("Example", "Sample", "Placeholder", "Specimen", "Nobody", "Fictional", "Invented", "Testcase")
_STREETS = ("Imaginary Street", "Nowhere Lane", "Example Avenue", "Placeholder Road", "Fictional Square")
# Numbers reserved for fiction (North American Numbering Plan 555-01XX).
_PHONE = "+1 202-555-01{:02d}"


class Person(NamedTuple):
    """Who ordered, and the address the order ships to."""

    name: str
    email: str
    phone: str
    street: str
    unit: str


def buyer_of(order_id: str) -> Person:
    """The buyer of an order, always the same."""
    u = uniforms(order_id, "buyer")
    name = f"{pick(u[0], _FIRST)} {pick(u[1], _LAST)}"
    return Person(
        name=name,
        email=f"{int(u[2] * 36**8):08x}@marketplace.example.invalid",
        phone=_PHONE.format(int(u[3] * 100)),
        street=f"{1 + int(u[4] * 400)} {pick(u[5], _STREETS)}",
        unit=f"Unit {1 + int(u[6] * 60)}" if u[6] < 0.3 else "",
    )
