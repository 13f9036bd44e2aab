"""``/health`` and ``/ready`` as an orchestrator and a monitor ask them; the warehouse may be dead."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from airflow.jobs.job import Job
from airflow.utils.session import create_session
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.middleware import Middleware
from support.hub import Hub, HubServer
from support.postgres import PostgresServer

from sellerops.settings.accounts import load_accounts
from sellerops_airflow.doctor.middleware import ProbeMiddleware

COMPONENTS = {"SchedulerJob": "scheduler", "TriggererJob": "triggerer", "DagProcessorJob": "dag-processor"}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database(now=None) as hub:
        yield hub


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient]:
    """An API server whose components are alive, and whose accounts' tokens work."""
    _beat(timedelta(0))
    hub.rows("DELETE FROM sellerops.connection_test")
    for account in load_accounts().values():
        for source in account.api_sources:
            name = account.connection_of(source)
            hub.add_to(
                "sellerops.connection_test", {"connection": name, "state": "ok", "message": "", "run_id": "x"}
            )
    # A new app asks anew: answers are kept for seconds.
    app = FastAPI(middleware=[Middleware(ProbeMiddleware)])

    @app.get("/health")
    def airflows_own() -> dict[str, str]:
        return {"error": "Moved"}

    hub.app = app
    with hub.client(None) as client:
        yield client


def _beat(age: timedelta, *dead: str) -> None:
    """Heartbeats of Airflow's components, now; those of ``dead`` are ``age`` old."""
    with create_session() as session:
        session.query(Job).delete()
        for job_type in COMPONENTS:
            beat = datetime.now(UTC) - (age if job_type in dead else timedelta(0))
            session.add(Job(job_type=job_type, state="running", latest_heartbeat=beat))


def _states(answer: Any) -> dict[str, str]:
    return {each["check"]: each["state"] for each in answer.json()["checks"]}


def test_a_sound_installation_is_ready(client: TestClient) -> None:
    found = client.get("/ready")
    assert found.status_code == 200, found.text
    states = _states(found)
    assert {"databases", "migrations", "tokens", "reports", "airflow"} <= set(states)
    assert client.get("/health").json() == {"state": "ok"}
    assert client.head("/ready").status_code == 200


def test_airflow_may_be_served_below_a_prefix(hub: Hub) -> None:
    app = FastAPI(root_path="/airflow", middleware=[Middleware(ProbeMiddleware)])
    with TestClient(app) as client:
        assert client.get("/airflow/health").json() == {"state": "ok"}
        assert client.get("/airflow/ready").json()["checks"]
        assert client.get("/airflow/elsewhere").status_code == 404


def test_strangers_learn_names_and_states_and_users_the_rest(hub: Hub, client: TestClient) -> None:
    for check in client.get("/ready").json()["checks"]:
        assert set(check) == {"check", "state"}
    assert client.get("/ready/details").status_code == 401
    found = hub.client("VIEWER", "partner").get("/ready/details")
    assert found.status_code == 200
    assert "The triggerer is alive." in [each["what"] for each in found.json()["checks"]]


@pytest.mark.parametrize("dead", COMPONENTS)
def test_a_silent_component_is_not_ready(hub: Hub, client: TestClient, dead: str) -> None:
    _beat(timedelta(minutes=10), dead)
    found = client.get("/ready")
    assert (found.status_code, _states(found)["airflow"]) == (503, "failed")
    (told,) = [each for each in hub.client("ADMIN").get("/ready/details").json()["checks"]
               if each["state"] == "failed"]  # fmt: skip
    assert told["what"].startswith(f"The {COMPONENTS[dead]} has sent no heartbeat since ")
    assert told["remedy"]


def test_a_refused_token_is_not_ready(hub: Hub, client: TestClient) -> None:
    hub.rows(
        "UPDATE sellerops.connection_test SET state = 'failed' WHERE connection = 'amazon_sp_northwind_na'"
    )
    found = client.get("/ready")
    assert (found.status_code, _states(found)["tokens"]) == (503, "failed")


def test_a_late_report_warns(hub: Hub, client: TestClient) -> None:
    hub.add_to(
        "sellerops.warning",
        {"fault_key": "late|x", "kind": "late", "report": "sales_daily", "account_id": "northwind_na",
         "slices": '[["ATVPDKIKX0DER", "2026-11-20"]]', "since": datetime.now(UTC)},
    )  # fmt: skip
    try:
        found = client.get("/ready")
        assert (found.status_code, _states(found)["reports"]) == (200, "warning")
        assert found.json()["state"] == "warning"
    finally:
        hub.rows("DELETE FROM sellerops.warning")


def test_a_dead_warehouse_is_told_within_seconds_and_blocks_nothing(
    client: TestClient, postgres_server: PostgresServer
) -> None:
    """Postgres accepts connections and says nothing: the worst kind of dead."""
    main = psutil.Process(postgres_server.pid)
    stopped = [main, *main.children(recursive=True)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        found = client.get("/ready")
        assert found.status_code == 503
        states = _states(found)
        assert (states["databases"], states["migrations"]) == ("failed", "failed")
        assert states["airflow"] == "ok"
        assert client.get("/health").status_code == 200
    finally:
        for process in stopped:
            process.send_signal(signal.SIGCONT)
