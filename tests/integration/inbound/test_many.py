"""Fifty plans at once: every operation stays within its quota, and all of them end."""

from __future__ import annotations

from integration.inbound.walks import Harbour, assert_no_typed_failure, go, one_box

from sellerops.inbound.store import RunState

PLANS = 50


def test_fifty_plans_at_once_stay_within_every_quota(harbour: Harbour) -> None:
    walks = go(*(harbour.walk(one_box()) for _ in range(PLANS)))
    for walk in walks:
        assert_no_typed_failure(walk)
    assert {walk.run.state for walk in walks} == {RunState.CONFIRMED}
    assert len({walk.run.plan_id for walk in walks}) == PLANS
    assert harbour.refusals() == 0
    assert sum(walk.retries for walk in walks) == 0
    for operation in ("createInboundPlan", "confirmPlacementOption", "confirmTransportationOptions"):
        assert harbour.effects(operation) == PLANS
