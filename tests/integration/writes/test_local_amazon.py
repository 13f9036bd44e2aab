"""The write path against the local Amazon: plans made by createInboundPlan, and found by their name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from integration.collect.killing import Killed, Step, Steps, apart, stepping
from integration.collect.parts import Bench
from support.sandbox import SandboxServer

from sellerops.base.errors import AnswerLost, RequestRefused
from sellerops.ledger import Ledger
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common import deadline
from sellerops.sources.common.sessions import close_sessions
from sellerops.writes import Write, Writer

PLANS = "/inbound/fba/2024-03-20/inboundPlans"
US = "ATVPDKIKX0DER"
ADDRESS = {
    "name": "Northwind Dock",
    "addressLine1": "1 Dock Street",
    "city": "Dallas",
    "stateOrProvinceCode": "TX",
    "countryCode": "US",
    "postalCode": "75201",
    "phoneNumber": "2145550100",
}
# In the sandbox's listings, and in need of no preparation.
ITEM = {"msku": "NW-MAT-955-BLK", "quantity": 3, "labelOwner": "SELLER", "prepOwner": "NONE"}
SPEED = 600
# Real seconds that a write may take here, where a local Amazon answers at once.
SHORTEST_SEND = 0.5


@pytest.fixture
def bench(sandbox: SandboxServer, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A fast clock, and quotas that are not what is tested here."""
    monkeypatch.setattr(deadline, "SHORTEST_SEND", SHORTEST_SEND)
    sandbox.clock(speed=SPEED)
    for operation in ("createInboundPlan", "listInboundPlans", "updateInboundPlanName"):
        sandbox.quotas(operation=operation, rate=10.0, burst=100)
    made = Bench(sandbox, ledger, tmp_path / "archive")
    made.follow_clock()
    return made


def test_killed_at_every_step_a_plan_is_made_once(bench: Bench) -> None:
    whole = run_through(bench, "whole", None).crossed
    struck = [
        at for number, at in enumerate(apart(whole)) if run_through(bench, f"killed {number}", at).struck
    ]
    assert len(struck) > 4
    calls = {step.name for step in whole if " call POST 2024-03-20" in step.name}
    assert len(calls) == 2
    assert calls <= {step.name for step in struck}


@pytest.mark.parametrize(
    ("fault", "is_found"),
    [("response_lost", True), ("error_after", True), ("drop", False), ("http_500", False)],
)
def test_a_lost_answer_makes_no_second_plan(bench: Bench, fault: str, is_found: bool) -> None:
    """Even if the list shows the plan late."""
    bench.sandbox.faults(fault, operation="createInboundPlan", times=1)
    bench.sandbox.faults("plan_listed_late", operation="createInboundPlan", times=1)
    with pytest.raises(AnswerLost):
        send(bench, create(bench, "spring"))
    answer = send(bench, create(bench, "spring"))
    assert plans(bench, "spring") == [answer["inboundPlanId"]]
    assert row(bench)["was_found"] is is_found
    assert row(bench)["sends"] == (1 if is_found else 2)


@pytest.mark.parametrize("fault", ["expired_token", "http_429"])
def test_a_refused_call_is_sent_again_at_once(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault, operation="createInboundPlan", times=1)
    answer = send(bench, create(bench, "spring"))
    assert plans(bench, "spring") == [answer["inboundPlanId"]]
    assert row(bench)["sends"] == 2
    assert row(bench)["status"] == 202


def test_a_refusal_says_what_amazon_says(bench: Bench) -> None:
    write = create(bench, "spring", prepOwner="SELLER")
    with pytest.raises(
        RequestRefused, match=r"does not require prepOwner .*Accepted values: \[NONE\]"
    ) as caught:
        send(bench, write)
    assert [error["code"] for error in caught.value.details["errors"]] == ["BadRequest"]
    assert row(bench)["state"] == "refused"
    assert "Accepted values: [NONE]" in row(bench)["error"]
    assert plans(bench, "spring") == []


def test_an_answer_without_a_body_is_an_answer(bench: Bench) -> None:
    plan_id = send(bench, create(bench, "spring"))["inboundPlanId"]
    rename = Write(
        key="inbound/1/updateInboundPlanName/1",
        operation="updateInboundPlanName",
        method="PUT",
        path=f"{PLANS}/{plan_id}/name",
        found_by="nothing to look for: the same name twice is the same",
        body={"name": "summer"},
    )
    assert send(bench, rename) == {} == send(bench, rename)
    assert plans(bench, "summer") == [plan_id]
    assert row(bench, rename.key)["status"] == 204
    assert len(bench.sandbox.calls(operation="updateInboundPlanName")) == 1


def run_through(bench: Bench, name: str, at: Step | None) -> Steps:
    """Processes, one after the other, of which one is killed at its step ``at``."""
    with stepping(at) as steps:
        for _ in range(4):
            try:
                answer = send(bench, create(bench, name))
            except Killed:
                continue
            break
        else:
            raise AssertionError("no answer")
    assert plans(bench, name) == [answer["inboundPlanId"]], f"killed at step {at}"
    return steps


def create(bench: Bench, name: str, **item: str) -> Write:
    async def look() -> Mapping[str, Any] | None:
        found = await list_plans(bench.client(), name)
        return {"inboundPlanId": found[0]} if found else None

    return Write(
        key=f"inbound/{name}/createInboundPlan/1",
        operation="createInboundPlan",
        method="POST",
        path=PLANS,
        found_by="the plan of this name in listInboundPlans",
        look=look,
        body={
            "name": name,
            "destinationMarketplaces": [US],
            "sourceAddress": ADDRESS,
            "items": [{**ITEM, **item}],
        },
    )


async def list_plans(client: SpApiClient, name: str) -> list[str]:
    """The ids of the newest plans with this name."""
    newest = {"sortBy": "CREATION_TIME", "sortOrder": "DESC", "pageSize": "30"}
    answer = await client.call("listInboundPlans", "GET", PLANS, query=newest)
    return [plan["inboundPlanId"] for plan in answer["inboundPlans"] if plan["name"] == name]


def send(bench: Bench, write: Write) -> Mapping[str, Any]:
    """As a new process would send it."""
    answer: Mapping[str, Any] = in_loop(Writer(bench.client(), bench.ledger).send(write))
    return answer


def plans(bench: Bench, name: str) -> list[str]:
    """All plans of this name, also those that no list shows yet."""
    bench.jump(hours=0.1)
    found: list[str] = in_loop(list_plans(bench.client(), name))
    return found


def in_loop(work: Any) -> Any:
    async def whole() -> Any:
        try:
            return await work
        finally:
            await close_sessions()

    return asyncio.run(whole())


def row(bench: Bench, key: str = "inbound/spring/createInboundPlan/1") -> dict[str, Any]:
    found = bench.ledger.database.run(
        lambda connection: connection.execute(
            "SELECT * FROM sellerops.write_call WHERE key = %s", (key,)
        ).fetchone()
    )
    assert found is not None
    return dict(found)
