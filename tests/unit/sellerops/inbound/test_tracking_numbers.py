"""Tracking numbers as people enter them become what Amazon takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sellerops.base.errors import FormError
from sellerops.inbound.models import InboundRequest, Item, Shipping
from sellerops.inbound.store import ShipmentRow
from sellerops.inbound.tracking import parse_numbers

REQUEST = InboundRequest("a", "US", "dallas", (Item("A", 3),), datetime(2026, 12, 1, tzinfo=UTC), "Spring")
SHIPMENT = ShipmentRow("sh1", "pl1", "WORKING", confirmation_id="FBA15ABC", boxes=3)


def numbers(text: str, request: InboundRequest = REQUEST) -> list[tuple[str, ...]]:
    return [tuple(each.values()) for each in parse_numbers(text, request, SHIPMENT)]


def test_numbers_are_for_the_boxes_in_order_unless_a_line_names_its_box() -> None:
    assert numbers(" 1Z999AA10123456784\n\n1Z999AA10123456785 ") == [
        ("FBA15ABCU000001", "1Z999AA10123456784"),
        ("FBA15ABCU000002", "1Z999AA10123456785"),
    ]
    assert numbers("3: 1Z9\nFBA15ABCU000001 : 1Z7") == [
        ("FBA15ABCU000003", "1Z9"),
        ("FBA15ABCU000001", "1Z7"),
    ]
    assert numbers("  \n") == []


def test_pallets_have_one_freight_bill() -> None:
    freight = replace(REQUEST, shipping=Shipping.LTL)
    assert parse_numbers("PRO 123-456", freight, SHIPMENT) == [{"freightBillNumber": "PRO 123-456"}]
    with pytest.raises(FormError, match="2 freight bill numbers"):
        parse_numbers("123\n456", freight, SHIPMENT)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("1Z9\n<b>x</b>", "'<b>x</b>' is not a number"),
        ("1: 1Z9\n1: 1Z8", "second number of box FBA15ABCU000001"),
        ("1Z1\n1Z2\n1Z3\n1Z4", "4 numbers for 3 boxes"),
    ],
)
def test_what_cannot_be_right_is_named_with_its_shipment(text: str, cause: str) -> None:
    with pytest.raises(FormError, match=cause) as caught:
        numbers(text)
    assert "FBA15ABC" in str(caught.value) and "ask_tracking" in caught.value.remedy
