"""The small calculations of steps: windows, pallets, fees, tracking, content updates."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from unit.sellerops.inbound.offered import NOW, PLACEMENTS, REQUEST, offer

from sellerops.base.errors import FormError, GiveUpError
from sellerops.inbound.amazon_lists import escaped_sku, plan_path, with_query
from sellerops.inbound.approval import auto_approval
from sellerops.inbound.content_update import change_boxes
from sellerops.inbound.models import Pallet, Shipping
from sellerops.inbound.rows.request_rows import plan_name, request_from, request_values
from sellerops.inbound.setting_models import AutoApproval, DeliveryWindows
from sellerops.inbound.settings import INBOUND
from sellerops.inbound.steps.confirmation import share_fees
from sellerops.inbound.steps.tracking import tracking_body, tracking_of
from sellerops.inbound.steps.transport_request import minute_of, share_pallets
from sellerops.inbound.steps.transportation import read_transportation_for_all
from sellerops.inbound.steps.windows import earliest_arrival, is_allowed, usable_windows


def window(kind: str, day: int, valid_hours: float = 24) -> dict[str, Any]:
    starts = NOW + timedelta(days=day)
    return {
        "deliveryWindowOptionId": f"{kind}-{day}",
        "availabilityType": kind,
        "startDate": starts.isoformat(),
        "endDate": (starts + timedelta(days=7)).isoformat(),
        "validUntil": (NOW + timedelta(hours=valid_hours)).isoformat(),
    }


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([window("BLOCKED", 3), window("AVAILABLE", 5), window("AVAILABLE", 4)], "AVAILABLE-4"),
        ([window("CONGESTED", 3), window("DISCOUNTED", 6)], "DISCOUNTED-6"),
        ([window("CONGESTED", 3), window("BLOCKED", 4)], "CONGESTED-3"),
        ([window("AVAILABLE", 1), window("AVAILABLE", 5)], "AVAILABLE-5"),
        ([window("AVAILABLE", 4, valid_hours=0.01), window("AVAILABLE", 9)], "AVAILABLE-9"),
        ([window("BLOCKED", 5)], None),
        ([], None),
    ],
    ids=["earliest", "discounted", "congested", "after transit", "no longer valid", "all blocked", "none"],
)
def test_the_window_that_is_chosen(windows: list[dict[str, Any]], expected: str | None) -> None:
    found = usable_windows(windows, earliest=NOW + timedelta(days=3), now=NOW)
    assert (found[0]["deliveryWindowOptionId"] if found else None) == expected


@pytest.mark.parametrize(
    ("kind", "day", "allow_congested", "expected"),
    [
        ("AVAILABLE", 13, False, True),
        ("DISCOUNTED", 14, False, False),
        ("CONGESTED", 4, False, False),
        ("CONGESTED", 13, True, True),
        ("CONGESTED", 14, True, False),
    ],
)
def test_a_window_is_allowed_until_a_date_and_unless_congested(
    kind: str, day: int, allow_congested: bool, expected: bool
) -> None:
    """Windows are seven days long."""
    limits = DeliveryWindows(latest_days_after_ready=20, allow_congested=allow_congested)
    assert is_allowed(window(kind, day), limits, NOW) is expected


@pytest.mark.parametrize(
    ("pallets", "units", "expected"),
    [
        (4, [50, 50], [2, 2]),
        (5, [80, 20], [4, 1]),
        (2, [99, 1], [1, 1]),
        (3, [1, 98, 1], [1, 1, 1]),
        (0, [5, 5], [0, 0]),
    ],
)
def test_every_shipment_travels_on_at_least_one_pallet(
    pallets: int, units: list[int], expected: list[int]
) -> None:
    kind = Pallet(Decimal(48), Decimal(40), Decimal(60), Decimal(600), count=pallets)
    shares = share_pallets([kind] if pallets else [], units)
    assert [sum(each.count for each in share) for share in shares] == expected


def test_no_pallet_is_declared_that_the_user_does_not_have() -> None:
    kind = Pallet(Decimal(48), Decimal(40), Decimal(60), Decimal(600))
    with pytest.raises(ValueError, match="1 pallets for 2 shipments"):
        share_pallets([kind], [50, 50])


def test_the_shares_of_the_placement_fee_add_up() -> None:
    combination = offer().combinations[0]
    odd = replace(combination, placement_fees=replace(combination.placement_fees, amount=Decimal("10.01")))
    legs = [replace(combination.legs[0], units=1) for _ in range(3)]
    shares = share_fees(odd, legs)
    assert shares == [Decimal("3.34"), Decimal("3.34"), Decimal("3.33")]


@pytest.mark.parametrize(("second", "expected"), [(0, "2026-11-24T15:00Z"), (1, "2026-11-24T15:01Z")])
def test_the_ready_window_has_minute_precision_and_never_begins_earlier(second: int, expected: str) -> None:
    assert minute_of(datetime(2026, 11, 24, 15, 0, second, tzinfo=UTC)) == expected


def test_tracking_of_parcels_and_pallets() -> None:
    parcels = [{"boxId": "FBA1U000001", "trackingId": "1Z1"}]
    body = tracking_body(parcels)
    assert body == {"spdTrackingDetail": {"spdTrackingItems": parcels}}
    assert tracking_of({"trackingDetails": body}) == parcels
    freight = [{"freightBillNumber": "123", "billOfLadingNumber": "B1"}]
    body = tracking_body(freight)
    assert body == {"ltlTrackingDetail": {"freightBillNumber": ["123"], "billOfLadingNumber": "B1"}}
    assert tracking_of({"trackingDetails": body}) == freight
    assert tracking_of({}) == []


def listed(package: str, quantity: int, **units: int) -> dict[str, Any]:
    items = [{"msku": sku, "quantity": number} for sku, number in units.items()]
    return {"packageId": package, "quantity": quantity, "items": items}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"A": 15}, {"p1": {"A": 10}, "p2": {"A": 5, "B": 4}}),
        ({"A": 10}, {"p1": {"A": 10}, "p2": {"B": 4}}),
        ({"A": 4, "B": 0}, {"p1": {"A": 4}}),
        ({"A": 23}, {"p1": {"A": 10}, "p2": {"A": 13, "B": 4}}),
    ],
)
def test_other_quantities_change_the_last_boxes(
    wanted: dict[str, int], expected: dict[str, dict[str, int]]
) -> None:
    boxes = [listed("p1", 1, A=10), listed("p2", 1, A=10, B=4)]
    found = change_boxes(boxes, wanted)
    assert {
        box["packageId"]: {item["msku"]: item["quantity"] for item in box["items"]} for box in found
    } == expected
    assert boxes[1]["items"][0]["quantity"] == 10


@pytest.mark.parametrize("wanted", [{"A": 31}, {"C": 5}], ids=["identical boxes", "in no box"])
def test_quantities_that_the_boxes_cannot_hold_are_refused(wanted: dict[str, int]) -> None:
    with pytest.raises(FormError, match="cannot be divided"):
        change_boxes([listed("p1", 3, A=10)], wanted)


@pytest.mark.parametrize(("ready", "expected"), [(NOW + timedelta(days=1), 4), (NOW - timedelta(days=9), 3)])
def test_boxes_whose_ready_date_has_passed_leave_now(ready: datetime, expected: int) -> None:
    leg = offer().combinations[0].legs[0]
    assert earliest_arrival(ready, leg, NOW) == NOW + timedelta(days=expected)


def test_a_cost_per_unit_below_the_limit_needs_no_person() -> None:
    settings = INBOUND.load()
    assert auto_approval(offer(), settings, "northwind_na") is None
    limits = (AutoApproval(max_cost_per_unit=Decimal("0.70"), currency="USD"),)
    allowed = settings.model_copy(update={"auto_approve": limits})
    assert auto_approval(offer(), allowed, "northwind_na") == offer().combinations[0]
    limits = (AutoApproval(max_cost_per_unit=Decimal("0.69"), currency="USD"),)
    assert (
        auto_approval(offer(), settings.model_copy(update={"auto_approve": limits}), "northwind_na") is None
    )
    limits = (AutoApproval(max_cost_per_unit=Decimal("9"), currency="EUR"),)
    assert (
        auto_approval(offer(), settings.model_copy(update={"auto_approve": limits}), "northwind_na") is None
    )


def test_a_request_survives_the_ledger() -> None:
    assert request_from(request_values(REQUEST)) == REQUEST


@pytest.mark.parametrize("name", ["December", "A very long name for a shipment of winter coats"])
def test_plan_names_are_unique_and_short_enough(name: str) -> None:
    found = plan_name(name, 1234)
    assert len(found) <= 40
    assert found.endswith(" #1234")
    assert name.startswith(found.removesuffix(" #1234"))


def test_skus_are_encoded_as_amazon_expects() -> None:
    path = with_query("/items", {"mskus": [escaped_sku("A+B,C%"), escaped_sku("D E")], "left": None})
    assert path == "/items?mskus=A%252BB%252CC%2525&mskus=D+E"
    assert plan_path("wf/1", "boxes") == "/inbound/fba/2024-03-20/inboundPlans/wf%2F1/boxes"


def test_too_few_pallets_for_every_placement_say_how_many_are_needed() -> None:
    kind = Pallet(Decimal(48), Decimal(40), Decimal(60), Decimal(600))
    freight = replace(REQUEST, shipping=Shipping.LTL, pallets=(kind,))
    step: Any = SimpleNamespace(request=freight, run=SimpleNamespace(id=7), plan_id="wf7")
    with pytest.raises(GiveUpError, match="at least 2 shipments") as caught:
        asyncio.run(read_transportation_for_all(step, PLACEMENTS[1:]))
    assert "at least 2 pallets, or with parcels" in caught.value.remedy
