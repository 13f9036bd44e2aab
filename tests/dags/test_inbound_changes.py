"""Tracking numbers, cancellations, other quantities: who may, what is recorded; all can be repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput, TaskDeferred
from airflow.sdk.execution_time import task_runner
from support.channels import Channels
from support.fake_runtime import FakeRuntime, task_context

from sellerops.base.errors import FormError, GiveUpError
from sellerops.inbound.models import InboundRequest, Item, Owner, Shipping
from sellerops.inbound.store import (
    Choice,
    InboundStore,
    PlacementOption,
    RunState,
    ShipmentRow,
    TransportationOption,
)
from sellerops.ledger import Ledger
from sellerops_airflow.operators.inbound_cancelling import CancelRunOperator
from sellerops_airflow.operators.inbound_content import (
    APPROVE,
    REJECT,
    ApproveContentUpdateOperator,
    ConfirmContentUpdateOperator,
    OfferContentUpdateOperator,
)
from sellerops_airflow.operators.inbound_tracking import NOT_NEEDED, SEND, AskTrackingOperator
from sellerops_airflow.runtime import use_runtime

REQUEST = InboundRequest(
    "northwind_na", "US", "dallas", (Item("NW-1", 40, Owner.NONE, Owner.SELLER),),
    datetime(2026, 12, 1, tzinfo=UTC), "Spring",
)  # fmt: skip
SHIPMENT = ShipmentRow(
    "sh1", "pl1", "WORKING", units={"NW-1": 40}, confirmation_id="FBA15ABC", warehouse_id="ONT8"
)
ADA = {"id": "admin", "name": "admin"}


class Runtime(FakeRuntime):
    """A real ledger."""

    def __init__(self, real: Ledger) -> None:
        super().__init__()
        self.real, self.store = real, InboundStore(real)

    @property
    def ledger(self) -> Any:
        return self.real

    def confirmed(self, request: InboundRequest = REQUEST, solution: str = "USE_YOUR_OWN_CARRIER") -> int:
        """A run with one confirmed shipment."""
        run = self.store.start_run(
            request, marketplace_id="ATVPDKIKX0DER", dag_id="fba_inbound", run_id=f"manual__{uuid4()}"
        )
        shipment = replace(SHIPMENT, confirmation_id=f"FBA{run.id}")
        option = TransportationOption("to1", "pl1", "sh1", "GROUND_SMALL_PARCEL", solution, "DHL")
        self.store.save_placements(run.id, 1, [PlacementOption("pl1", "OFFERED", ("sh1",))], [shipment])
        self.store.save_transportation(run.id, "pl1", 1, [option])
        self.store.choose_placement(run.id, "pl1")
        self.store.record_confirmed(
            run.id, "sh1", transportation_option_id="to1", placement_fee=None, transportation_fee=None,
            currency=None, voidable_until=None,
        )  # fmt: skip
        self.store.record_boxes(run.id, "sh1", 2, None, None)
        self.store.set_state(run.id, RunState.CONFIRMED)
        return run.id


@pytest.fixture
def runtime(ledger: Ledger) -> Iterator[Runtime]:
    with use_runtime(Runtime(ledger)) as ours:
        assert isinstance(ours, Runtime)
        yield ours


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Questions shown to people."""
    shown: list[Any] = []

    def send(msg: Any) -> Any:
        shown.append(msg)
        return msg

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", SimpleNamespace(send=send), raising=False)
    return shown


def context(task_id: str = "ask_tracking", user: str = "admin") -> Any:
    made = task_context(dag_id="fba_inbound", task_id=task_id, map_index=-1)
    made["ti"].id = uuid4()
    made["dag_run"].triggering_user_name = user
    return made


def answer(option: str, user: Any = ADA, **fields: str) -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": fields,
        "responded_at": None,
        "responded_by_user": user,
    }


# -- tracking numbers


def track(run_id: int) -> AskTrackingOperator:
    return AskTrackingOperator(task_id="ask_tracking", inbound_run_id=run_id)


def test_a_person_enters_the_numbers_of_each_shipment(
    runtime: Runtime, asked: list[Any], sent: Channels
) -> None:
    run_id = runtime.confirmed()
    with pytest.raises(TaskAwaitingInput) as waiting:
        track(run_id).execute(context())
    (question,) = asked
    assert f"FBA{run_id} to ONT8: 40 units, 2 boxes" in question.body
    assert question.params["sh1"]["schema"]["format"] == "multiline"
    assert "Tracking numbers needed: Spring" in sent.messages[-1].text
    kept = waiting.value.kwargs or {}
    with pytest.raises(TaskAwaitingInput):  # nothing is entered: the question stays open
        track(run_id).execute_complete(context(), answer(SEND), **kept)
    with pytest.raises(FormError, match="3 numbers for 2 boxes"):
        track(run_id).execute_complete(context(), answer(SEND, sh1="1Z1\n1Z2\n1Z3"), **kept)
    done = track(run_id).execute_complete(context(), answer(SEND, sh1="1Z1\n1Z2"), **kept)
    assert done == "admin entered 2 numbers"
    (shipment,) = runtime.store.shipments(run_id, chosen=True)
    assert shipment.tracking == [
        {"boxId": f"FBA{run_id}U000001", "trackingId": "1Z1"},
        {"boxId": f"FBA{run_id}U000002", "trackingId": "1Z2"},
    ]
    assert track(run_id).execute(context()) == "all numbers are known"


def test_pallets_need_one_freight_bill(runtime: Runtime, asked: list[Any], sent: Channels) -> None:
    run_id = runtime.confirmed(replace(REQUEST, shipping=Shipping.LTL))
    with pytest.raises(TaskAwaitingInput):
        track(run_id).execute(context())
    assert "freight bill number" in asked[0].subject
    track(run_id).execute_complete(context(), answer(SEND, sh1="PRO-1"))
    assert runtime.store.shipments(run_id, chosen=True)[0].tracking == [{"freightBillNumber": "PRO-1"}]


def test_nobody_is_asked_for_numbers_that_amazons_carrier_has(
    runtime: Runtime, asked: list[Any], sent: Channels
) -> None:
    with pytest.raises(AirflowSkipException, match="Amazon's carriers"):
        track(runtime.confirmed(solution="AMAZON_PARTNERED_CARRIER")).execute(context())
    assert asked == []
    with pytest.raises(AirflowSkipException, match="according to admin"):
        track(runtime.confirmed()).execute_complete(context(), answer(NOT_NEEDED))


TIMEOUT = {"error": "The response timeout has passed.", "error_type": "timeout"}


def test_nobody_is_reminded_of_a_run_that_is_over(runtime: Runtime, asked: list[Any], sent: Channels) -> None:
    answered = answer(SEND, sh1="1Z1")
    over = ((RunState.CLOSED, TIMEOUT), (RunState.CANCELLED, TIMEOUT), (RunState.CANCELLED, answered))
    for state, event in over:
        run_id = runtime.confirmed()
        runtime.store.set_state(run_id, state)
        with pytest.raises(AirflowSkipException, match=f"the run is {state}"):
            track(run_id).execute_complete(context(), event)
        with pytest.raises(AirflowSkipException, match=f"the run is {state}"):
            track(run_id).execute(context())
    assert asked == [] and sent.messages == []


def test_reminders_end_when_the_shipments_are_no_longer_followed(
    runtime: Runtime, asked: list[Any], sent: Channels
) -> None:
    run_id = runtime.confirmed()

    def confirmed(days: float) -> None:
        runtime.real.database.run(
            lambda c: c.execute(
                "UPDATE sellerops.inbound_shipment SET confirmed_at = sellerops.now() - %s"
                " WHERE inbound_run_id = %s",
                (timedelta(days=days), run_id),
            )
        )

    confirmed(days=20)
    with pytest.raises(TaskAwaitingInput) as waiting:
        track(run_id).execute_complete(context(), TIMEOUT)
    assert waiting.value.timeout == timedelta(days=7)
    confirmed(days=178)
    with pytest.raises(TaskAwaitingInput) as waiting:
        track(run_id).execute_complete(context(), TIMEOUT, asked=2)
    assert waiting.value.timeout and timedelta(0) < waiting.value.timeout <= timedelta(days=2)
    confirmed(days=181)
    with pytest.raises(AirflowSkipException, match="stop_after_days"):
        track(run_id).execute_complete(context(), TIMEOUT, asked=3)
    assert len(asked) == 2


# -- cancelling


def cancel(run_id: Any, accepts: str = "False") -> CancelRunOperator:
    return CancelRunOperator(
        task_id="cancel", inbound_run_id=run_id, reason="Wrong boxes.", accepts_charges=accepts
    )


def test_an_approver_cancels_and_the_ledger_knows_why(runtime: Runtime, sent: Channels) -> None:
    run_id = runtime.confirmed()
    with pytest.raises(TaskDeferred) as deferred:
        cancel(run_id, "True").execute(context("cancel"))
    _, values = deferred.value.trigger.serialize()
    assert values == {"inbound_run_id": run_id, "accept_charges": True}
    assert len(runtime.store.decisions(run_id)) == 1, "before anything is sent"
    event = {"result": {"summary": "Cancelled plan 'Spring'."}}
    for _ in range(2):  # cleared and repeated
        cancel(run_id).resume(context("cancel"), event)
    (decision,) = runtime.store.decisions(run_id)
    assert (decision.choice, decision.decided_by, decision.note) == (Choice.REJECTED, "admin", "Wrong boxes.")
    assert "Cancelled plan 'Spring'. Requested by admin." in sent.messages[-1].text
    assert len(sent.messages) == 1


@pytest.mark.parametrize("user", ["eve", None])
def test_nobody_else_cancels(runtime: Runtime, user: Any) -> None:
    with pytest.raises(FormError, match="may not cancel"):
        cancel(runtime.confirmed()).execute(context("cancel", user))
    with pytest.raises(GiveUpError, match="does not exist"):
        cancel("999").execute(context("cancel"))
    with pytest.raises(FormError):
        cancel("").execute(context("cancel"))


# -- other quantities


def preview(runtime: Runtime, run_id: int, hours: int = 4) -> dict[str, Any]:
    return {
        "inbound_run_id": run_id,
        "preview_id": "cu1",
        "shipment_id": "sh1",
        "expires_at": (runtime.real.clock().now() + timedelta(hours=hours)).isoformat(),
        "units": {"NW-1": [40, 36]},
        "cost": {"amount": "31.20", "currency": "USD"},
        "carrier": "UPS",
    }


def approve(values: dict[str, Any]) -> ApproveContentUpdateOperator:
    return ApproveContentUpdateOperator(task_id="approve", preview=values)


def test_the_form_names_shipment_and_quantities(runtime: Runtime) -> None:
    run_id = runtime.confirmed()

    def offer(shipment: str, quantities: Any) -> OfferContentUpdateOperator:
        return OfferContentUpdateOperator(
            task_id="preview",
            inbound_run_id=str(run_id),
            shipment=shipment,
            quantities=json.dumps(quantities),
        )

    with pytest.raises(TaskDeferred) as deferred:
        offer(f"fba{run_id}", "NW-1,36").execute(context("preview"))
    _, values = deferred.value.trigger.serialize()
    assert values == {"inbound_run_id": run_id, "shipment_id": "sh1", "quantities": {"NW-1": 36}}
    with pytest.raises(FormError, match="no confirmed shipment"):
        offer("FBA0", "NW-1,36").execute(context("preview"))
    with pytest.raises(FormError, match="no quantities"):
        offer("sh1", "").execute(context("preview"))
    assert offer("sh1", "").resume(context("preview"), {"result": {"preview_id": "cu1"}}) == {
        "inbound_run_id": run_id,
        "preview_id": "cu1",
    }


def test_other_quantities_are_approved_with_their_cost_and_leave_the_plans_approval_alone(
    runtime: Runtime, asked: list[Any], sent: Channels
) -> None:
    values = preview(runtime, run_id := runtime.confirmed())
    with pytest.raises(TaskAwaitingInput) as waiting:
        approve(values).execute(context("approve"))
    assert "**$31.20**" in asked[0].body and "| NW-1 | 40 | 36 |" in asked[0].body
    assert [each.id for each in asked[0].assigned_users] == ["admin"]
    assert waiting.value.timeout and waiting.value.timeout < timedelta(hours=4, minutes=1)
    assert approve(values).execute_complete(context("approve"), answer(APPROVE, note="damaged")) == values
    (decision,) = runtime.store.decisions(run_id)
    assert (decision.choice, decision.decided_by, decision.note) == (Choice.APPROVED, "admin", "damaged")
    assert runtime.store.newest_decision(run_id) is None, "the plan was not decided about"
    assert runtime.store.run(run_id).state is RunState.CONFIRMED
    with pytest.raises(TaskDeferred) as deferred:
        ConfirmContentUpdateOperator(task_id="confirm", preview=values).execute(context("confirm"))
    assert deferred.value.trigger.serialize()[1]["preview_id"] == "cu1"


@pytest.mark.parametrize("event", [answer(REJECT), {"error": "late", "error_type": "timeout"}])
def test_without_an_approval_the_shipment_stays_as_it_is(
    runtime: Runtime, sent: Channels, event: dict[str, Any]
) -> None:
    values = preview(runtime, run_id := runtime.confirmed())
    with pytest.raises(AirflowSkipException, match="stays as it is"):
        approve(values).execute_complete(context("approve"), event)
    assert not runtime.store.decisions(run_id)[0].choice.is_approval


def test_an_expired_preview_and_a_strangers_answer_are_refused(
    runtime: Runtime, asked: list[Any], sent: Channels
) -> None:
    run_id = runtime.confirmed()
    with pytest.raises(GiveUpError, match="expired"):
        approve(preview(runtime, run_id, hours=-1)).execute(context("approve"))
    stranger = answer(APPROVE, {"id": "eve", "name": "eve"})
    with pytest.raises(GiveUpError, match="eve may not approve"):
        approve(preview(runtime, run_id)).execute_complete(context("approve"), stranger)
    assert asked == [] and runtime.store.decisions(run_id) == []
