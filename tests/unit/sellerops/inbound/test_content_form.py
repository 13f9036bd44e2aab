"""Other quantities of a shipment as people write them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sellerops.base.errors import FormError
from sellerops.inbound.content_form import describe_update, find_shipment, parse_quantities
from sellerops.inbound.store import ShipmentRow


@pytest.mark.parametrize(
    "value",
    [
        "sku,quantity\nNW-1,40\nNW-2,0\n",
        "NW-1, 40\n\nNW-2,0",
        [{"sku": "NW-1", "quantity": 40}, {"sku": "NW-2", "quantity": "0"}],
    ],
)
def test_lines_and_objects_say_the_same(value: Any) -> None:
    assert parse_quantities(value) == {"NW-1": 40, "NW-2": 0}


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("", "no quantities"),
        (None, "no quantities"),
        ("NW-1,-4", "line 1"),
        ("NW-1,4\nNW-1,5", "NW-1 is given twice"),
        ("NW-1", "line 1"),
        ([{"quantity": 3}], "line 1"),
    ],
)
def test_what_cannot_be_read_is_named(value: Any, cause: str) -> None:
    with pytest.raises(FormError, match=cause):
        parse_quantities(value)


def test_a_shipment_is_found_by_either_of_its_ids() -> None:
    one = ShipmentRow("sh1", "pl1", "WORKING", confirmation_id="FBA15ABC")
    store: Any = SimpleNamespace(shipments=lambda run_id, chosen: [one] if run_id == 17 else [])
    assert find_shipment(store, 17, " fba15abc ") is one and find_shipment(store, 17, "sh1") is one
    with pytest.raises(FormError, match="FBA15ABC"):
        find_shipment(store, 17, "")
    with pytest.raises(FormError, match="confirmed"):
        find_shipment(store, 18, "FBA15ABC")


def test_the_question_shows_what_changes_and_what_it_costs() -> None:
    run: Any = SimpleNamespace(name="Spring #17")
    preview = {
        "units": {"NW-1": [40, 36], "NW-2": [5, 5]},
        "cost": {"amount": "31.2", "currency": "USD"},
        "carrier": "UPS",
        "expires_at": "2026-12-01T10:00:00+00:00",
    }
    title, lines = describe_update(run, preview)
    assert title == "Change the contents of Spring #17"
    assert "with UPS then costs **$31.20**" in lines[0] and "2026-12-01 10:00 UTC" in lines[0]
    assert lines[-1] == "| NW-1 | 40 | 36 |"
