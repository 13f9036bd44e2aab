"""One walk each: parcels and pallets, Amazon's carrier and an own one, US and EU, packed now and later."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from integration.inbound.walks import (
    DE_PARCELS,
    US_PALLETS,
    US_PARCELS,
    Harbour,
    Walk,
    assert_no_typed_failure,
    go,
    request,
    with_carrier,
)

from sellerops.inbound.facts import read_facts
from sellerops.inbound.models import BoxContent, InboundRequest, Money, Shipping
from sellerops.inbound.offers import OWN, PARTNERED
from sellerops.inbound.store import RunState, offer_from
from sellerops.inbound.workflow import StepState

WALKS = {
    "US, parcels, partnered, packed now": (request(US_PARCELS), PARTNERED),
    "US, parcels, own carrier, packed later": (request(US_PARCELS, pack_later=True), OWN),
    "DE, parcels, partnered, packed later": (request(DE_PARCELS, pack_later=True), PARTNERED),
    "DE, parcels, own carrier, packed now": (request(DE_PARCELS), OWN),
    "US, LTL, partnered, packed now": (request(US_PALLETS), PARTNERED),
    "US, LTL, own carrier, packed later": (request(US_PALLETS, pack_later=True), OWN),
    "US, FTL, partnered, packed now": (request(US_PALLETS, shipping=Shipping.FTL), PARTNERED),
}


@pytest.mark.parametrize(("wanted", "solution"), WALKS.values(), ids=list(WALKS))
def test_a_run_from_request_to_labels(harbour: Harbour, wanted: InboundRequest, solution: str) -> None:
    walk = go(harbour.walk(wanted, with_carrier(solution)))
    assert_no_typed_failure(walk)
    assert walk.run.state is RunState.CONFIRMED
    assert walk.retries == 0
    _assert_confirmed_once(harbour, walk)
    shipments = harbour.store.shipments(walk.run.id, chosen=True)
    assert sum(each.total_units for each in shipments) == wanted.units
    assert all(each.confirmation_id and each.warehouse_id and each.confirmed_at for each in shipments)
    assert sum(each.boxes or 0 for each in shipments) >= sum(box.count for box in wanted.boxes)
    _assert_steps_fit(walk, wanted, solution)
    _assert_documents(harbour, walk, wanted, solution)
    assert harbour.refusals() == 0
    assert all(bool(each.tracking) == (solution == OWN) for each in shipments)
    windows = [each.delivery_window_start for each in shipments]
    assert all(windows) if solution == OWN else not any(windows)


def test_every_step_may_be_cleared_at_the_end(harbour: Harbour) -> None:
    wanted = request(US_PARCELS)
    first = go(harbour.walk(wanted, with_carrier(PARTNERED)))
    assert_no_typed_failure(first)
    writes = {operation: harbour.effects(operation) for operation in _WRITES}
    again = go(harbour.walk(wanted, with_carrier(PARTNERED)))
    assert_no_typed_failure(again)
    assert again.run.plan_id == first.run.plan_id
    assert again.run.state is RunState.CONFIRMED
    assert {operation: harbour.effects(operation) for operation in _WRITES} == writes
    _assert_confirmed_once(harbour, again)


def test_a_cleared_validation_notes_no_double_of_its_own_run(harbour: Harbour) -> None:
    wanted = request(US_PARCELS)
    services = harbour.services(wanted.account_id)
    go(harbour.validate(wanted, services))
    own = ("fba_inbound", wanted.name)
    assert wanted.name not in go(read_facts(wanted, harbour.services(wanted.account_id), own)).open_runs
    assert wanted.name in go(read_facts(wanted, harbour.services(wanted.account_id))).open_runs


def test_the_fee_for_mixed_boxes_is_in_the_offer_and_in_the_decision(harbour: Harbour) -> None:
    """A bulky SKU and one of standard size in one box: Amazon charges for that way of packing."""
    whole = request(US_PARCELS)
    skus = ("NW-MAT-955-BLK", "NW-BAG-611-20L")
    items = tuple(replace(item, quantity=4) for item in whole.items if item.sku in skus)
    box = replace(whole.boxes[-1], count=1, contents=tuple(BoxContent(sku, 4) for sku in skus))
    walk = go(harbour.walk(replace(whole, items=items, boxes=(box,))))
    assert_no_typed_failure(walk)
    (decision,) = harbour.store.decisions(walk.run.id)
    best = offer_from(decision.offer).combinations[0]
    assert best.packing_fees == Money(Decimal("0.16"), "USD")
    assert best.total and best.transportation_fees
    assert best.total.amount == best.known_fees.amount + best.transportation_fees.amount


def test_a_dry_run_ends_before_anything_irrevocable(harbour: Harbour) -> None:
    walk = go(harbour.walk(request(US_PARCELS, dry_run=True)))
    assert_no_typed_failure(walk)
    assert walk.run.state is RunState.DRY_RUN
    assert harbour.offer(walk.run.id).combinations
    assert harbour.effects("confirmPlacementOption") == 0
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]


def test_a_rejected_plan_is_cancelled(harbour: Harbour) -> None:
    walk = go(harbour.walk(request(US_PARCELS), lambda offer: None))
    assert_no_typed_failure(walk)
    assert walk.run.state is RunState.CANCELLED
    assert harbour.effects("confirmPlacementOption") == 0
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]
    assert walk.state("confirm_transportation") is StepState.NOT_NEEDED


def test_nothing_is_confirmed_without_a_decision(harbour: Harbour) -> None:
    walk = go(harbour.walk(request(US_PARCELS), until="offer_transportation"))
    services = harbour.services("northwind_na")
    from sellerops.inbound.workflow import run_step

    for name in ("confirm_placement", "confirm_delivery_windows", "confirm_transportation"):
        outcome = go(run_step(name, walk.run.id, services))
        assert outcome.state is StepState.NEEDS_APPROVAL
    assert harbour.effects("confirmPlacementOption") == 0


_WRITES = (
    "createInboundPlan",
    "generatePackingOptions",
    "confirmPackingOption",
    "setPackingInformation",
    "generatePlacementOptions",
    "generateTransportationOptions",
    "confirmPlacementOption",
    "confirmTransportationOptions",
)


def _assert_confirmed_once(harbour: Harbour, walk: Walk) -> None:
    assert len(harbour.plans(walk)) == 1
    assert harbour.effects("confirmPlacementOption") == 1
    assert harbour.effects("confirmTransportationOptions") == 1


def _assert_steps_fit(walk: Walk, wanted: InboundRequest, solution: str) -> None:
    expected = {
        "offer_packing": not wanted.pack_later,
        "set_shipment_boxes": wanted.pack_later,
        "confirm_delivery_windows": solution == OWN,
        "fetch_bill_of_lading": solution == PARTNERED and wanted.shipping.is_freight,
        "send_tracking": solution == OWN,
        "cancel_plan": False,
    }
    assert {step: walk.state(step) is StepState.DONE for step in expected} == expected


def _assert_documents(harbour: Harbour, walk: Walk, wanted: InboundRequest, solution: str) -> None:
    documents = harbour.store.documents(walk.run.id)
    kinds = {each.kind for each in documents}
    expected = {"box_labels", "item_labels"}
    if wanted.shipping.is_freight:
        expected |= {"pallet_labels"} | ({"bill_of_lading"} if solution == PARTNERED else set())
    assert kinds == expected
    for document in documents:
        assert document.media_type == "application/pdf"
        with harbour.archive.open(document.archive_uri) as file:
            content = file.read()
        assert content.startswith(b"%PDF")
        assert len(content) == document.bytes
