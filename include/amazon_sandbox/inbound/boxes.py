"""Boxes and pallets as clients describe them: limits, contents that add up, single boxes for labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from amazon_sandbox.inbound.contents import Box, ItemLine, Pallet, units_of
from amazon_sandbox.inbound.ids import Ids
from amazon_sandbox.inbound.operations_queue import Problem
from amazon_sandbox.inbound.shapes import bad_request

MOST_BOXES = 5_000
POUNDS_A_KILOGRAM, CENTIMETRES_AN_INCH = 2.2046, 2.54
# Amazon's limits of a box with standard-size units, and of a pallet. Kilograms are those of its EU pages.
_HEAVIEST = {"LB": 50.0, "KG": 23.0}
_HEAVY = {"LB": 33.0, "KG": 15.0}
_LONGEST = {"IN": 25.0, "CM": 63.5}
_LONGEST_BULKY = {"IN": 59.0, "CM": 150.0}
_HEAVIEST_PALLET = {"LB": 1500.0, "KG": 680.0}
_HIGHEST_PALLET = {"IN": 72.0, "CM": 183.0}
PROVIDED = "BOX_CONTENT_PROVIDED"


def read_boxes(
    described: Sequence[dict[str, Any]],
    expected: Sequence[ItemLine],
    place: str,
    ids: Ids,
    *,
    methods: Sequence[str],
    heaviest: tuple[float, str] | None = None,
    is_bulky: bool = False,
) -> list[Box]:
    """The boxes of a packing group or shipment (`place` names it), whose contents must be `expected`.

    Raises ApiError.
    """
    lines = {line.msku: line for line in expected}
    boxes = []
    for box in described:
        _check_limits(box, heaviest, is_bulky)
        if box["contentInformationSource"] not in methods:
            raise bad_request(
                f"ERROR: {box['contentInformationSource']} is not allowed for {place}. "
                f"Accepted values: [{', '.join(methods)}]"
            )
        boxes.append(_box(box, lines, place, ids))
    if sum(box.quantity for box in boxes) > MOST_BOXES:
        raise bad_request(f"ERROR: {place} has more than {MOST_BOXES} boxes.")
    if all(box.source == PROVIDED for box in boxes):
        _check_sum(boxes, units_of(expected), place)
    return boxes


def heavy_boxes(body: dict[str, Any]) -> list[Problem]:
    """The warning of setPackingInformation about boxes that need a heavy package label, if there are any."""
    weights = [box["weight"] for grouping in body["packageGroupings"] for box in grouping["boxes"]]
    count = sum(weight["value"] > _HEAVY[weight["unit"]] for weight in weights)
    if not count:
        return []
    message = f"WARNING: {count} boxes weigh more than 15 kg (33 lb) and need a heavy package label."
    return [Problem("FBA_INB_0201", message, "WARNING")]


def single(boxes: Iterable[Box], ids: Ids) -> list[Box]:
    """Every box on its own, because each gets its own label."""
    return [
        Box(
            box.package_id if box.quantity == 1 else ids.make("pk"),
            box.source,
            box.dimensions,
            box.weight,
            1,
            box.items,
        )
        for box in boxes
        for _ in range(box.quantity)
    ]


def contents(boxes: Iterable[Box]) -> Counter[str]:
    """Units by MSKU in all boxes."""
    found: Counter[str] = Counter()
    for box in boxes:
        for line in box.items:
            found[line.msku] += line.quantity * box.quantity
    return found


def pounds(boxes: Iterable[Box]) -> float:
    """The total weight of the boxes in pounds."""
    return sum(in_pounds(box.weight) * box.quantity for box in boxes)


def in_pounds(weight: dict[str, Any]) -> float:
    """A weight in pounds."""
    return float(weight["value"]) * (1 if weight["unit"] == "LB" else POUNDS_A_KILOGRAM)


def read_pallets(described: Sequence[dict[str, Any]], ids: Ids) -> list[Pallet]:
    """The pallets as described. Raises ApiError for one over Amazon's limits."""
    for pallet in described:
        weight, sides = pallet.get("weight"), pallet.get("dimensions")
        if weight and not 0 < weight["value"] <= _HEAVIEST_PALLET[weight["unit"]]:
            limit = f"{_HEAVIEST_PALLET[weight['unit']]:g} {weight['unit']}"
            raise bad_request(f"ERROR: A pallet must weigh at most {limit}.", str(weight["value"]))
        if sides and not 0 < sides["height"] <= _HIGHEST_PALLET[sides["unitOfMeasurement"]]:
            limit = f"{_HIGHEST_PALLET[sides['unitOfMeasurement']]:g} {sides['unitOfMeasurement']}"
            raise bad_request(f"ERROR: A pallet must be at most {limit} high.", str(sides["height"]))
    return [Pallet(ids.make("pt"), dict(pallet)) for pallet in described]


def _box(box: dict[str, Any], lines: dict[str, ItemLine], place: str, ids: Ids) -> Box:
    items = box.get("items") or []
    if box["contentInformationSource"] != PROVIDED and items:
        raise bad_request(
            f"ERROR: items must be empty for contentInformationSource {box['contentInformationSource']}."
        )
    if box["contentInformationSource"] == PROVIDED and not items:
        raise bad_request(f"ERROR: items are required for contentInformationSource {PROVIDED}.")
    return Box(
        box.get("packageId") or ids.make("pk"),
        box["contentInformationSource"],
        box["dimensions"],
        box["weight"],
        int(box["quantity"]),
        tuple(_line(item, lines, place) for item in items),
    )


def _line(item: dict[str, Any], lines: dict[str, ItemLine], place: str) -> ItemLine:
    known = lines.get(item["msku"])
    if known is None:
        raise bad_request(
            f"ERROR: {place} did not contain expected items and/or quantities",
            f"MSKU {item['msku']} is not in it.",
        )
    for name, planned in (
        ("labelOwner", known.label_owner),
        ("prepOwner", known.prep_owner),
        ("expiration", known.expiration),
    ):
        if item.get(name) != planned:
            raise bad_request(
                f"ERROR: {item['msku']}: {name} must be {planned or 'absent'}, as in the inbound plan."
            )
    return known.of(int(item["quantity"]))


def _check_sum(boxes: Sequence[Box], expected: Counter[str], place: str) -> None:
    packed = contents(boxes)
    if packed != expected:
        wrong = "; ".join(
            f"{msku}: {expected[msku]} (packed {packed[msku]})"
            for msku in sorted(expected | packed)
            if expected[msku] != packed[msku]
        )
        raise bad_request(
            f"ERROR: {place} did not contain expected items and/or quantities",
            f"Expected item quantities {wrong}"[:2000],
        )


def _check_limits(box: dict[str, Any], heaviest: tuple[float, str] | None, is_bulky: bool) -> None:
    weight, sides = box["weight"], box["dimensions"]
    most = _HEAVIEST[weight["unit"]]
    if heaviest is not None:
        limit = heaviest[0] / (1 if heaviest[1] == weight["unit"] else POUNDS_A_KILOGRAM)
        most = min(most, limit)
    if not 0 < weight["value"] <= most:
        raise bad_request(
            f"ERROR: A box must weigh more than 0 and at most {most:g} {weight['unit']}.",
            f"weight {weight['value']} {weight['unit']}",
        )
    unit = sides["unitOfMeasurement"]
    longest = (_LONGEST_BULKY if is_bulky else _LONGEST)[unit]
    for name in ("length", "width", "height"):
        if not 0 < sides[name] <= longest:
            raise bad_request(
                f"ERROR: No side of a box may be 0 or longer than {longest:g} {unit}.",
                f"{name} {sides[name]} {unit}",
            )
