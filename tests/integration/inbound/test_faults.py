"""Each step × each kind of fault: a run ends well or in a typed failure, with one plan, confirmed once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from integration.inbound.changing import cancel, take_a_unit_out
from integration.inbound.walks import (
    US_PALLETS,
    US_PARCELS,
    Approver,
    Harbour,
    Walk,
    assert_no_typed_failure,
    go,
    recommended,
    request,
    with_carrier,
)

from sellerops.base.errors import OperationFailed
from sellerops.inbound.models import Combination, InboundRequest, Offer
from sellerops.inbound.offers import OWN, PARTNERED
from sellerops.inbound.store import RowState, RunState
from sellerops.inbound.workflow import StepState, run_step
from sellerops.sources.common import deadline

CONFIRMATIONS = (
    "confirmPackingOption",
    "confirmPlacementOption",
    "confirmDeliveryWindowOptions",
    "confirmTransportationOptions",
)
GENERATIONS = (
    "generatePackingOptions",
    "generatePlacementOptions",
    "generateTransportationOptions",
    "generateDeliveryWindowOptions",
)
# Every operation of a walk that changes something, in order: with an own carrier also windows and tracking.
WRITES = (
    "setPrepDetails",
    "createInboundPlan",
    "generatePackingOptions",
    "confirmPackingOption",
    "setPackingInformation",
    "generatePlacementOptions",
    "generateTransportationOptions",
    "confirmPlacementOption",
    "generateDeliveryWindowOptions",
    "confirmDeliveryWindowOptions",
    "confirmTransportationOptions",
    "updateShipmentTrackingDetails",
)
# What people may do once the carriers are confirmed.
AFTERWARDS = (
    "generateShipmentContentUpdatePreviews",
    "confirmShipmentContentUpdatePreview",
    "cancelInboundPlan",
)
READS = (
    "listPrepDetails",
    "getInboundOperationStatus",
    "listPackingOptions",
    "listPackingGroupItems",
    "listPlacementOptions",
    "listTransportationOptions",
    "listDeliveryWindowOptions",
    "getShipment",
    "listShipmentItems",
    "listShipmentBoxes",
    "createMarketplaceItemLabels",
    "getLabels",
    "downloadInboundDocument",
)
LISTS = (
    "listPackingOptions",
    "listPlacementOptions",
    "listTransportationOptions",
    "listDeliveryWindowOptions",
)
# An own carrier passes every step but the bill of lading.
WANTED = request(US_PARCELS)

# What a run survives by itself: nobody is needed, nothing is retried by Airflow.
SURVIVED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "http_429": ((*WRITES, *READS), {}),
    "http_429_plain": (WRITES, {}),
    "http_500": ((*WRITES, *READS), {}),
    "something_went_wrong": (WRITES, {}),
    "http_503_html": ((*WRITES, *READS[:-1]), {}),
    "expired_token": ((*WRITES, *READS[:-1]), {}),
    "drop": ((*WRITES, *READS), {}),
    "response_lost": (WRITES, {}),
    "error_after": (WRITES, {}),
    "hang_after": (WRITES, {}),
    "operation_failed": (WRITES, {}),
    "operation_warning": (WRITES, {}),
    "operation_slow": (WRITES, {"seconds": 240}),
    "nothing_listed": (LISTS, {}),
    "option_left_out": (LISTS, {}),
    "option_expired": (CONFIRMATIONS, {}),
    "option_vanished": (CONFIRMATIONS, {}),
    "plan_listed_late": (("createInboundPlan",), {}),
}


@pytest.mark.parametrize("fault", list(SURVIVED))
def test_a_fault_at_every_step_is_survived(
    harbour: Harbour, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations, options = SURVIVED[fault]
    if fault == "hang_after":
        # Each takes as long in real time.
        monkeypatch.setattr(deadline, "SEND_LIMIT", 0.4)
    is_of_writes = set(WRITES) <= set(operations)
    struck = (*operations, *AFTERWARDS) if is_of_writes else operations
    for operation in struck:
        harbour.sandbox.faults(fault, operation=operation, times=1, options=options)
    walk = go(harbour.walk(_again(WANTED), with_carrier(OWN)))
    assert_no_typed_failure(walk)
    assert walk.run.state is RunState.CONFIRMED
    assert_one_plan_confirmed_once(harbour, walk, given_up=int(fault == "operation_failed"))
    if is_of_writes:
        _change_and_cancel(harbour, walk)
    _assert_all_struck(harbour, fault, struck)


@pytest.mark.parametrize("packed", ["now", "later"])
def test_what_took_effect_although_amazon_says_it_failed_is_not_begun_again(
    harbour: Harbour, packed: str
) -> None:
    wanted = replace(_again(WANTED), pack_later=packed == "later")
    # What Amazon shows afterwards; generating options once more does no harm.
    shown = [each for each in (*WRITES, "cancelInboundPlan") if each not in (*GENERATIONS, "setPrepDetails")]
    for operation in shown:
        harbour.sandbox.faults("operation_failed", operation=operation, times=1, options={"effect": True})
    walk = go(harbour.walk(wanted, with_carrier(OWN)))
    assert_no_typed_failure(walk)
    assert_one_plan_confirmed_once(harbour, walk)
    cancel(harbour, walk)
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]
    begun = [row for row in harbour.store.steps(walk.run.id) if row.operation in shown]
    assert {row.generation for row in begun} == {1}


def test_lost_answers_of_every_write_at_once_and_late_lists(harbour: Harbour) -> None:
    """The plan is listed only a minute after it was created, and its answer is lost."""
    late = {"seconds": 60}
    harbour.sandbox.faults("plan_listed_late", operation="createInboundPlan", times=1, options=late)
    harbour.sandbox.faults("response_lost", operation="createInboundPlan", times=1)
    walk = go(harbour.walk(_again(WANTED), until="create_plan"))
    assert_no_typed_failure(walk)
    assert len(harbour.plans(walk)) == 1
    assert harbour.plans(walk)[0]["inboundPlanId"] == walk.run.plan_id


def test_a_plan_that_amazon_gave_up_after_its_answer_was_lost_is_created_anew(harbour: Harbour) -> None:
    """It was found by its name while Amazon still checked it."""
    problem = {"code": "FBA_INB_0999", "message": "ERROR: Weight is missing for NW-1."}
    harbour.sandbox.faults("operation_failed", operation="createInboundPlan", times=1, options=problem)
    harbour.sandbox.faults("response_lost", operation="createInboundPlan", times=1)
    slow = {"seconds": 3600}
    harbour.sandbox.faults("operation_slow", operation="createInboundPlan", times=1, options=slow)
    wanted = _again(WANTED)
    go(harbour.walk(wanted, until="create_plan"))
    harbour.jump(hours=2)
    walk = go(harbour.walk(wanted, until="create_plan"))
    assert isinstance(walk.error, OperationFailed)
    walk = go(harbour.walk(wanted, until="offer_packing"))
    assert_no_typed_failure(walk)
    assert [plan["inboundPlanId"] for plan in harbour.plans(walk)] == [walk.run.plan_id]


def test_a_confirmed_placement_that_a_list_leaves_out_is_still_confirmed(harbour: Harbour) -> None:
    wanted = _again(WANTED)
    walk = go(harbour.walk(wanted, with_carrier(OWN), until="confirm_placement"))
    assert_no_typed_failure(walk)
    harbour.sandbox.faults("nothing_listed", operation="listPlacementOptions")
    walk = go(harbour.walk(wanted, with_carrier(OWN)))
    harbour.sandbox.clear_faults()
    assert_no_typed_failure(walk)
    assert harbour.effects("generatePlacementOptions") == 1


@pytest.mark.parametrize("packed", ["now", "later"])
def test_what_amazon_fails_for_a_reason_is_a_typed_failure_and_goes_on_after_clearing(
    harbour: Harbour, packed: str
) -> None:
    """At every step once: the failure names Amazon's problem, and clearing the task continues the run."""
    wanted = replace(_again(WANTED), pack_later=packed == "later")
    problem = {"code": "FBA_INB_0999", "message": "ERROR: Weight is missing for NW-1."}
    for operation in WRITES:
        harbour.sandbox.faults("operation_failed", operation=operation, times=1, options=problem)
    failures: list[OperationFailed] = []
    walk = go(harbour.walk(wanted, with_carrier(OWN)))
    while walk.error is not None:
        assert isinstance(walk.error, OperationFailed)
        failures.append(walk.error)
        walk = go(harbour.walk(wanted, with_carrier(OWN)))
    assert walk.run.state is RunState.CONFIRMED
    assert walk.run.problem is None
    skipped = {"generatePackingOptions", "confirmPackingOption"} if packed == "later" else set()
    assert {each.details["operation"] for each in failures} == set(WRITES) - skipped
    assert all("FBA_INB_0999: ERROR: Weight is missing" in each.cause for each in failures)
    assert all(each.details["problems"][0]["code"] == problem["code"] for each in failures)
    rows = [row for row in harbour.store.steps(walk.run.id) if row.state is RowState.FAILED]
    assert [row.problems[0]["message"] for row in rows] == [problem["message"]] * len(failures)
    assert_one_plan_confirmed_once(harbour, walk, given_up=1)


def test_an_operation_that_fails_again_and_again_ends_typed(harbour: Harbour) -> None:
    harbour.sandbox.faults("operation_failed", operation="generatePlacementOptions")
    walk = go(harbour.walk(_again(WANTED)))
    assert isinstance(walk.error, OperationFailed)
    assert "Something went wrong" in walk.error.cause
    assert walk.run.state is RunState.FAILED
    assert walk.run.problem == walk.error.cause
    assert harbour.effects("generatePlacementOptions") == 3
    assert [plan["inboundPlanId"] for plan in harbour.plans(walk)] == [walk.run.plan_id]
    harbour.sandbox.clear_faults()
    # Cleared: the step goes well, and the run goes on.
    services = harbour.services(walk.run.account_id)
    assert go(run_step("offer_placements", walk.run.id, services)).state is StepState.DONE
    assert harbour.store.run(walk.run.id).state is RunState.PLANNING
    assert harbour.store.run(walk.run.id).problem is None


@pytest.mark.parametrize(
    "operation", ["createInboundPlan", "confirmPlacementOption", "confirmTransportationOptions"]
)
def test_an_operation_that_never_ends_is_begun_once_and_typed(harbour: Harbour, operation: str) -> None:
    harbour.sandbox.faults("operation_stuck", operation=operation, times=1)
    walk = go(harbour.walk(_again(WANTED)))
    assert type(walk.error).__name__ == "OperationPending"
    assert harbour.effects(operation) == 1
    assert len(harbour.plans(walk)) == 1
    assert walk.run.plan_id is not None


@pytest.mark.parametrize("operation", GENERATIONS)
def test_a_generation_that_never_ends_blocks_the_next_one(harbour: Harbour, operation: str) -> None:
    harbour.sandbox.faults("operation_stuck", operation=operation, times=1)
    walk = go(harbour.walk(_again(WANTED), with_carrier(OWN)))
    assert walk.error is not None
    assert operation in walk.error.where or operation in walk.error.cause
    assert len(harbour.plans(walk)) == 1


@pytest.mark.parametrize("fault", ["option_expired", "option_vanished"])
def test_other_prices_after_an_expiry_are_asked_about(harbour: Harbour, fault: str) -> None:
    harbour.sandbox.faults(fault, operation="confirmTransportationOptions", times=1)
    asked = _asking(harbour, "prices_changed", "generateTransportationOptions", at="confirm_placement")
    assert [each[0] for each in asked] == ["approve", "approve"]
    assert asked[0][1] != asked[1][1]


def test_a_placement_that_expires_with_other_fees_is_asked_about(harbour: Harbour) -> None:
    harbour.sandbox.faults("option_expired", operation="confirmPlacementOption", times=1)

    def with_fee(offer: Offer) -> Combination | None:
        return next(each for each in offer.combinations if each.total and each.placement_fees.amount > 0)

    asked = _asking(
        harbour, "prices_changed", "generatePlacementOptions", at="confirm_placement", approve=with_fee
    )
    assert len(asked) == 2
    assert asked[0][1] != asked[1][1]


def test_an_operation_that_amazon_does_not_know_at_once_is_polled_again(harbour: Harbour) -> None:
    unknown = {"status": 404, "body": '{"errors": [{"code": "NotFound", "message": "Resource not found."}]}'}
    unknown["content_type"] = "application/json"
    harbour.sandbox.faults("http_status", operation="getInboundOperationStatus", times=2, options=unknown)
    walk = go(harbour.walk(_again(WANTED), until="create_plan"))
    assert_no_typed_failure(walk)
    assert len(harbour.plans(walk)) == 1


def test_warehouses_that_become_known_later_need_no_second_decision(harbour: Harbour) -> None:
    harbour.sandbox.faults("destination_hidden", operation="getShipment")
    walk = go(harbour.walk(_again(WANTED), with_carrier(OWN)))
    assert_no_typed_failure(walk)
    assert len(harbour.store.decisions(walk.run.id)) == 1
    assert all(each.warehouse_id for each in harbour.store.shipments(walk.run.id, chosen=True))
    harbour.sandbox.clear_faults()


def test_freight_survives_faults_of_its_documents(harbour: Harbour) -> None:
    for fault in ("http_500", "http_429", "drop"):
        for operation in ("getBillOfLading", "getLabels", "downloadInboundDocument", "listInboundPlans"):
            harbour.sandbox.faults(fault, operation=operation, times=1)
    too_early = {"status": 400, "body": "{}"}
    harbour.sandbox.faults("http_status", operation="getBillOfLading", times=1, options=too_early)
    walk = go(harbour.walk(_again(request(US_PALLETS)), with_carrier(PARTNERED)))
    assert_no_typed_failure(walk)
    assert {each.kind for each in harbour.store.documents(walk.run.id)} >= {"bill_of_lading", "pallet_labels"}


def assert_one_plan_confirmed_once(harbour: Harbour, walk: Walk, given_up: int = 0) -> None:
    """``given_up``: how many plans Amazon could not create beside the one that it did."""
    plans = harbour.plans(walk)
    assert [plan["inboundPlanId"] for plan in plans] == [walk.run.plan_id]
    assert {plan["inboundPlanId"] for plan in harbour.given_up_plans(walk)} == failed_plans(harbour, walk)
    assert len(failed_plans(harbour, walk)) == given_up
    for operation in ("confirmPlacementOption", "confirmTransportationOptions"):
        done = [
            row
            for row in harbour.store.steps(walk.run.id)
            if row.operation == operation and row.state is RowState.DONE
        ]
        assert len(done) == 1, operation
    shipments = harbour.store.shipments(walk.run.id, chosen=True)
    assert sum(each.total_units for each in shipments) == walk.run.request.units
    assert {each.placement_option_id for each in shipments} == {walk.run.placement_option_id}


def failed_plans(harbour: Harbour, walk: Walk) -> set[str]:
    """Ids of the plans whose creation failed, according to the ledger."""
    return {
        row.result["inboundPlanId"]
        for row in harbour.store.steps(walk.run.id)
        if row.step == "create_plan" and row.state is RowState.FAILED and "inboundPlanId" in row.result
    }


def _change_and_cancel(harbour: Harbour, walk: Walk) -> None:
    take_a_unit_out(harbour, walk)
    shipments = harbour.store.shipments(walk.run.id, chosen=True)
    assert sum(each.total_units for each in shipments) == walk.run.request.units - 1
    cancel(harbour, walk)
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]
    assert harbour.store.run(walk.run.id).state is RunState.CANCELLED
    for operation in AFTERWARDS[1:]:
        done = [row for row in harbour.store.steps(walk.run.id) if row.operation == operation and row.is_done]
        assert len(done) == 1, operation


def _asking(
    harbour: Harbour, fault: str, operation: str, *, at: str, approve: Approver = recommended
) -> list[tuple[str, str]]:
    """Walk with other prices from a step on; what was approved, in order: task and fingerprint."""

    def change_prices(step: str) -> None:
        if step == at:
            harbour.sandbox.faults(fault, operation=operation, options={"factor": 1.5})

    walk = go(harbour.walk(_again(WANTED), approve, before=change_prices))
    assert_no_typed_failure(walk)
    assert walk.run.state is RunState.CONFIRMED
    assert_one_plan_confirmed_once(harbour, walk)
    return [(each.asked_about, each.fingerprint) for each in harbour.store.decisions(walk.run.id)]


def _again(wanted: InboundRequest) -> InboundRequest:
    return replace(wanted, name=request().name)


def _assert_all_struck(harbour: Harbour, fault: str, operations: tuple[str, ...]) -> None:
    struck = {call["operation"] for call in harbour.sandbox.calls() if call.get("fault") == fault}
    assert struck == set(operations)
