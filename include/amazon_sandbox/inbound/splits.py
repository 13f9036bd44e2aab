"""How the units or boxes of a plan are divided among shipments."""

from __future__ import annotations

from typing import NamedTuple

from amazon_sandbox.inbound.boxes import contents, single
from amazon_sandbox.inbound.contents import Box, ItemLine
from amazon_sandbox.inbound.ids import Ids
from amazon_sandbox.inbound.products import HAZMAT, packing_class
from amazon_sandbox.inbound.records import PlanRecord


class Share(NamedTuple):
    """One shipment's part; `boxes` is None when the client packs later."""

    items: list[ItemLine]
    boxes: list[Box] | None


def split_plan(plan: PlanRecord, splits: int, ids: Ids) -> list[Share]:
    """Up to `splits` shipments of ordinary items and one of hazardous ones, where there are such items."""
    if plan.packing is not None:
        return _of_boxes(plan, splits, ids)
    return _of_units(plan, splits)


def _of_units(plan: PlanRecord, splits: int) -> list[Share]:
    shares = []
    for is_hazmat in (False, True):
        lines = [line for line in plan.items if _is_hazmat(line) is is_hazmat]
        parts = 1 if is_hazmat else splits
        dealt = [_dealt(lines, parts, part) for part in range(parts)]
        shares += [Share(items, None) for items in dealt if items]
    return shares


def _dealt(lines: list[ItemLine], parts: int, part: int) -> list[ItemLine]:
    """One part's units of each item; units that do not divide evenly go to different parts."""
    found = []
    for index, line in enumerate(lines):
        whole, rest = divmod(line.quantity, parts)
        units = whole + ((part - index) % parts < rest)
        if units:
            found.append(line.of(units))
    return found


def _of_boxes(plan: PlanRecord, splits: int, ids: Ids) -> list[Share]:
    """Every box goes to one shipment, as it is."""
    ordinary: list[Box] = []
    hazardous: list[Box] = []
    for group in plan.packing.groups if plan.packing else ():
        boxes = single(group.boxes or (), ids)
        (hazardous if any(_is_hazmat(line) for line in group.items) else ordinary).extend(boxes)
    # Without contents, only Amazon's workers will see which box holds what, so such boxes stay together.
    parts = splits if all(box.items for box in ordinary) else 1
    dealt = [(ordinary[part::parts], False) for part in range(parts)]
    return [
        Share(_items_of(plan, boxes, is_hazmat), boxes)
        for boxes, is_hazmat in (*dealt, (hazardous, True))
        if boxes
    ]


def _items_of(plan: PlanRecord, boxes: list[Box], is_hazmat: bool) -> list[ItemLine]:
    if not all(box.items for box in boxes):
        return [line for line in plan.items if _is_hazmat(line) is is_hazmat]
    units = contents(boxes)
    return [line.of(units[line.msku]) for line in plan.items if units[line.msku]]


def _is_hazmat(line: ItemLine) -> bool:
    return packing_class(line.listing) == HAZMAT
