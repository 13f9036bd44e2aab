"""The flaky behaviour that users of the inbound API report, on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.inbound_api import US, V0, Inbound
from support.sandbox_app import Api

from amazon_sandbox.inbound import data, routes
from amazon_sandbox.inbound.faults import ASYNCHRONOUS

PARCEL, PARTNERED = "GROUND_SMALL_PARCEL", "AMAZON_PARTNERED_CARRIER"
Control = Callable[..., Any]
DAY = 86_400


@pytest.fixture
def us(na: Api) -> Inbound:
    return Inbound(na)


def once(control: Control, fault: str, operation: str, **options: Any) -> None:
    control("POST", "/faults", {"fault": fault, "operation": operation, "times": 1, "options": options})


def test_an_operation_fails_without_effect(us: Inbound, control: Control) -> None:
    """With the problem that the fault names, or a vague one; the next try succeeds."""
    plan = us.plan(us.item(us.listings()[0], 10))
    once(control, "operation_failed", "generatePlacementOptions")
    operation = us.ended(us.start("POST", f"{plan}/placementOptions", {}))
    assert operation["operationStatus"] == "FAILED"
    assert operation["operationProblems"] == [
        {"code": "InternalServerError", "message": "Something went wrong.", "severity": "ERROR"}
    ]
    assert us.get(f"{plan}/placementOptions") == {"placementOptions": []}
    once(control, "operation_failed", "generatePlacementOptions", code="FBA_INB_0049", message="Input")
    operation = us.ended(us.start("POST", f"{plan}/placementOptions", {}))
    assert operation["operationProblems"][0]["code"] == "FBA_INB_0049"
    assert len(us.place(plan)) == 3


def test_a_warning_comes_with_success(us: Inbound, control: Control) -> None:
    plan = us.plan(us.item(us.listings()[0], 10))
    once(control, "operation_warning", "generatePackingOptions", code="W1", message="Adjusted")
    operation = us.ended(us.start("POST", f"{plan}/packingOptions"))
    assert operation["operationStatus"] == "SUCCESS"
    assert operation["operationProblems"] == [{"code": "W1", "message": "Adjusted", "severity": "WARNING"}]
    assert us.get(f"{plan}/packingOptions")["packingOptions"]


@pytest.mark.parametrize(("fault", "ends"), [("operation_slow", True), ("operation_stuck", False)])
def test_an_operation_stays_in_progress(us: Inbound, control: Control, fault: str, ends: bool) -> None:
    plan = us.plan(us.item(us.listings()[0], 10))
    once(control, fault, "generatePackingOptions")
    started = us.start("POST", f"{plan}/packingOptions")
    assert us.ended(started)["operationStatus"] == "IN_PROGRESS"
    us.api.later(DAY)
    operation = us.get(f"/operations/{started['operationId']}")
    assert operation["operationStatus"] == ("SUCCESS" if ends else "IN_PROGRESS")


@pytest.mark.parametrize("fault", ["option_vanished", "option_expired"])
def test_options_are_gone_when_they_are_confirmed(us: Inbound, control: Control, fault: str) -> None:
    """Packing, placement, carriers and windows: the confirmation is refused, new options are accepted."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))

    def refused(operation: str, path: str, body: Any = None) -> None:
        once(control, fault, operation)
        answer = us.call("POST", path, body)
        assert answer.status_code in (400, 404), answer.text
        assert us.call("POST", path, body).status_code in (400, 404)

    us.done("POST", f"{plan}/packingOptions")
    packing = us.get(f"{plan}/packingOptions")["packingOptions"][0]["packingOptionId"]
    refused("confirmPackingOption", f"{plan}/packingOptions/{packing}/confirmation")
    shown = us.get(f"{plan}/packingOptions")["packingOptions"]
    assert [each["status"] for each in shown] == ([] if fault == "option_vanished" else ["EXPIRED"])
    us.pack(plan)
    placement = us.place(plan)[0]
    refused(
        "confirmPlacementOption", f"{plan}/placementOptions/{placement['placementOptionId']}/confirmation"
    )
    placement = us.place(plan)[0]
    us.offer(plan, placement)
    us.confirm_placement(plan, placement)
    (option, *_) = us.get(f"{plan}/transportationOptions")["transportationOptions"]
    names = ("shipmentId", "transportationOptionId")
    selections = {"transportationSelections": [{name: option[name] for name in names}]}
    refused("confirmTransportationOptions", f"{plan}/transportationOptions/confirmation", selections)
    path = f"{plan}/shipments/{placement['shipmentIds'][0]}/deliveryWindowOptions"
    us.done("POST", path)
    windows = us.get(path, pageSize=100)["deliveryWindowOptions"]
    window = next(each for each in windows if each["availabilityType"] == "AVAILABLE")
    refused("confirmDeliveryWindowOptions", f"{path}/{window['deliveryWindowOptionId']}/confirmation")
    us.confirm_carriers(plan, us.offer(plan, placement), PARCEL, PARTNERED)


def test_prices_change_only_with_the_fault(us: Inbound, control: Control) -> None:
    """Options that are generated again have new ids and the same prices."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)

    def prices() -> tuple[list[float], list[float]]:
        placements = us.place(plan)
        options = us.offer(plan, placements[0])
        fees = [fee["value"]["amount"] for each in placements for fee in each["fees"]]
        return fees, [each["quote"]["cost"]["amount"] for each in options if "quote" in each]

    usual = prices()
    assert prices() == usual
    once(control, "prices_changed", "generatePlacementOptions", factor=2)
    once(control, "prices_changed", "generateTransportationOptions")
    fees, costs = prices()
    assert fees == pytest.approx([2 * fee for fee in usual[0]], abs=0.02)
    assert costs == pytest.approx([1.25 * cost for cost in usual[1]], abs=0.02)


def test_lists_and_plan_disagree(us: Inbound, control: Control) -> None:
    """A list lacks an option that the plan names; the plan lacks what lists show; a list is empty once."""
    plan = us.plan(us.item(us.listings()[0], 10))
    placements = us.place(plan)
    once(control, "option_left_out", "listPlacementOptions")
    assert len(us.get(f"{plan}/placementOptions")["placementOptions"]) == len(placements) - 1
    assert len(us.get(plan)["placementOptions"]) == len(placements)
    once(control, "plan_outdated", "getInboundPlan")
    assert "placementOptions" not in us.get(plan)
    once(control, "nothing_listed", "listPlacementOptions")
    assert us.get(f"{plan}/placementOptions") == {"placementOptions": []}
    assert us.get(f"{plan}/placementOptions")["placementOptions"] == placements
    once(control, "something_went_wrong", "listPlacementOptions")
    answer = us.call("GET", f"{plan}/placementOptions")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (500, "Something went wrong.")


def test_a_destination_is_hidden_until_the_placement_is_confirmed(us: Inbound, control: Control) -> None:
    plan = us.plan(us.item(us.listings()[0], 10))
    placement = us.place(plan)[0]
    control("POST", "/faults", {"fault": "destination_hidden"})
    path = f"{plan}/shipments/{placement['shipmentIds'][0]}"
    assert us.get(path)["destination"] == {"destinationType": "AMAZON_OPTIMIZED"}
    us.confirm_placement(plan, placement)
    assert us.get(path)["destination"]["warehouseId"]


def test_a_new_plan_is_listed_late(us: Inbound, control: Control) -> None:
    once(control, "plan_listed_late", "createInboundPlan", seconds=600)
    plan = us.plan(us.item(us.listings()[0], 10))
    assert us.get(plan)["status"] == "ACTIVE"

    def names() -> list[str]:
        newest = us.get("/inboundPlans", sortBy="CREATION_TIME", sortOrder="DESC")["inboundPlans"]
        return [each["name"] for each in newest]

    assert "Autumn restock" not in names()
    us.api.later(600)
    assert "Autumn restock" in names()


def test_a_plan_exists_though_the_answer_was_lost(us: Inbound, control: Control) -> None:
    """It is found by its name."""
    once(control, "error_after", "createInboundPlan")
    body = us.plan_body(us.item(us.listings()[0], 10))
    assert us.call("POST", "/inboundPlans", body).status_code == 500
    us.api.later(60)
    newest = us.get("/inboundPlans", sortBy="CREATION_TIME", sortOrder="DESC")["inboundPlans"]
    assert [each["name"] for each in newest].count("Autumn restock") == 1


def test_reports_show_a_placement_whose_answer_nobody_read(us: Inbound, control: Control) -> None:
    """An operation ends in its time, whether or not anyone asks for it."""
    plan = us.plan(us.item(us.listings()[0], 10))
    placement = us.place(plan)[0]
    once(control, "error_after", "confirmPlacementOption")
    us.call("POST", f"{plan}/placementOptions/{placement['placementOptionId']}/confirmation")
    us.api.later(60)
    query = {"granularityType": "Marketplace", "granularityId": US, "marketplaceIds": US}
    headers = {"x-amz-access-token": us.api.token}
    assert us.api.http.get("/fba/inventory/v1/summaries", params=query, headers=headers).status_code == 200
    (shipment,) = us.api.sandbox.simulation.created
    assert (shipment.plan_id, shipment.items[0].shipped) == (plan.split("/")[-1], 10)


def test_units_are_lost_on_the_way(us: Inbound, control: Control) -> None:
    """And v0 says how many arrived."""
    plan = us.plan(us.item(us.listings("standard")[0], 40))
    us.pack(plan)
    placement = us.place(plan)[0]
    options = us.offer(plan, placement)
    us.confirm_placement(plan, placement)
    once(control, "units_lost", "confirmTransportationOptions", units=5)
    (shipment,) = us.confirm_carriers(plan, options, PARCEL, PARTNERED)
    us.labels(shipment)
    items = f"{V0}/shipments/{shipment['shipmentConfirmationId']}/items"
    quantities = []
    for _ in range(2):
        (item,) = us.get(items)["payload"]["ItemData"]
        quantities.append((item["QuantityShipped"], item["QuantityReceived"]))
        us.api.later(21 * DAY)
    assert quantities == [(40, 0), (40, 35)]


def test_every_operation_has_a_path() -> None:
    """All that have a usage plan, and the download of documents."""
    assert len(routes.routes) == len(data.USAGE_PLANS) + 1 == 45 + 6 + 1


def test_every_asynchronous_operation_may_be_named(us: Inbound, control: Control) -> None:
    assert set(ASYNCHRONOUS) <= set(us.api.sandbox.quotas.published)
    for operation in ASYNCHRONOUS:
        once(control, "operation_failed", operation)


def test_a_fault_of_one_marketplace_spares_others(na: Api, control: Control) -> None:
    us, mexico = Inbound(na, US), Inbound(na, "A1AM78C64UM0Y8")
    plans = [each.plan(each.item(each.listings()[0], 10)) for each in (us, mexico)]
    control("POST", "/faults", {"fault": "operation_failed", "marketplace_id": US})
    states = [
        each.ended(each.start("POST", f"{plan}/packingOptions"))["operationStatus"]
        for each, plan in zip((us, mexico), plans, strict=True)
    ]
    assert states == ["FAILED", "SUCCESS"]


def test_operations_end_at_once_when_told(us: Inbound, control: Control) -> None:
    """The control call shows plans with their operations; a reset forgets all."""
    control("POST", "/inbound", {"operation_seconds": 0})
    started = us.start("POST", "/inboundPlans", us.plan_body(us.item(us.listings()[0], 10)))
    assert us.get(f"/operations/{started['operationId']}")["operationStatus"] == "SUCCESS"
    (plan,) = control("GET", "/inbound")["plans"]
    assert plan["inboundPlanId"] == started["inboundPlanId"]
    assert [each["operation"] for each in plan["operations"]] == ["createInboundPlan"]
    control("POST", "/reset")
    assert control("GET", "/inbound") == {"operation_seconds": None, "plans": []}
    assert us.call("GET", f"/inboundPlans/{started['inboundPlanId']}").status_code == 404
    assert us.call("GET", f"/operations/{started['operationId']}").status_code == 404
