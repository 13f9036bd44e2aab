"""Steps of an inbound run on a worker: they defer at once, and end as the triggerer says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from support.fake_runtime import FakeRuntime, task_context

from sellerops.base.errors import (
    FormError,
    InvalidRequest,
    OperationFailed,
    RetryableError,
    SellerOpsError,
)
from sellerops.inbound.models import InboundRequest, Item, Shipping
from sellerops.inbound.steps.offering import NothingOffered
from sellerops.inbound.store import RunState
from sellerops.inbound.workflow import STEPS, left_out
from sellerops_airflow.operators import inbound
from sellerops_airflow.operators.inbound import (
    CancelPlanOperator,
    FetchDocumentsOperator,
    InboundStepOperator,
)
from sellerops_airflow.operators.inbound_following import FollowShipmentsOperator
from sellerops_airflow.operators.inbound_request import ValidateRequestOperator
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.trigger_events import error_from_values, error_to_values
from sellerops_airflow.runtime import use_runtime
from sellerops_airflow.triggers.inbound import InboundStepTrigger, ValidateRequestTrigger

REQUEST = InboundRequest(
    "northwind_na", "US", "dallas", (Item("A", 3),), datetime(2026, 12, 1, tzinfo=UTC), "Spring"
)
FORM = {
    "account": "northwind_na",
    "marketplace": "US",
    "source_address": "dallas",
    "name": "Spring",
    "ready": "2026-12-01",
    "items": [{"sku": "A", "quantity": 3}],
}


class Runtime(FakeRuntime):
    state = RunState.REJECTED

    @property
    def inbound_store(self) -> Any:
        run = SimpleNamespace(id=17, request=REQUEST, name="Spring #17", state=self.state)
        return SimpleNamespace(run=lambda _: run)


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with use_runtime(Runtime()) as ours:
        assert isinstance(ours, Runtime)
        yield ours


def step(
    operator: type[InboundStepOperator] = InboundStepOperator, run_id: Any = "17"
) -> InboundStepOperator:
    return operator(task_id="create_plan", inbound_run_id=run_id, not_needed="")


def context() -> Any:
    return task_context(dag_id="fba_inbound", task_id="create_plan", map_index=-1)


def ended(state: str, summary: str = "created plan wf1") -> dict[str, Any]:
    return {"result": {"state": state, "summary": summary}}


def failed(error: SellerOpsError) -> dict[str, Any]:
    return {"error": error_to_values(error)}


def test_a_step_is_handed_to_the_triggerer_at_once() -> None:
    with pytest.raises(TaskDeferred) as deferred:
        step().execute(context())
    trigger = deferred.value.trigger
    assert isinstance(trigger, InboundStepTrigger)
    assert (trigger.step, trigger.inbound_run_id) == ("create_plan", 17)
    assert deferred.value.method_name == "resume"


def test_a_steps_summary_is_its_return_value_and_one_that_is_not_needed_skips() -> None:
    assert step().resume(context(), ended("done")) == "created plan wf1"
    with pytest.raises(AirflowSkipException, match="pack later"):
        step().resume(context(), ended("not_needed", "not needed: pack later"))


@pytest.mark.parametrize("run_id", ["", "None", None, "x", "1.5", "²"])
def test_without_a_run_there_is_nothing_to_do_and_anything_else_is_no_number(run_id: Any) -> None:
    expected = AirflowSkipException if run_id in ("", "None", None) else FormError
    with pytest.raises(expected):
        step(run_id=run_id).execute(context())


def test_failures_keep_their_type_and_reach_the_runs_notice() -> None:
    ours = context()
    with pytest.raises(OperationFailed, match="0182"):
        step().resume(ours, failed(OperationFailed("FBA_INB_0182.", problems=[{"code": "FBA_INB_0182"}])))
    assert ours["ti"].pushed["failure"]["error_type"] == "OperationFailed"
    again = context()
    with pytest.raises(RetryableError):
        step().resume(again, failed(RetryableError("busy.")))
    assert not again["ti"].pushed, "it is tried again"


def test_an_error_of_a_step_is_retried_as_its_nearest_common_type_says() -> None:
    error = error_from_values(error_to_values(NothingOffered("none.")))
    assert isinstance(error, RetryableError)
    assert RetryByRemedy().evaluate(error, 1, 5).action is RetryAction.RETRY


def test_the_request_is_read_first_and_then_compared_with_amazons_data() -> None:
    ours = context()
    ours["dag_run"] = SimpleNamespace(dag_id="fba_inbound", run_id="manual__1", triggering_user_name="ada")
    with pytest.raises(TaskDeferred) as deferred:
        ValidateRequestOperator(task_id="validate", values=FORM).execute(ours)
    trigger = deferred.value.trigger
    assert isinstance(trigger, ValidateRequestTrigger)
    assert (trigger.account_id, trigger.dag_id, trigger.run_id, trigger.requested_by) == (
        "northwind_na",
        "fba_inbound",
        "manual__1",
        "ada",
    )
    assert trigger.values == FORM
    event = {"result": {"inbound_run_id": 17, "name": "Spring #17", "notes": ["Mark box 3 as heavy."]}}
    event["result"]["left_out"] = {"fetch_bill_of_lading": "Not needed: parcels."}
    assert ValidateRequestOperator(task_id="validate").resume(ours, event) == 17
    assert ours["ti"].pushed["left_out"] == {"fetch_bill_of_lading": "Not needed: parcels."}


def test_what_the_request_rules_out_skips_without_a_wait() -> None:
    """One short worker task instead of two and a wait of ten seconds."""
    task = InboundStepOperator(task_id="offer_packing", inbound_run_id="17", not_needed="Not needed: later.")
    with pytest.raises(AirflowSkipException, match="later"):
        task.execute(context())
    later = left_out(replace(REQUEST, pack_later=True))
    assert set(later) == {"offer_packing", "confirm_packing", "set_box_contents", "fetch_bill_of_lading"}
    now = left_out(replace(REQUEST, shipping=Shipping.LTL))
    assert set(now) == {"set_shipment_boxes", "offer_transportation_again"}
    assert set(later) | set(now) < {step.name for step in STEPS}


def test_a_plan_whose_shipments_are_confirmed_is_not_cancelled(runtime: Runtime) -> None:
    cancel = CancelPlanOperator(task_id="cancel_plan", inbound_run_id="17", not_needed="")
    with pytest.raises(TaskDeferred):
        cancel.execute(context())
    runtime.state = RunState.CONFIRMED
    with pytest.raises(AirflowSkipException, match="confirmed"):
        cancel.execute(context())


def test_all_problems_of_a_form_are_reported_and_nothing_is_started() -> None:
    ours = context()
    with pytest.raises(InvalidRequest) as caught:
        ValidateRequestOperator(task_id="validate", values={"name": "Spring"}).execute(ours)
    places = {each["place"] for each in caught.value.details["problems"]}
    assert {"Account", "Marketplace", "Ships from", "Ready to ship on"} <= places
    assert ours["ti"].pushed["failure"]["error_type"] == "InvalidRequest"


def test_a_cancelled_plan_is_announced(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(
        inbound, "send_cancellation_notice", lambda ledger, run, words: said.append((run.name, words))
    )
    step(CancelPlanOperator).resume(context(), ended("done", "Cancelled plan 'Spring #17'."))
    with pytest.raises(AirflowSkipException):
        step(CancelPlanOperator).resume(context(), ended("not_needed", "confirmed"))
    assert said == [("Spring #17", "Cancelled plan 'Spring #17'.")]


def test_archived_labels_are_announced_with_their_page(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(inbound, "send_documents_notice", lambda ledger, run, *told: said.append(told))
    step(FetchDocumentsOperator).resume(context(), ended("done", "Archived 5 label files."))
    ((words, url),) = said
    assert words == "Archived 5 label files."
    assert url == (
        "http://airflow.example:8080/sellerops/dags/fba_inbound/runs/scheduled__2026-11-21/tasks/create_plan/-1/shipment"
    )


def test_following_reports_every_run_and_fails_with_the_first_error() -> None:
    task = FollowShipmentsOperator(task_id="follow", account_id="northwind_na")
    with pytest.raises(TaskDeferred):
        task.execute(context())
    event: dict[str, Any] = {"followed": ["inbound run 17: shipped"], "failed": []}
    assert task.resume(context(), {"result": event}) == ["inbound run 17: shipped"]
    with pytest.raises(OperationFailed):
        task.resume(context(), {"result": {**event, "failed": [error_to_values(OperationFailed("x."))]}})
    with pytest.raises(AirflowSkipException):
        task.resume(context(), {"result": {"followed": [], "failed": []}})
