"""Ships stock to FBA from a REST call to labels on disk, and a dry run, with a real Airflow.

Run the whole file: its tests look at the same runs, in this order. Other files go between them (conftest.py),
so that the waiting costs little time.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import httpx
import psycopg
import pytest
from support.system import PATIENT, System

from sellerops_runtime.errors import StartError
from sellerops_runtime.processes import wait_until
from sellerops_runtime.rest import AirflowApi

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

INBOUND, APPROVAL = "fba_inbound", "fba_inbound_approval"
OTHER_USER = "visitor"


class Shipments(NamedTuple):
    """The ids of three runs of ``fba_inbound``."""

    dry: str
    spring: str
    changed: str


@pytest.fixture(scope="session")
def shipments(system: System) -> Shipments:
    system.airflow.wait_for_dags(INBOUND, APPROVAL)
    confs = (_conf(system, "Dry run", dry_run=True), _conf(system, "Spring"), _conf(system, "Changed"))
    return Shipments(*(system.airflow.run(INBOUND, conf) for conf in confs))


def test_a_triggerer_is_killed_while_it_works_on_a_step(system: System, shipments: Shipments) -> None:
    """Another one adopts what is done at Amazon; the last of these tests sees that nothing was done twice."""
    wait_until(
        lambda: _state(system, shipments.spring, "create_plan") == "deferred", PATIENT, "the plan's creation"
    )
    system.airflow.crash(*system.airflow.stack.triggerers)
    assert not _decisions(system, shipments.spring)


def test_a_shipment_waits_for_a_named_person(system: System, shipments: Shipments) -> None:
    run_id = shipments.spring
    wait_until(lambda: _question(system, run_id), PATIENT, "the required action")
    question = _question(system, run_id)
    options = question["options"]
    assert options[-1] == "Reject" and "recommended" in options[0] and "$" in options[0], options
    assert "**total**" in question["body"] and "Nothing is confirmed or charged" in question["body"]
    assert [user["id"] for user in question["assigned_users"]] == ["admin"]
    assert _decisions(system, run_id) == [] and not _calls(system, "confirmPlacementOption")
    wait_until(lambda: _notices(system, "Approval needed: Spring"), PATIENT, "the notice of the question")

    with _signed_in(system, OTHER_USER) as other, pytest.raises(StartError) as refused:
        _answer(other, run_id, options[0])
    assert refused.value.details["status"] == 403
    assert _question(system, run_id), "the question is still open"
    _answer(system.airflow.api, run_id, options[0])

    _reject_changed_numbers(system, shipments.changed)


def test_approved_shipments_end_with_labels_on_disk(system: System, shipments: Shipments) -> None:
    run_id = shipments.spring
    run = system.airflow.api.wait_for_run(INBOUND, run_id, PATIENT)
    assert run["state"] == "success", _states(system, run_id)
    assert _decisions(system, run_id) == [("approved", "admin", "cheapest")]
    assert (
        len(_calls(system, "confirmPlacementOption"))
        == len(_calls(system, "confirmTransportationOptions"))
        == 1
    )
    labels = _labels(system, run_id)
    assert {kind for kind, *_ in labels} == {"box_labels", "item_labels"}
    assert all(Path(unquote(urlsplit(uri).path)).stat().st_size > 0 for _, uri in labels)
    wait_until(lambda: _notices(system, "admin approved"), PATIENT, "the notice of the decision")
    links = system.airflow.api.request("GET", f"{_path(run_id, 'fetch_labels')}/links")["extra_links"]
    assert links["Labels and shipment"].endswith("/tasks/fetch_labels/-1/shipment")

    # No run made a second plan; those of the dry run and of the rejected one were cancelled.
    for other_run, state in ((shipments.dry, "dry_run"), (shipments.changed, "cancelled")):
        assert system.airflow.api.wait_for_run(INBOUND, other_run, PATIENT)["state"] == "success"
        (plan,) = system.select(
            "SELECT plan_id, state FROM sellerops.inbound_run WHERE run_id = %s", other_run
        )
        assert plan[1] == state
        assert _plan_at_amazon(system, plan[0])["status"] == "VOIDED"
    assert _decisions(system, shipments.changed) == [("rejected", "admin", "too dear")]
    assert len(_calls(system, "createInboundPlan")) == 3
    assert len(_calls(system, "cancelInboundPlan")) == 2


def _reject_changed_numbers(system: System, run_id: str) -> None:
    """Numbers change while a question is open, and the task is cleared: it is asked in a run of its own."""
    wait_until(lambda: _question(system, run_id), PATIENT, "the question about the old numbers")
    before = _question(system, run_id)["options"]
    with psycopg.connect(system.warehouse) as connection:
        connection.execute(
            "UPDATE sellerops.inbound_transportation_option SET cost = cost + 1 WHERE inbound_run_id = "
            "(SELECT id FROM sellerops.inbound_run WHERE run_id = %s)",
            (run_id,),
        )
    system.airflow.api.clear(INBOUND, run_id, ["approve"])
    wait_until(lambda: _question(system, "~", APPROVAL), PATIENT, "the question about the new numbers")
    again = _question(system, "~", APPROVAL)
    assert again["options"][0] != before[0]
    assert not _question(system, run_id), "the old numbers can no longer be approved"
    _answer(system.airflow.api, again["task_instance"]["dag_run_id"], "Reject", APPROVAL, note="too dear")


def _conf(system: System, name: str, **more: Any) -> dict[str, Any]:
    now = datetime.fromisoformat(system.sandbox.clock()["now"])
    return {
        "account": "northwind_na",
        "marketplace": "US",
        "source_address": "dallas",
        "name": name,
        "ready": (now + timedelta(days=4)).date().isoformat(),
        "packing_list_file": "us_parcels.csv",
        "carrier": "partnered",
        **more,
    }


def _path(run_id: str, task_id: str = "approve") -> str:
    return f"/dags/{INBOUND}/dagRuns/{run_id}/taskInstances/{task_id}"


def _state(system: System, run_id: str, task_id: str) -> str | None:
    state: str | None = system.airflow.api.request("GET", _path(run_id, task_id))["state"]
    return state


def _states(system: System, run_id: str) -> dict[str, str]:
    return {each["task_id"]: each["state"] for each in system.airflow.api.task_instances(INBOUND, run_id)}


def _question(system: System, run_id: str, dag_id: str = INBOUND) -> dict[str, Any]:
    """The run's open question, once it has been open for a while: Airflow 3.3.2 fails a task that continues
    within about 3 s of waiting (apache/airflow #71580). Empty if there is none.
    """
    path = f"/dags/{dag_id}/dagRuns/{run_id}/hitlDetails"
    asked = system.airflow.api.request("GET", path, params={"response_received": False})["hitl_details"]
    waited = [
        each
        for each in asked
        if datetime.now(UTC) - datetime.fromisoformat(each["created_at"]) > timedelta(seconds=8)
    ]
    found: dict[str, Any] = waited[0] if waited else {}
    return found


def _answer(api: AirflowApi, run_id: str, option: str, dag_id: str = INBOUND, note: str = "cheapest") -> None:
    body = {"chosen_options": [option], "params_input": {"note": note}}
    path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails"
    api.request("PATCH", path, json=body)


def _signed_in(system: System, user: str) -> AirflowApi:
    """Another user of Airflow, whose password is written where the api-server reads it."""
    stack = system.airflow.stack
    passwords = stack.home / "passwords.json"
    passwords.write_text(json.dumps({**json.loads(passwords.read_text()), user: "let me in"}))
    return AirflowApi(stack.url, user, "let me in")


def _decisions(system: System, run_id: str) -> list[tuple[Any, ...]]:
    return system.select(
        "SELECT choice, decided_by, note FROM sellerops.inbound_decision AS decision"
        " JOIN sellerops.inbound_run AS run ON run.id = inbound_run_id"
        " WHERE run.run_id = %s ORDER BY decision.id",
        run_id,
    )


def _labels(system: System, run_id: str) -> list[tuple[Any, ...]]:
    return system.select(
        "SELECT kind, archive_uri FROM sellerops.inbound_document"
        " JOIN sellerops.inbound_run AS run ON run.id = inbound_run_id WHERE run.run_id = %s",
        run_id,
    )


def _calls(system: System, operation: str) -> list[dict[str, Any]]:
    return [each for each in system.sandbox.calls(operation=operation) if each["status"] == 202]


def _notices(system: System, text: str) -> list[dict[str, Any]]:
    return [message for message in system.sandbox.slack_messages() if text in str(message)]


def _plan_at_amazon(system: System, plan_id: str) -> dict[str, Any]:
    headers = {"x-amz-access-token": system.sandbox.access_token("northwind_na")}
    url = f"{system.sandbox.url}/inbound/fba/2024-03-20/inboundPlans/{plan_id}"
    found: dict[str, Any] = httpx.get(url, headers=headers).raise_for_status().json()
    return found
