"""A person approves an FBA shipment on the numbers shown; every decision is recorded once."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import DownstreamTasksSkipped, ErrorType, TaskAwaitingInput, TaskDeferred
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import (
    CreateHITLDetailPayload,
    DRCount,
    ErrorResponse,
    GetDRCount,
    TriggerDagRun,
)
from support.channels import Channels
from support.dying_worker import answer_in_dying_worker
from support.fake_runtime import FakeRuntime, task_context

from sellerops.base.errors import GiveUpError
from sellerops.inbound.models import Box, BoxContent, Carrier, InboundRequest, Item, Owner
from sellerops.inbound.setting_models import OnTimeout
from sellerops.inbound.settings import INBOUND, InboundSettings
from sellerops.inbound.store import (
    Choice,
    InboundStore,
    PlacementOption,
    RunState,
    ShipmentRow,
    TransportationOption,
)
from sellerops.ledger import Ledger
from sellerops_airflow.operators.inbound_approval import ApproveOffersOperator
from sellerops_airflow.operators.inbound_cancelling import CancelRunOperator
from sellerops_airflow.operators.inbound_confirming import ConfirmStepOperator
from sellerops_airflow.operators.inbound_questions import APPROVAL_DAG
from sellerops_airflow.runtime import use_runtime
from sellerops_airflow.triggers.inbound import InboundStepTrigger
from sellerops_airflow.triggers.inbound_decision import DecisionTrigger

REQUEST = InboundRequest(
    account_id="northwind_na",
    marketplace="US",
    source_address="dallas",
    items=(Item("NW-1", 40, Owner.NONE, Owner.SELLER),),
    boxes=(Box("1", (BoxContent("NW-1", 20),), Decimal(40), Decimal(30), Decimal(30), Decimal(9), count=2),),
    ready_at=datetime(2026, 12, 1, 14, tzinfo=UTC),
    name="Spring",
)
ADA = {"id": "admin", "name": "admin"}
BEST = "A1: 1 shipment, $12.50, recommended"


class Airflow:
    """Answers the task's supervisor as Airflow 3.3.2 does: the first question of a task instance stays."""

    def __init__(self) -> None:
        self.questions: dict[Any, CreateHITLDetailPayload] = {}
        self.started: dict[str, dict[str, Any]] = {}
        # Runs that are over.
        self.ended: set[str] = set()

    def send(self, msg: Any) -> Any:
        if isinstance(msg, CreateHITLDetailPayload):
            return self.questions.setdefault(msg.ti_id, msg)
        if isinstance(msg, GetDRCount):
            open_runs = set(self.started) - self.ended
            return DRCount(count=len(open_runs & set(msg.run_ids or ())))
        assert isinstance(msg, TriggerDagRun), "Airflow accepts nothing else from a task"
        assert msg.dag_id == APPROVAL_DAG
        if msg.run_id in self.started:
            return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        self.started[msg.run_id] = dict(msg.conf or {})
        return None


class Runtime(FakeRuntime):
    """A real ledger."""

    def __init__(self, real: Ledger) -> None:
        super().__init__()
        self.real = real
        self.store = InboundStore(real)

    @property
    def ledger(self) -> Any:
        return self.real

    def offer(self, run_id: int, cost: str = "12.50", hours: int = 48, generation: int = 1) -> None:
        """Amazon offers two placements: one shipment by UPS, and two that cost more."""
        expires = self.real.clock().now() + timedelta(hours=hours)
        options, shipments, transport = [], [], []
        for letter, warehouses in (("a", ["ONT8"]), ("b", ["ONT8", "FTW1"])):
            placement = f"pl-{letter}{generation}"
            ids = [f"sh-{letter}{generation}{number}" for number in range(len(warehouses))]
            options.append(PlacementOption(placement, "OFFERED", tuple(ids), expires_at=expires))
            for shipment_id, warehouse in zip(ids, warehouses, strict=True):
                shipments.append(
                    ShipmentRow(
                        shipment_id,
                        placement,
                        "UNCONFIRMED",
                        units={"NW-1": 40 // len(warehouses)},
                        warehouse_id=warehouse,
                    )
                )
                transport.append(
                    TransportationOption(
                        f"to-{shipment_id}", placement, shipment_id, "GROUND_SMALL_PARCEL",
                        "AMAZON_PARTNERED_CARRIER", "UPS", "UPSN", Decimal(cost), "USD", (), expires,
                    )
                )  # fmt: skip
        self.store.save_placements(run_id, generation, options, shipments)
        for option in options:
            chosen = [each for each in transport if each.placement_option_id == option.placement_option_id]
            self.store.save_transportation(run_id, option.placement_option_id, generation, chosen)

    def new_run(self, request: InboundRequest = REQUEST) -> int:
        run = self.store.start_run(
            request, marketplace_id="ATVPDKIKX0DER", dag_id="fba_inbound", run_id=f"manual__{uuid4()}"
        )
        self.store.set_ids(run.id, plan_id=f"wf{run.id}")
        self.offer(run.id)
        return run.id


@pytest.fixture
def runtime(ledger: Ledger, conninfo: str) -> Iterator[Runtime]:
    with use_runtime(Runtime(ledger)) as ours:
        assert isinstance(ours, Runtime)
        yield ours


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    fake = Airflow()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", fake, raising=False)
    return fake


@pytest.fixture
def context(bag: DagBag) -> Any:
    """Of one task instance of `approve`."""
    made = task_context(dag_id="fba_inbound", task_id="approve", map_index=-1)
    made["ti"].id = uuid4()
    made["dag"] = bag.dags["fba_inbound"]
    made["task"] = bag.dags["fba_inbound"].get_task("approve")
    return made


def approve(run_id: int, **more: str) -> ApproveOffersOperator:
    return ApproveOffersOperator(task_id="approve", inbound_run_id=run_id, **more)


def ask(run_id: int, context: Any) -> dict[str, Any]:
    """Returns what comes back with the answer."""
    with pytest.raises(TaskAwaitingInput) as waiting:
        approve(run_id).execute(context)
    assert waiting.value.method_name == "execute_complete"
    assert waiting.value.timeout == timedelta(hours=24)
    assert waiting.value.kwargs
    return dict(waiting.value.kwargs)


def answer(option: str, user: Any = ADA, note: str = "") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {"note": note} if note else {},
        "responded_at": datetime(2026, 11, 29, tzinfo=UTC),
        "responded_by_user": user,
        "timedout": False,
    }


def use_settings(monkeypatch: pytest.MonkeyPatch, settings: InboundSettings) -> None:
    monkeypatch.setattr("sellerops.inbound.settings.INBOUND", SimpleNamespace(load=lambda: settings))


TIMEOUT = {"error": "The response timeout has passed.", "error_type": "timeout"}


def test_the_question_shows_every_combination_with_its_numbers(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    ask(run_id, context)
    (question,) = airflow.questions.values()
    assert question.options == [BEST, "B1: 2 shipments, $25.00", "Reject"]
    assert [user.id for user in question.assigned_users or []] == ["admin"]
    body = question.body or ""
    for words in (
        "40 units of 1 SKU in 2 boxes, from *dallas* to US, ready on Tue 01 Dec 2026",
        "| ★ | **A1** | 1 | 1: ONT8 | UPS (Amazon's partner) | parcels | $0.00 | $12.50 | **$12.50** |",
        "| 2: FTW1, ONT8 |",
        "Recommended: **A1**",
        "Nothing is confirmed or charged",
    ):
        assert words in body, words
    assert runtime.store.run(run_id).state is RunState.AWAITING_APPROVAL
    assert runtime.store.newest_decision(run_id) is None
    (notice,) = sent.messages
    for words in ("Approval needed: Spring #", "A1: 1 shipment, $12.50", "ONT8", "admin", "within 24 hours"):
        assert words in notice.text, words
    assert "/tasks/approve/required_actions" in notice.text


def test_an_approval_is_recorded_with_what_was_shown(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    task = approve(run_id)
    assert "admin approved B1" in task.execute_complete(
        context, answer("B1: 2 shipments, $25.00", note="faster"), **kept
    )
    (decision,) = runtime.store.decisions(run_id)
    assert (decision.choice, decision.decided_by, decision.note) == (Choice.APPROVED, "admin", "faster")
    assert decision.placement_option_id == "pl-b1" and len(decision.transportation) == 2
    assert len(decision.offer["combinations"]) == 2
    assert runtime.store.run(run_id).state is RunState.CONFIRMING
    assert "admin approved B1: 2 shipments, $25.00 (faster)" in sent.messages[-1].text
    # Cleared or tried again, nobody is asked, and nothing is recorded twice.
    assert "admin approved" in approve(run_id).execute(context)
    assert len(runtime.store.decisions(run_id)) == 1


def test_options_that_expired_while_the_person_thought_are_still_approved(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    """They are generated again when they are confirmed, and asked about only if the numbers changed."""
    run_id = runtime.new_run()
    runtime.offer(run_id, hours=1)
    kept = ask(run_id, context)
    expired = datetime.fromisoformat(kept["read_at"]) - timedelta(hours=2)
    kept["read_at"] = expired.isoformat()
    approve(run_id).execute_complete(context, answer(BEST), **kept)
    assert runtime.store.run(run_id).state is RunState.CONFIRMING


@pytest.mark.parametrize(
    ("event", "choice", "by"),
    [(answer("Reject", note="too late"), Choice.REJECTED, "admin"), (TIMEOUT, Choice.TIMED_OUT, "nobody")],
    ids=["rejected", "timed out"],
)
def test_without_an_approval_everything_but_the_cancellation_is_skipped(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels,
    event: dict[str, Any], choice: Choice, by: str,
) -> None:  # fmt: skip
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        approve(run_id).execute_complete(context, event, **kept)
    assert "confirm_placement" in skipped.value.tasks and "send_tracking" in skipped.value.tasks
    assert "cancel_plan" not in skipped.value.tasks
    (decision,) = runtime.store.decisions(run_id)
    assert (decision.choice, decision.decided_by) == (choice, by)
    assert runtime.store.run(run_id).state is RunState.REJECTED


def test_the_answer_of_somebody_else_counts_for_nothing(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    for user in ({"id": "eve", "name": "eve"}, None):
        with pytest.raises(TaskAwaitingInput):
            approve(run_id).execute_complete(context, answer(BEST, user), **kept)
    assert runtime.store.decisions(run_id) == []
    assert not airflow.started, "the same question is open again"
    numbered = {"id": "admin", "name": "Ada Admin"}
    assert "Ada Admin approved" in approve(run_id).execute_complete(context, answer(BEST, numbered), **kept)


def test_nobody_answered_and_the_policy_asks_again_with_another_notice(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = INBOUND.load()
    approval = settings.approval.model_copy(update={"on_timeout": OnTimeout.ASK_AGAIN})
    use_settings(monkeypatch, settings.model_copy(update={"approval": approval}))
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    with pytest.raises(TaskAwaitingInput) as waiting:
        approve(run_id).execute_complete(context, TIMEOUT, **kept)
    assert waiting.value.kwargs == {**kept, "asked": 2}
    assert runtime.store.decisions(run_id) == []
    assert sum("Approval needed" in each.text for each in sent.messages) == 2


def test_below_the_limit_of_the_configuration_nobody_is_asked(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sellerops.inbound.setting_models import AutoApproval

    settings = INBOUND.load()
    limits = (AutoApproval(max_cost_per_unit=Decimal("0.32"), currency="USD"),)
    use_settings(monkeypatch, settings.model_copy(update={"auto_approve": limits}))
    run_id = runtime.new_run()
    assert "automatically" in approve(run_id).execute(context)
    (decision,) = runtime.store.decisions(run_id)
    assert (decision.choice, decision.decided_by) == (Choice.AUTO_APPROVED, "config/inbound.yaml")
    assert not airflow.questions
    runtime.offer(other := runtime.new_run(), cost="12.90")
    kept = ask(other, context)
    runtime.offer(other, cost="12.50")  # below the limit by now, but a person has answered
    with pytest.raises(DownstreamTasksSkipped):
        approve(other).execute_complete(context, answer("Reject"), **kept)
    assert runtime.store.decisions(other)[0].choice is Choice.REJECTED


def test_a_dry_run_shows_the_offer_in_the_log_and_asks_nobody(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run_id = runtime.new_run(replace(REQUEST, dry_run=True))
    with caplog.at_level("INFO"), pytest.raises(DownstreamTasksSkipped) as skipped:
        approve(run_id).execute(context)
    assert "cancel_plan" not in skipped.value.tasks
    assert "**$12.50**" in caplog.text
    assert not airflow.questions and not sent.messages
    assert runtime.store.decisions(run_id) == []
    assert runtime.store.run(run_id).state is RunState.DRY_RUN


def test_changed_numbers_are_asked_in_a_new_run_because_airflow_shows_the_old_text(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    runtime.offer(run_id, cost="14.00", generation=2)
    with pytest.raises(TaskDeferred) as deferred:
        approve(run_id).execute_complete(context, answer(BEST), **kept)
    assert runtime.store.decisions(run_id) == []
    ((new_run, conf),) = airflow.started.items()
    assert conf["inbound_run_id"] == run_id and "has changed since admin chose" in conf["reason"]
    trigger = deferred.value.trigger
    assert isinstance(trigger, DecisionTrigger)
    assert (trigger.inbound_run_id, trigger.after, deferred.value.method_name) == (run_id, 0, "decided")
    assert trigger.outdated == "", "the old question is answered"

    # In the new run the person sees the new numbers and why; then the first task goes on.
    there: Any = {
        **context,
        "run_id": new_run,
        "ti": SimpleNamespace(**{**vars(context["ti"]), "id": uuid4(), "dag_id": APPROVAL_DAG}),
    }
    there["task"] = bag.dags[APPROVAL_DAG].get_task("approve")
    task = approve(run_id, asked_about=conf["asked_about"], reason=conf["reason"], after=str(conf["after"]))
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute(there)
    question = airflow.questions[there["ti"].id]
    assert question.options[0] == "A1: 1 shipment, $14.00, recommended" and conf["reason"] in str(
        question.body
    )
    assert "approved A1" in task.execute_complete(
        there, answer(question.options[0]), **(waiting.value.kwargs or {})
    )
    (decision,) = runtime.store.decisions(run_id)
    assert "admin approved" in approve(run_id).decided(context, {"result": {"decision_id": decision.id}})


def test_a_confirmation_whose_numbers_no_longer_hold_asks_first_and_then_goes_on(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    approve(run_id).execute_complete(context, answer(BEST), **ask(run_id, context))
    runtime.offer(run_id, cost="14.00", generation=2)
    confirm = ConfirmStepOperator(task_id="confirm_placement", inbound_run_id=run_id)
    needed = {"result": {"state": "needs_approval", "summary": "The transport now costs $14.00."}}
    with pytest.raises(TaskDeferred) as deferred:
        confirm.resume(context, needed)
    assert isinstance(deferred.value.trigger, DecisionTrigger)
    (conf,) = airflow.started.values()
    assert conf["reason"] == "The transport now costs $14.00."
    with pytest.raises(TaskDeferred):
        confirm.resume(context, needed)
    assert len(airflow.started) == 1, "a task that was killed asks no second time"
    assert isinstance(again := deferred.value.trigger, DecisionTrigger)
    assert again.asked_in == [APPROVAL_DAG, *airflow.started]
    assert again.until and 24 * 3600 < again.until - time.time() < 27 * 3600

    asking = approve(run_id, asked_about=conf["asked_about"], after=str(conf["after"]))
    there: Any = {
        **context,
        "ti": SimpleNamespace(**{**vars(context["ti"]), "id": uuid4(), "dag_id": APPROVAL_DAG}),
    }
    with pytest.raises(TaskAwaitingInput) as waiting:
        asking.execute(there)
    asking.execute_complete(
        there, answer("A1: 1 shipment, $14.00, recommended"), **(waiting.value.kwargs or {})
    )
    decided = {"result": {"decision_id": runtime.store.decisions(run_id)[-1].id}}
    with pytest.raises(TaskDeferred) as went_on:
        confirm.decided(context, decided)
    assert isinstance(went_on.value.trigger, InboundStepTrigger)
    assert went_on.value.trigger.step == "confirm_placement"


def test_a_rejection_at_the_confirmation_skips_to_the_cancellation(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    from sellerops.inbound.approval import current_offer

    run_id = runtime.new_run()
    offer = current_offer(runtime.store, run_id, runtime.real.clock().now())
    decision = runtime.store.decide(run_id, Choice.REJECTED, offer=offer, decided_by="admin")
    context["task"] = bag.dags["fba_inbound"].get_task("confirm_placement")
    confirm = ConfirmStepOperator(task_id="confirm_placement", inbound_run_id=run_id)
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        confirm.decided(context, {"result": {"decision_id": decision.id}})
    assert "fetch_labels" in skipped.value.tasks and "cancel_plan" not in skipped.value.tasks


def test_offers_that_have_all_expired_are_generated_again_before_anybody_is_asked(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    runtime.offer(run_id, hours=-1)
    task = approve(run_id)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute(context)
    done = {"result": {"state": "done", "summary": ""}}
    first = deferred.value.kwargs or {}
    assert isinstance(deferred.value.trigger, InboundStepTrigger)
    assert deferred.value.trigger.step == "offer_placements"
    with pytest.raises(TaskDeferred) as deferred:
        task.offered_again(context, done, **first)
    assert isinstance(deferred.value.trigger, InboundStepTrigger)
    assert deferred.value.trigger.step == "offer_transportation"
    then = deferred.value.kwargs or {}
    with pytest.raises(GiveUpError, match="offers nothing"):
        task.offered_again(context, done, **then)
    runtime.offer(run_id, generation=2)
    with pytest.raises(TaskAwaitingInput):
        task.offered_again(context, done, **then)
    assert not airflow.started


def test_a_question_on_behalf_of_another_task_is_asked_even_if_the_old_approval_still_fits(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    """That task found that it no longer holds, and waits for a newer decision."""
    run_id = runtime.new_run()
    approve(run_id).execute_complete(context, answer(BEST), **ask(run_id, context))
    (old,) = runtime.store.decisions(run_id)
    there: Any = {**context, "ti": SimpleNamespace(**{**vars(context["ti"]), "id": uuid4()})}
    task = approve(run_id, asked_about="confirm_placement, after 1", after=str(old.id))
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute(there)
    task.execute_complete(there, answer(BEST), **(waiting.value.kwargs or {}))
    assert len(runtime.store.decisions(run_id)) == 2


def test_a_cleared_approval_of_confirmed_shipments_changes_nothing(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    approve(run_id).execute_complete(context, answer(BEST), **ask(run_id, context))
    runtime.store.set_state(run_id, RunState.CONFIRMED)
    runtime.offer(run_id, cost="99.00", generation=2)
    assert approve(run_id).execute(context) == "admin approved"
    assert runtime.store.run(run_id).state is RunState.CONFIRMED


def test_an_outdated_question_that_is_open_again_is_withdrawn_and_its_answer_counts_for_nothing(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    """Airflow opens the first question of a cleared task again."""
    run_id = runtime.new_run()
    ask(run_id, context)
    runtime.offer(run_id, cost="14.00", generation=2)
    with pytest.raises(TaskDeferred) as deferred:
        approve(run_id).execute(context)
    trigger = deferred.value.trigger
    assert isinstance(trigger, DecisionTrigger) and trigger.outdated == str(context["ti"].id)
    kept = deferred.value.kwargs or {}
    with pytest.raises(TaskDeferred) as again:
        approve(run_id).decided(context, answer(BEST), **kept)
    assert again.value.trigger.serialize()[1] == {**trigger.serialize()[1], "outdated": ""}
    assert again.value.kwargs == kept and kept["until"]
    assert runtime.store.decisions(run_id) == []


def test_a_person_who_has_answered_is_not_overruled_by_the_configuration(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither is an answer replaced, nor the choice of a person whose numbers have changed."""
    from sellerops.inbound.setting_models import AutoApproval

    rejected, chosen = runtime.new_run(), runtime.new_run()
    kept = ask(rejected, context)
    there: Any = {**context, "ti": SimpleNamespace(**{**vars(context["ti"]), "id": uuid4()})}
    approve(chosen).execute_complete(there, answer("B1: 2 shipments, $25.00"), **ask(chosen, there))
    settings = INBOUND.load()
    limits = (AutoApproval(max_cost_per_unit=Decimal(9), currency="USD"),)
    use_settings(monkeypatch, settings.model_copy(update={"auto_approve": limits}))
    with pytest.raises(DownstreamTasksSkipped):
        approve(rejected).execute_complete(context, answer("Reject"), **kept)
    assert [each.choice for each in runtime.store.decisions(rejected)] == [Choice.REJECTED]

    runtime.offer(chosen, cost="13.00", generation=2)
    (old,) = runtime.store.decisions(chosen)
    there["ti"] = SimpleNamespace(**{**vars(context["ti"]), "id": uuid4()})
    with pytest.raises(TaskAwaitingInput):
        approve(chosen, asked_about="confirm_placement", after=str(old.id)).execute(there)
    assert len(runtime.store.decisions(chosen)) == 1


def test_other_carriers_than_were_asked_for_need_a_person(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sellerops.inbound.setting_models import AutoApproval

    settings = INBOUND.load()
    limits = (AutoApproval(max_cost_per_unit=Decimal(9), currency="USD"),)
    use_settings(monkeypatch, settings.model_copy(update={"auto_approve": limits}))
    ask(runtime.new_run(replace(REQUEST, carrier=Carrier.OWN)), context)


def test_an_option_with_the_same_words_but_another_warehouse_was_not_shown(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    (moved, *others) = runtime.store.placements(run_id)
    shipments = [replace(each, warehouse_id="MDW2") for each in runtime.store.shipments(run_id)]
    ways = runtime.store.transportation(run_id)
    runtime.store.save_placements(run_id, 2, [moved, *others], shipments)
    for option in (moved, *others):
        mine = [each for each in ways if each.placement_option_id == option.placement_option_id]
        runtime.store.save_transportation(run_id, option.placement_option_id, 2, mine)
    with pytest.raises(TaskDeferred):
        approve(run_id).execute_complete(context, answer(BEST), **kept)
    assert runtime.store.decisions(run_id) == []


def test_a_cancellation_that_is_asked_for_leaves_the_approval_alone(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    """Amazon may refuse it; the run then goes on as it was approved."""
    run_id = runtime.new_run()
    approve(run_id).execute_complete(context, answer(BEST), **ask(run_id, context))
    cancel = CancelRunOperator(task_id="cancel", inbound_run_id=run_id)
    context["dag_run"].triggering_user_name = "admin"
    with pytest.raises(TaskDeferred):
        cancel.execute(context)
    assert [each.choice for each in runtime.store.decisions(run_id)] == [Choice.APPROVED, Choice.REJECTED]
    newest = runtime.store.newest_decision(run_id)
    assert newest and newest.choice is Choice.APPROVED
    assert runtime.store.run(run_id).state is RunState.CONFIRMING


def test_a_shipment_that_was_triggered_twice_is_named_to_the_approver(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    first, second = runtime.new_run(), runtime.new_run()
    there: Any = {**context, "ti": SimpleNamespace(**{**vars(context["ti"]), "id": uuid4()})}
    ask(first, context)
    ask(second, there)
    bodies = [str(each.body) for each in airflow.questions.values()]
    assert [f"Inbound run {first} has the same name" in body for body in bodies] == [False, True]


def test_who_asks_again_after_the_asking_run_has_ended_asks_in_another_one(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    """It failed or was deleted, so nobody could answer; clearing the task that waited helps."""
    run_id = runtime.new_run()
    approve(run_id).execute_complete(context, answer(BEST), **ask(run_id, context))
    confirm = ConfirmStepOperator(task_id="confirm_placement", inbound_run_id=run_id)
    needed = {"result": {"state": "needs_approval", "summary": "The transport now costs $14.00."}}
    for number in (1, 2, 2):
        with pytest.raises(TaskDeferred) as deferred:
            confirm.resume(context, needed)
        assert isinstance(deferred.value.trigger, DecisionTrigger)
        assert len(airflow.started) == number
        assert deferred.value.trigger.asked_in == [APPROVAL_DAG, list(airflow.started)[-1]]
        airflow.ended = set(list(airflow.started)[:1])


def test_a_question_that_is_repeated_is_waited_for_as_long_as_its_run_goes_on(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = INBOUND.load()
    approval = settings.approval.model_copy(update={"on_timeout": OnTimeout.ASK_AGAIN})
    use_settings(monkeypatch, settings.model_copy(update={"approval": approval}))
    confirm = ConfirmStepOperator(task_id="confirm_placement", inbound_run_id=runtime.new_run())
    with pytest.raises(TaskDeferred) as deferred:
        confirm.resume(context, {"result": {"state": "needs_approval", "summary": "Other numbers."}})
    assert isinstance(deferred.value.trigger, DecisionTrigger)
    assert deferred.value.trigger.until is None


def test_an_approver_sees_by_when_a_delivery_window_will_end(
    runtime: Runtime, airflow: Airflow, bag: DagBag, context: Any, sent: Channels
) -> None:
    run_id = runtime.new_run()
    ways = [
        replace(each, preconditions=("CONFIRMED_DELIVERY_WINDOW",))
        for each in runtime.store.transportation(run_id)
    ]
    for placement in runtime.store.placements(run_id):
        mine = [each for each in ways if each.placement_option_id == placement.placement_option_id]
        runtime.store.save_transportation(run_id, placement.placement_option_id, 1, mine)
    ask(run_id, context)
    (question,) = airflow.questions.values()
    assert "window, chosen later" in str(question.body)
    assert "ending at the latest on Thu 31 Dec 2026, and none that Amazon marks as congested" in str(
        question.body
    )


@pytest.mark.parametrize("is_recorded", [False, True], ids=["before the record", "after the record"])
def test_the_next_try_of_a_killed_worker_goes_on(
    runtime: Runtime,
    airflow: Airflow,
    bag: DagBag,
    context: Any,
    sent: Channels,
    conninfo: str,
    is_recorded: bool,
) -> None:
    run_id = runtime.new_run()
    kept = ask(run_id, context)
    ended = answer_in_dying_worker(conninfo, run_id, answer(BEST), kept, is_recorded=is_recorded)
    assert ended == -signal.SIGKILL
    assert len(runtime.store.decisions(run_id)) == int(is_recorded)
    # Airflow begins the next try anew, and takes the question along.
    if is_recorded:
        assert "admin approved" in approve(run_id).execute(context)
    else:
        approve(run_id).execute_complete(context, answer(BEST), **ask(run_id, context))
    (decision,) = runtime.store.decisions(run_id)
    assert (decision.choice, decision.decided_by) == (Choice.APPROVED, "admin")
    assert not airflow.started, "nobody is asked elsewhere"
