"""Which boxes go to which packing group or shipment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sellerops.inbound.models import Box, BoxContent

# Units per SKU that each packing group or shipment needs, by its id.
Needs = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class BoxPlan:
    """Which boxes go where.

    ``boxes``: by packing group or shipment. ``left``: boxes that fit nowhere. ``missing``: units that the
    boxes of a group or shipment do not cover.
    """

    boxes: Mapping[str, tuple[Box, ...]]
    left: tuple[Box, ...]
    missing: Needs

    @property
    def fits(self) -> bool:
        return not self.left and not any(self.missing.values())


def assign_boxes(boxes: Sequence[Box], needs: Needs) -> BoxPlan:
    """Assign every box to a group or shipment that needs all of its contents; identical boxes may be divided.

    Boxes with the most SKUs go first, then those with the most units. Each goes where the fewest units of its
    SKUs are needed, so that boxes with one SKU fit whenever that is possible at all.
    """
    open_needs = {name: Counter(units) for name, units in needs.items()}
    assigned: dict[str, list[Box]] = {name: [] for name in needs}
    left: list[Box] = []
    for box in sorted(boxes, key=lambda each: (-len(each.contents), -_units(each))):
        contents, count = contents_of(box), box.count
        for name in _least_needing(open_needs, contents):
            need = open_needs[name]
            taken = min(count, *(need[sku] // units for sku, units in contents.items()))
            if taken > 0:
                assigned[name].append(replace(box, count=taken))
                need.subtract({sku: units * taken for sku, units in contents.items()})
                count -= taken
        if count:
            left.append(replace(box, count=count))
    missing = {name: dict(+need) for name, need in open_needs.items()}
    return BoxPlan({name: tuple(found) for name, found in assigned.items()}, tuple(left), missing)


def divide_boxes(boxes: Sequence[Box], needs: Needs) -> BoxPlan:
    """Like ``assign_boxes``, for boxes that are not packed yet: the contents of a box that fits nowhere are
    divided among the groups or shipments that miss them, so it may become several boxes.

    Fits whenever boxes and needs have the same units of every SKU. The weight of a partly filled box is
    reduced in proportion.
    """
    plan = assign_boxes(boxes, needs)
    assigned = {name: list(found) for name, found in plan.boxes.items()}
    missing = {name: Counter(units) for name, units in plan.missing.items()}
    left: list[Box] = []
    for box in plan.left:
        for number in range(1, box.count + 1):
            inside = Counter(contents_of(box))
            for name in sorted(missing):
                part = Counter({sku: min(units, missing[name][sku]) for sku, units in inside.items()})
                part = +part
                if part:
                    assigned[name].append(_part_of(box, part, number))
                    missing[name] -= part
                    inside -= part
            if +inside:
                left.append(_part_of(box, +inside, number))
    return BoxPlan(
        {name: tuple(found) for name, found in assigned.items()},
        tuple(left),
        {name: dict(+units) for name, units in missing.items()},
    )


def contents_of(box: Box) -> dict[str, int]:
    """Units per SKU in each of the identical boxes."""
    units: Counter[str] = Counter()
    for content in box.contents:
        units[content.sku] += content.quantity
    return dict(units)


def count_boxes(boxes: Sequence[Box]) -> int:
    return sum(box.count for box in boxes)


def _least_needing(needs: Mapping[str, Mapping[str, int]], skus: Iterable[str]) -> list[str]:
    return sorted(needs, key=lambda name: (sum(needs[name].get(sku, 0) for sku in skus), name))


def _units(box: Box) -> int:
    return sum(content.quantity for content in box.contents)


def _part_of(box: Box, contents: Mapping[str, int], number: int) -> Box:
    share = Decimal(sum(contents.values())) / _units(box)
    name = box.name if box.count == 1 else f"{box.name}-{number}"
    return replace(
        box,
        name=f"{name}, partly filled" if share < 1 else name,
        count=1,
        contents=tuple(BoxContent(sku, units) for sku, units in contents.items()),
        weight=max(Decimal("0.01"), (box.weight * share).quantize(Decimal("0.01"))),
    )
