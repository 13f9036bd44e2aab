"""Checks the boxes of a request: what is in them, their weight and their size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sellerops.inbound.models import Box, InboundRequest, Problem
from sellerops.inbound.problems import quoted
from sellerops.inbound.requests.form_fields import BOXES, PACKING, place_of
from sellerops.inbound.requests.item_checks import place_of_item
from sellerops.inbound.requests.request_facts import Facts
from sellerops.inbound.setting_models import BoxLimit

# Limits of Amazon's model: boxes of a grouping, identical boxes, and the largest length or weight.
MOST_BOXES, MOST_IDENTICAL = 5_000, 10_000
_LARGEST_MEASURE = 100_000


def check_boxes(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    """Problems of the individual boxes, then of their units of measure and their totals."""
    if not request.boxes:
        if not request.pack_later:
            yield Problem(
                place_of(PACKING),
                "you chose to pack now, but there are no boxes.",
                "Add a packing list with boxes, or choose to pack later.",
            )
        return
    total = sum(box.count for box in request.boxes)
    if total > MOST_BOXES:
        yield Problem(
            place_of(BOXES), f"{total:,} boxes; Amazon accepts at most {MOST_BOXES:,}.", "Split the shipment."
        )
    limit = limit_of(request, facts)
    for box in request.boxes:
        yield from _check_box(box)
        if limit:
            yield from _check_limit(box, limit)
    yield from _check_units_of_measure(request)
    yield from _check_sums(request)


def limit_of(request: InboundRequest, facts: Facts) -> BoxLimit | None:
    """The limits of the request's marketplace; None if that is unknown."""
    marketplace = facts.marketplaces.get(request.marketplace)
    return facts.settings.box_limit(marketplace) if marketplace else None


def place_of_box(box: Box) -> str:
    return box.place or f"{place_of(BOXES)}, box {box.name}"


def _check_box(box: Box) -> Iterator[Problem]:
    place, name = place_of_box(box), f"box {quoted(box.name)}"
    measures = {"length": box.length, "width": box.width, "height": box.height, "weight": box.weight}
    wrong = [text for text, value in measures.items() if not 0 < value <= _LARGEST_MEASURE]
    if wrong:
        yield Problem(place, f"the {' and '.join(wrong)} of {name} must be above zero.", "Measure it.")
    if not 1 <= box.count <= MOST_IDENTICAL:
        yield Problem(place, f"{name} counts as {box.count} boxes.", f"Enter 1 to {MOST_IDENTICAL:,}.")
    if not box.contents:
        yield Problem(place, f"{name} is empty.", "Enter what is in it, or remove it.")
    for content in box.contents:
        if content.quantity < 1:
            yield Problem(
                place,
                f"{name} has {content.quantity} units of {quoted(content.sku)}.",
                "Enter at least 1, or remove the line.",
            )


def _check_limit(box: Box, limit: BoxLimit) -> Iterator[Problem]:
    weight = limit.weight_of(box.weight, box.weight_unit)
    side = limit.side_of(max(box.length, box.width, box.height), box.dimension_unit)
    is_single = sum(content.quantity for content in box.contents) == 1
    most_weight = limit.single_unit_weight if is_single else limit.weight
    most_side = limit.single_unit_side if is_single else limit.side
    exempt = "" if is_single else " Only a box with a single oversize unit may exceed this."
    if weight > most_weight:
        yield Problem(
            place_of_box(box),
            f"box {quoted(box.name)} weighs {_shown(weight)} {limit.weight_unit}; the limit is "
            f"{_shown(most_weight)} {limit.weight_unit}.",
            f"Pack less into it.{exempt}",
        )
    if side > most_side:
        yield Problem(
            place_of_box(box),
            f"the longest side of box {quoted(box.name)} is {_shown(side)} {limit.side_unit}; the limit is "
            f"{_shown(most_side)} {limit.side_unit}.",
            f"Use a smaller box.{exempt}",
        )


def _shown(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")).normalize(), "f")


def _check_units_of_measure(request: InboundRequest) -> Iterator[Problem]:
    """Inches with kilograms, or different units in one list, nearly always mean a wrong column."""
    pairs = Counter((box.dimension_unit, box.weight_unit) for box in request.boxes)
    usual = pairs.most_common(1)[0][0]
    for box in request.boxes:
        own = (box.dimension_unit, box.weight_unit)
        if own in (("CM", "LB"), ("IN", "KG")):
            yield Problem(
                place_of_box(box),
                f"box {quoted(box.name)} is measured in {own[0]} and {own[1]}.",
                "Use CM with KG, or IN with LB.",
            )
        elif own != usual:
            yield Problem(
                place_of_box(box),
                f"box {quoted(box.name)} is measured in {own[0]} and {own[1]}, the others in {usual[0]} and "
                f"{usual[1]}.",
                "Use the same units for all boxes.",
            )


def _check_sums(request: InboundRequest) -> Iterator[Problem]:
    """The units in the boxes must be those of the items, SKU by SKU."""
    planned: Counter[str] = Counter()
    for item in request.items:
        planned[item.sku] += item.quantity
    packed: Counter[str] = Counter()
    first: dict[str, Box] = {}
    for box in request.boxes:
        for content in box.contents:
            packed[content.sku] += content.quantity * box.count
            first.setdefault(content.sku, box)
    places = {item.sku: place_of_item(item) for item in reversed(request.items)}
    for sku in dict.fromkeys([*planned, *packed]):
        if planned[sku] == packed[sku]:
            continue
        if sku not in planned:
            yield Problem(
                place_of_box(first[sku]),
                f"box {quoted(first[sku].name)} has {quoted(sku)}, which is not among the items.",
                "Add it to the items, or remove it from the box.",
            )
        else:
            yield Problem(
                places[sku],
                f"{planned[sku]:,} units of {quoted(sku)} are planned, but the boxes hold {packed[sku]:,}.",
                "Correct the quantity or the boxes.",
            )
