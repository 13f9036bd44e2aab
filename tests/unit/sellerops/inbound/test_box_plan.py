"""Boxes among packing groups and shipments: every unit once, none invented."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sellerops.inbound.box_plan import assign_boxes, contents_of, divide_boxes
from sellerops.inbound.models import Box, BoxContent, Item, Owner
from sellerops.inbound.request_bodies import box_inputs


def box(name: str, count: int = 1, weight: str = "8.0", **units: int) -> Box:
    contents = tuple(BoxContent(sku, quantity) for sku, quantity in units.items())
    return Box(name, contents, Decimal(40), Decimal(30), Decimal(20), Decimal(weight), count=count)


def test_boxes_follow_their_items_into_the_groups() -> None:
    boxes = [box("1", 3, A=10), box("2", B=5, C=5), box("3", D=2)]
    plan = assign_boxes(boxes, {"g1": {"A": 30, "D": 2}, "g2": {"B": 5, "C": 5}})
    assert plan.fits
    assert {name: [each.name for each in found] for name, found in plan.boxes.items()} == {
        "g1": ["1", "3"],
        "g2": ["2"],
    }


def test_a_box_that_mixes_groups_fits_nowhere() -> None:
    plan = assign_boxes([box("1", A=5, B=5), box("2", A=5)], {"g1": {"A": 10}, "g2": {"B": 5}})
    assert not plan.fits
    assert [each.name for each in plan.left] == ["1"]
    assert plan.missing == {"g1": {"A": 5}, "g2": {"B": 5}}


def test_identical_boxes_are_divided_among_shipments() -> None:
    plan = assign_boxes([box("1", 10, A=10)], {"s1": {"A": 60}, "s2": {"A": 40}})
    assert plan.fits
    assert {name: found[0].count for name, found in plan.boxes.items()} == {"s1": 6, "s2": 4}


def test_boxes_that_are_not_packed_yet_are_filled_as_the_shipments_need() -> None:
    plan = divide_boxes([box("carton", 10, A=10)], {"s1": {"A": 63}, "s2": {"A": 37}})
    assert plan.fits
    packed = {
        name: sorted((each.count, contents_of(each)["A"]) for each in found)
        for name, found in plan.boxes.items()
    }
    assert packed == {"s1": [(1, 3), (6, 10)], "s2": [(1, 7), (3, 10)]}
    partly = [each for found in plan.boxes.values() for each in found if "partly" in each.name]
    assert sum(each.weight for each in partly) == Decimal("8.00")


_UNITS = st.dictionaries(st.sampled_from("ABC"), st.integers(1, 12), min_size=1)


@given(st.lists(st.tuples(_UNITS, st.integers(1, 4)), min_size=1, max_size=4), st.data())
def test_every_unit_is_in_one_box_whatever_the_split(
    kinds: list[tuple[dict[str, int], int]], data: st.DataObject
) -> None:
    boxes = [box(str(number), count, **units) for number, (units, count) in enumerate(kinds)]
    needs: dict[str, Counter[str]] = {"s1": Counter(), "s2": Counter(), "s3": Counter()}
    for units, count in kinds:
        for sku, quantity in units.items():
            for _ in range(quantity * count):
                needs[data.draw(st.sampled_from(sorted(needs)))][sku] += 1
    plan = divide_boxes(boxes, needs)
    assert plan.fits
    for name, found in plan.boxes.items():
        inside: Counter[str] = Counter()
        for each in found:
            assert each.weight > 0
            inside.update({sku: units * each.count for sku, units in contents_of(each).items()})
        assert inside == +needs[name]


def test_too_few_units_are_reported() -> None:
    plan = divide_boxes([box("1", A=5)], {"s1": {"A": 7}})
    assert not plan.fits
    assert plan.missing == {"s1": {"A": 2}}


def test_boxes_as_amazon_expects_them() -> None:
    item = Item("A", 10, prep_owner=Owner.NONE, label_owner=Owner.SELLER, lot="L1")
    (found,) = box_inputs([replace(box("1", 2, A=5), weight_unit="LB", dimension_unit="IN")], [item])
    assert found == {
        "contentInformationSource": "BOX_CONTENT_PROVIDED",
        "dimensions": {"length": 40.0, "width": 30.0, "height": 20.0, "unitOfMeasurement": "IN"},
        "weight": {"unit": "LB", "value": 8.0},
        "quantity": 2,
        "items": [
            {
                "msku": "A",
                "quantity": 5,
                "prepOwner": "NONE",
                "labelOwner": "SELLER",
                "manufacturingLotCode": "L1",
            }
        ],
    }
