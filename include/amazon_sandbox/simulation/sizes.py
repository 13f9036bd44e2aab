"""Sides and weight of a packed unit, in the units of its marketplace."""

from __future__ import annotations

from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.marketplaces import Marketplace

_LONG, _SHORT = 1.6, 0.625  # the middle side is the cube root of the volume
_KILOGRAMS_A_LITRE = 0.35
_CENTIMETRES_AN_INCH, _POUNDS_A_KILOGRAM = 2.54, 2.2046
_SMALL_LITRES, _BULKY_LITRES = 1.0, 40
_HEAVY_POUNDS = 3


class Size(NamedTuple):
    """Sides, length plus girth and weight as reports write them, with their units and Amazon's tier."""

    longest: str
    median: str
    shortest: str
    length_and_girth: str
    side_unit: str
    weight: str
    weight_unit: str
    tier: str


def size_of(listing: Listing, marketplace: Marketplace) -> Size:
    """The size of a unit: inches and pounds in North America, centimetres and kilograms elsewhere."""
    side = (1000 * listing.litres) ** (1 / 3)
    sides = [side * _LONG, side, side * _SHORT]
    weight = listing.litres * _KILOGRAMS_A_LITRE
    is_american = marketplace.region == "NA"
    if is_american:
        sides = [length / _CENTIMETRES_AN_INCH for length in sides]
        weight *= _POUNDS_A_KILOGRAM
    longest, median, shortest = sides
    return Size(
        longest=f"{longest:.2f}",
        median=f"{median:.2f}",
        shortest=f"{shortest:.2f}",
        length_and_girth=f"{longest + 2 * (median + shortest):.2f}",
        side_unit="inches" if is_american else "centimeters",
        weight=f"{weight:.2f}",
        weight_unit="pounds" if is_american else "kilograms",
        tier="Standard-Size" if listing.litres < _BULKY_LITRES else "Oversize",
    )


def size_group(listing: Listing) -> str:
    """The group that fee tables use: `small` and `large` standard size, `heavy` above 3 pounds, `bulky`."""
    if listing.litres >= _BULKY_LITRES:
        return "bulky"
    if listing.litres < _SMALL_LITRES:
        return "small"
    return "heavy" if listing.litres * _KILOGRAMS_A_LITRE * _POUNDS_A_KILOGRAM > _HEAVY_POUNDS else "large"
