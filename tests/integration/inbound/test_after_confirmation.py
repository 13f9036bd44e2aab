"""After the carriers are confirmed: cancellation within and outside the void window, and other quantities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from integration.inbound.changing import approve_update
from integration.inbound.killing import Killed
from integration.inbound.walks import (
    RUN_AT,
    US_PALLETS,
    Harbour,
    Walk,
    assert_no_typed_failure,
    go,
    request,
    with_carrier,
)

from sellerops.base.errors import FormError, GiveUpError, RequestRefused, RetryableError
from sellerops.inbound.amazon_lists import plan_path
from sellerops.inbound.content_update import confirm_content_update, offer_content_update
from sellerops.inbound.models import InboundRequest
from sellerops.inbound.offers import OWN, PARTNERED
from sellerops.inbound.setting_models import DeliveryWindows
from sellerops.inbound.steps import confirmation, windows
from sellerops.inbound.steps.cancellation import ChargesApply, cancel_run
from sellerops.inbound.store import RunState
from sellerops.inbound.workflow import run_step
from sellerops.writes import Write, writer


def confirmed(harbour: Harbour, wanted: InboundRequest | None = None) -> Walk:
    # Ready late enough for the shipments to be still there when the void window has passed.
    late = replace(wanted or request(), ready_at=RUN_AT + timedelta(days=9))
    walk = go(harbour.walk(late, with_carrier(PARTNERED)))
    assert_no_typed_failure(walk)
    return walk


def test_within_the_void_window_a_confirmed_plan_is_cancelled_free_of_charge(harbour: Harbour) -> None:
    walk = confirmed(harbour)
    outcome = go(cancel_run(harbour.services(walk.run.account_id), walk.run.id))
    assert outcome.summary == f"Cancelled plan '{walk.run.name}'."
    assert harbour.store.run(walk.run.id).state is RunState.CANCELLED
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]
    row = harbour.store.newest_step(walk.run.id, "cancel_plan")
    assert row is not None
    assert row.problems == []


@pytest.mark.parametrize("packing_list", ["us_parcels.csv", US_PALLETS])
def test_after_the_void_window_a_person_must_accept_the_charges(harbour: Harbour, packing_list: str) -> None:
    walk = confirmed(harbour, request(packing_list))
    (first, *_) = harbour.store.shipments(walk.run.id, chosen=True)
    assert first.voidable_until is not None
    # On its fast clock the local Amazon lets the window last longer.
    passed = first.voidable_until - harbour.ledger.clock().now() + timedelta(days=2)
    harbour.jump(seconds=passed.total_seconds())
    services = harbour.services(walk.run.account_id)
    with pytest.raises(ChargesApply, match="can no longer be cancelled free of charge"):
        go(cancel_run(services, walk.run.id))
    assert harbour.effects("cancelInboundPlan") == 0
    assert harbour.store.run(walk.run.id).state is RunState.CONFIRMED
    go(cancel_run(harbour.services(walk.run.account_id), walk.run.id, accept_charges=True))
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]
    row = harbour.store.newest_step(walk.run.id, "cancel_plan")
    assert row is not None
    assert "The charges of" in row.problems[0]["message"]


def test_a_plan_that_is_cancelled_twice_is_cancelled_once(harbour: Harbour) -> None:
    walk = confirmed(harbour)
    harbour.sandbox.faults("response_lost", operation="cancelInboundPlan", times=1)
    for _ in range(2):
        go(cancel_run(harbour.services(walk.run.account_id), walk.run.id))
    assert harbour.effects("cancelInboundPlan") == 1


def test_other_quantities_are_previewed_and_then_confirmed(harbour: Harbour) -> None:
    walk = confirmed(harbour)
    shipment = max(harbour.store.shipments(walk.run.id, chosen=True), key=lambda each: each.total_units)
    sku, before = max(shipment.units.items(), key=lambda each: each[1])
    account = walk.run.account_id
    update = go(
        offer_content_update(harbour.services(account), walk.run.id, shipment.shipment_id, {sku: before - 1})
    )
    assert update.units[sku] == (before, before - 1)
    assert update.expires_at > harbour.ledger.clock().now()
    assert update.cost is not None
    with pytest.raises(GiveUpError, match="nobody has approved"):
        go(
            confirm_content_update(
                harbour.services(account), walk.run.id, shipment.shipment_id, update.preview_id
            )
        )
    approve_update(harbour, walk, update)
    harbour.sandbox.faults("response_lost", operation="confirmShipmentContentUpdatePreview", times=1)
    for _ in range(2):
        outcome = go(
            confirm_content_update(
                harbour.services(account), walk.run.id, shipment.shipment_id, update.preview_id
            )
        )
    assert f"now has {shipment.total_units - 1} units" in outcome.summary
    assert harbour.effects("confirmShipmentContentUpdatePreview") == 1
    (after,) = [
        each
        for each in harbour.store.shipments(walk.run.id, chosen=True)
        if each.shipment_id == shipment.shipment_id
    ]
    assert after.units[sku] == before - 1


def test_a_preview_that_has_expired_is_refused(harbour: Harbour) -> None:
    walk = confirmed(harbour)
    shipment = max(harbour.store.shipments(walk.run.id, chosen=True), key=lambda each: each.total_units)
    sku, before = max(shipment.units.items(), key=lambda each: each[1])
    account = walk.run.account_id
    update = go(
        offer_content_update(harbour.services(account), walk.run.id, shipment.shipment_id, {sku: before - 1})
    )
    approve_update(harbour, walk, update)
    left = update.expires_at - harbour.ledger.clock().now()
    harbour.jump(seconds=left.total_seconds() + 60)
    with pytest.raises(RequestRefused):
        go(
            confirm_content_update(
                harbour.services(account), walk.run.id, shipment.shipment_id, update.preview_id
            )
        )


@pytest.mark.parametrize("quantities", [{"NW-UNKNOWN": 3}, {}])
def test_an_update_that_makes_no_sense_is_refused_before_amazon(
    harbour: Harbour, quantities: dict[str, int]
) -> None:
    walk = confirmed(harbour)
    shipment = harbour.store.shipments(walk.run.id, chosen=True)[0]
    wanted = quantities or dict.fromkeys(shipment.units, 0)
    with pytest.raises(FormError):
        go(
            offer_content_update(
                harbour.services(walk.run.account_id), walk.run.id, shipment.shipment_id, wanted
            )
        )
    assert harbour.effects("generateShipmentContentUpdatePreviews") == 0


def test_carriers_that_somebody_else_confirmed_are_not_taken_for_approved_and_may_charge(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = request()
    walk = go(harbour.walk(wanted, with_carrier(OWN), until="confirm_delivery_windows"))
    assert_no_typed_failure(walk)
    real = windows.ensure_windows

    async def meanwhile(step: Any, legs: Any) -> int:
        """The last thing before the confirmation is sent."""
        await confirm_elsewhere(harbour, walk)
        return await real(step, legs)

    monkeypatch.setattr(confirmation, "ensure_windows", meanwhile)
    for _ in range(2):  # cleared, too
        walk = go(harbour.walk(wanted, with_carrier(OWN)))
        assert isinstance(walk.error, RequestRefused)
        assert "already been confirmed" in walk.error.cause
        assert walk.run.state is RunState.FAILED
        monkeypatch.setattr(confirmation, "ensure_windows", real)
    assert harbour.effects("confirmTransportationOptions") == 1
    services = harbour.services(wanted.account_id)
    with pytest.raises(ChargesApply, match="at an unknown time"):
        go(cancel_run(services, walk.run.id))
    go(cancel_run(harbour.services(wanted.account_id), walk.run.id, accept_charges=True))
    assert [plan["status"] for plan in harbour.plans(walk)] == ["VOIDED"]


def test_without_a_window_within_the_limits_a_person_decides(harbour: Harbour) -> None:
    wanted, usual = request(), harbour.settings
    limits = DeliveryWindows(latest_days_after_ready=1)
    harbour.settings = usual.model_copy(update={"delivery_windows": limits})
    walk = go(harbour.walk(wanted, with_carrier(OWN)))
    assert isinstance(walk.error, GiveUpError)
    assert "no delivery window to" in walk.error.cause and "The first ones are" in walk.error.cause
    assert "`latest_days_after_ready`" in walk.error.remedy and "fba_inbound_cancel" in walk.error.remedy
    assert harbour.effects("confirmDeliveryWindowOptions") == 0
    harbour.settings = usual
    walk = go(harbour.walk(wanted, with_carrier(OWN)))
    assert_no_typed_failure(walk)
    assert harbour.effects("confirmDeliveryWindowOptions") == len(
        harbour.store.shipments(walk.run.id, chosen=True)
    )


async def confirm_elsewhere(harbour: Harbour, walk: Walk) -> None:
    """Somebody chooses Amazon's carrier and not the approved own one, in Seller Central as it were."""
    services, plan = harbour.services(walk.run.account_id), plan_path(walk.run.plan_id or "")
    (decision,) = harbour.store.decisions(walk.run.id)
    others = {
        each.shipment_id: each.transportation_option_id
        for each in harbour.store.transportation(walk.run.id)
        if each.placement_option_id == harbour.store.run(walk.run.id).placement_option_id
        and each.solution == PARTNERED
    }
    assert set(others) == set(decision.transportation)
    await services.client.ready()
    selections = [
        {"shipmentId": shipment, "transportationOptionId": option} for shipment, option in others.items()
    ]
    await services.writer.send(
        Write(
            key="elsewhere",
            operation="confirmTransportationOptions",
            method="POST",
            path=f"{plan}/transportationOptions/confirmation",
            found_by="",
            body={"transportationSelections": selections},
        )
    )
    await services.pause(120)


def test_a_plan_whose_creation_may_not_show_yet_is_not_taken_for_absent(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was killed when it had sent the call; cancelled at once, the plan would stay for ever."""
    late = {"seconds": 60}
    harbour.sandbox.faults("plan_listed_late", operation="createInboundPlan", times=1, options=late)
    harbour.sandbox.faults("response_lost", operation="createInboundPlan", times=1)
    wanted = request()

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writer, "record_lost", die)
        with pytest.raises(Killed):
            go(harbour.walk(wanted))
    run = harbour.store.run_of("fba_inbound", wanted.name)
    assert run is not None and run.plan_id is None
    with pytest.raises(RetryableError, match="may not list it yet"):
        go(cancel_run(harbour.services(wanted.account_id), run.id))
    harbour.jump(seconds=120)
    go(cancel_run(harbour.services(wanted.account_id), run.id))
    assert [plan["status"] for plan in harbour.plans(Walk(run))] == ["VOIDED"]


@pytest.fixture
def killed_while_confirming(harbour: Harbour) -> Callable[..., Walk]:
    """A run whose confirmation of the own carrier was begun, and whose approver then chose Amazon's."""

    def killed(module: Any, record: str, **fault: Any) -> Walk:
        def die(*_: Any, **__: Any) -> None:
            raise Killed

        wanted = request()
        walk = go(harbour.walk(wanted, with_carrier(OWN), until="confirm_delivery_windows"))
        assert_no_typed_failure(walk)
        if fault:
            harbour.sandbox.faults(**fault, operation="confirmTransportationOptions", times=1)
        work = run_step("confirm_transportation", walk.run.id, harbour.services(wanted.account_id))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, record, die)
            with pytest.raises(Killed):
                go(work)
        harbour.decide(walk.run.id, with_carrier(PARTNERED))
        return walk

    return killed


def confirm_again(harbour: Harbour, walk: Walk) -> dict[str, str | None]:
    """What is confirmed in the end."""
    go(run_step("confirm_transportation", walk.run.id, harbour.services(walk.run.account_id)))
    assert harbour.store.run(walk.run.id).state is RunState.CONFIRMED
    assert harbour.effects("confirmTransportationOptions") == 1
    shipments = harbour.store.shipments(walk.run.id, chosen=True)
    return {each.shipment_id: each.transportation_option_id for each in shipments}


def test_carriers_of_an_earlier_decision_are_not_confirmed_after_another_one(
    harbour: Harbour, killed_while_confirming: Callable[..., Walk]
) -> None:
    """The first confirmation was begun, but never sent."""
    walk = killed_while_confirming(writer, "open_row")
    found = confirm_again(harbour, walk)
    _, newest = harbour.store.decisions(walk.run.id)
    assert found == newest.transportation
    assert all(each.transportation_fee for each in harbour.store.shipments(walk.run.id, chosen=True))


def test_carriers_that_were_confirmed_before_another_decision_are_recorded_as_they_are(
    harbour: Harbour, killed_while_confirming: Callable[..., Walk]
) -> None:
    """The first confirmation took effect, but its answer was lost with the process."""
    walk = killed_while_confirming(writer, "record_lost", fault="response_lost")
    with pytest.raises(RetryableError, match="may have been sent"):
        confirm_again(harbour, walk)
    harbour.jump(minutes=20)
    found = confirm_again(harbour, walk)
    first, _ = harbour.store.decisions(walk.run.id)
    assert found == first.transportation
    assert not any(each.transportation_fee for each in harbour.store.shipments(walk.run.id, chosen=True))
