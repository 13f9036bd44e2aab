"""Whatever is killed, and whenever: the run goes on, with one plan that is confirmed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.inbound.killing import Killed, borders
from integration.inbound.test_faults import (
    GENERATIONS,
    SURVIVED,
    WRITES,
    assert_one_plan_confirmed_once,
    failed_plans,
)
from integration.inbound.walks import (
    Harbour,
    Walk,
    assert_no_typed_failure,
    go,
    recommended,
    request,
    with_carrier,
)
from support.postgres import PostgresServer

from sellerops.base.errors import ConfigurationError, GiveUpError, RetryableError
from sellerops.inbound.offers import OWN
from sellerops.inbound.store import RowState, RunState
from sellerops.inbound.workflow import STEPS, StepState, run_step


def test_killed_at_every_border_a_run_has_one_plan_and_confirms_once(harbour: Harbour) -> None:
    wanted = request()
    run = go(harbour.validate(wanted, harbour.services(wanted.account_id)))
    with borders() as found:
        for info in STEPS:
            found.step = info.name
            if info.name == "confirm_placement":
                harbour.decide(run.id, with_carrier(OWN))
            if info.name == "send_tracking":
                harbour.enter_tracking(run.id)
            outcome = None
            while outcome is None:
                try:
                    # A new process each time: other connections, no token, nothing remembered.
                    outcome = go(run_step(info.name, run.id, harbour.services(wanted.account_id)))
                except Killed:
                    continue
            assert outcome.state is not StepState.NEEDS_APPROVAL
    assert harbour.store.run(run.id).state is RunState.CONFIRMED
    assert_one_plan_confirmed_once(harbour, _walk(harbour, run.id))
    names = {border.partition(": ")[2] for border in found.struck}
    assert {f"{side} POST inbound/fba/inboundPlans" for side in ("before", "after")} <= names
    assert len(found.struck) > 120
    for operation in ("createInboundPlan", "confirmPlacementOption", "confirmTransportationOptions"):
        assert harbour.effects(operation) == 1, operation


def test_postgres_killed_around_every_write(harbour: Harbour, postgres_server: PostgresServer) -> None:
    """The triggerer keeps running; the database goes down and comes back between a call and its record."""

    def strike() -> None:
        postgres_server.kill()
        postgres_server.stop()
        postgres_server.start()

    def enter(step: str) -> None:
        found.step = step

    with borders(strike, only="after P") as found:
        walk = go(harbour.walk(request(), with_carrier(OWN), before=enter))
    assert_no_typed_failure(walk)
    assert len(found.struck) >= len(WRITES) - 1
    assert_one_plan_confirmed_once(harbour, walk)
    for operation in ("createInboundPlan", "confirmPlacementOption", "confirmTransportationOptions"):
        assert harbour.effects(operation) == 1, operation


_CALLS = [
    (kind, operation)
    for kind, (operations, _) in SURVIVED.items()
    if kind != "hang_after"  # each takes real seconds
    for operation in operations
]
_FAILURES = [
    *(("operation_failed for a reason", operation) for operation in WRITES),
    *(("operation_stuck", operation) for operation in WRITES),
    *(("prices_changed", operation) for operation in GENERATIONS[1:3]),
]
_FAULTS = st.lists(
    st.one_of(
        st.sampled_from([each for each in _CALLS if each[0] != "hang_after"]), st.sampled_from(_FAILURES)
    ),
    min_size=3,
    max_size=12,
)


@given(_FAULTS, st.booleans())
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_sequence_of_faults_ends_well_or_typed(
    harbour: Harbour, faults: list[tuple[str, str]], is_packed_later: bool
) -> None:
    harbour.sandbox.clear_faults()
    for kind, operation in faults:
        _set(harbour, kind, operation)
    # The clock has moved on since the example before.
    ready_at = harbour.ledger.clock().now() + timedelta(days=3)
    wanted = replace(request(), pack_later=is_packed_later, ready_at=ready_at)
    walk = go(harbour.walk(wanted, recommended))
    for _ in range(len(faults)):
        if walk.error is None:
            break
        # A person reads the failure and clears the task.
        assert isinstance(walk.error, GiveUpError | RetryableError | ConfigurationError)
        assert walk.error.cause and walk.error.remedy and walk.error.where
        walk = go(harbour.walk(wanted, recommended))
    harbour.sandbox.clear_faults()
    plans = harbour.plans(walk)
    assert len(plans) <= 1
    assert [plan["inboundPlanId"] for plan in plans] == [walk.run.plan_id][: len(plans)]
    if walk.error is None:
        assert_one_plan_confirmed_once(harbour, walk, given_up=len(failed_plans(harbour, walk)))
    else:
        assert walk.run.problem == walk.error.cause
        done = [row for row in harbour.store.steps(walk.run.id) if row.state is RowState.DONE]
        for name in ("confirm_placement", "confirm_transportation"):
            assert sum(row.step == name for row in done) <= 1


def _set(harbour: Harbour, kind: str, operation: str) -> None:
    options: dict[str, Any] = dict(SURVIVED[kind][1]) if kind in SURVIVED else {}
    if kind == "operation_failed for a reason":
        kind, options = "operation_failed", {"code": "FBA_INB_0999", "message": "ERROR: It weighs too much."}
    harbour.sandbox.faults(kind, operation=operation, times=1, options=options)


def _walk(harbour: Harbour, run_id: int) -> Walk:
    return Walk(harbour.store.run(run_id))
