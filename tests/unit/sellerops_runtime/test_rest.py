"""Calls to a starting, restarting or busy Airflow are retried until it answers, and take effect once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fake_time import FakeTime
from support.moody_airflow import Mood, MoodyAirflow, moody_airflow

from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.errors import StartError
from sellerops_runtime.polling import Poller
from sellerops_runtime.rest import AirflowApi

DAG = "report__amazon_sp__all_orders"
Start = Callable[..., tuple[MoodyAirflow, AirflowApi]]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def start(time: FakeTime) -> Iterator[Start]:
    """An unreliable Airflow and a client for it."""
    opened: list[Any] = []

    def begin(*moods: Mood, timeout: float = 30.0, **poller: Any) -> tuple[MoodyAirflow, AirflowApi]:
        around = moody_airflow(*moods)
        opened.append(around)
        airflow = around.__enter__()
        patient = Poller(60.0, clock=time.now, sleep=time.sleep, **poller)
        api = AirflowApi(airflow.url, "admin", "admin", timeout=timeout, poller=patient)
        opened.append(api)
        return airflow, api

    yield begin
    for each in reversed(opened):
        each.__exit__(None, None, None)


@pytest.mark.parametrize("mood", [500, 502, 503, 504, "cut"])
@pytest.mark.parametrize("well_before", [0, 1], ids=["at the login", "after it"])
def test_a_call_is_made_again_until_airflow_answers(
    start: Start, time: FakeTime, mood: Mood, well_before: int
) -> None:
    shown: list[str] = []
    airflow, api = start(*["well"] * well_before, mood, mood, mood, show=shown.append)
    assert api.dags() == {}
    assert len(airflow.calls) == 5
    assert len(shown) == 3 and all("retrying" in each for each in shown)
    assert time.slept == [0.5, 1.0, 2.0]


def test_a_slow_answer_is_not_waited_for_longer_than_its_time(start: Start) -> None:
    airflow, api = start("well", "silent", timeout=0.2)
    assert api.dags() == {}
    assert airflow.calls == ["POST /auth/token", "GET /dags", "GET /dags"]


def test_nobody_listens_until_airflow_is_back(start: Start, time: FakeTime) -> None:
    """As between one api-server's end and the next one's start."""
    airflow, _ = start()
    url, airflow_url = airflow.url, "http://127.0.0.1:9"  # the discard port: refused
    back = Poller(60.0, clock=time.now, sleep=time.sleep)
    with AirflowApi(airflow_url, "admin", "admin", poller=back) as api:
        time.after(3, lambda: setattr(api._http, "base_url", url))
        assert api.dags() == {}
    assert len(time.slept) == 3


@pytest.mark.parametrize("mood", [500, "lost"])
def test_a_run_whose_answer_was_lost_is_not_triggered_twice(start: Start, mood: Mood) -> None:
    airflow, api = start("well", mood)
    assert api.trigger(DAG, {"from_day": "2026-11-20"}, "demo__1") == "demo__1"
    assert list(airflow.runs) == ["demo__1"]
    assert airflow.refused == (["demo__1"] if mood == "lost" else [])


def test_a_run_without_a_given_id_is_not_triggered_twice_either(start: Start) -> None:
    airflow, api = start("well", "lost", "lost")
    assert [api.trigger(DAG)] == list(airflow.runs)


def test_an_api_server_that_stays_broken_is_reported_with_its_answer(start: Start, time: FakeTime) -> None:
    _, api = start(*[500] * 50)
    with pytest.raises(StartError, match=r"Airflow answered 500 to GET /dags: .*The server is not ready"):
        api.dags()
    assert 50 < time.now() < 70


def test_an_api_server_that_stays_away_is_reported_with_the_log_to_read(start: Start) -> None:
    _, api = start(*["cut"] * 50)
    with pytest.raises(StartError, match=r"did not answer GET /dags for 60 s.*airflow-api-server\.log"):
        api.dags()


def test_what_airflow_refuses_is_not_asked_again(start: Start, time: FakeTime) -> None:
    airflow, api = start()
    with pytest.raises(StartError, match=r"Airflow answered 404 to GET .*DAGRun not found"):
        api.run(DAG, "none")
    assert len(airflow.calls) == 2
    assert time.slept == []


def test_a_new_api_server_is_logged_in_to_again(start: Start) -> None:
    airflow, api = start()
    api.dags()
    airflow.token = "second"
    assert api.dags() == {}
    assert airflow.calls.count("POST /auth/token") == 2


def test_going_on_is_of_no_use_when_a_part_has_ended(start: Start) -> None:
    def check_alive() -> None:
        raise StartError("airflow-api-server ended with code 1.")

    airflow, api = start(watch=check_alive)
    with pytest.raises(StartError, match="ended with code 1"):
        api.dags()
    assert airflow.calls == []


def test_the_demo_passes_its_poller_on(tmp_path: Path) -> None:
    """Where the demo waits for Airflow, calls end by the demo's rules, not by the default."""
    stack = AirflowStack(tmp_path / "airflow", "postgresql://", tmp_path / "run", tmp_path / "logs")
    mine = Poller(1.0)
    with stack.api(mine) as api:
        assert api._poller is mine
    with stack.api() as api:
        assert api._poller is not mine
