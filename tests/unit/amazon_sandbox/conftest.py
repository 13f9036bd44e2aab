"""The app in this process, over the real simulation, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.catalogue import simulation
from support.sandbox_app import NOW, Api, epoch

from amazon_sandbox.app import FAMILIES, create_app
from amazon_sandbox.core.clock import VirtualClock
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.reports import processing
from amazon_sandbox.simulation import Simulation


@pytest.fixture
def demo() -> Simulation:
    """What the sandbox simulates. A test that counts the days which are made has one of its own."""
    return simulation()


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, demo: Simulation) -> Sandbox:
    """A sandbox whose clock is frozen at NOW until a test moves it, and that waits for its documents."""
    monkeypatch.setattr(processing, "WAIT_FOR_DOCUMENT", 240.0)
    clock = VirtualClock(start=epoch(NOW), real=lambda: 1_000_000.0)
    return Sandbox(
        lambda: demo, FAMILIES, clock=clock, public_url="http://testserver", render_in_process=True
    )


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[TestClient]:
    """A client of the app, without any login."""
    with TestClient(create_app(sandbox)) as client:
        yield client


@pytest.fixture
def na(http: TestClient, sandbox: Sandbox) -> Api:
    """The seller in US, CA, MX, logged in."""
    return Api(http, sandbox, sandbox.simulation.seller("northwind_na")).login()


@pytest.fixture
def eu(http: TestClient, sandbox: Sandbox) -> Api:
    """The seller in GB, DE, FR, logged in."""
    return Api(http, sandbox, sandbox.simulation.seller("northwind_eu")).login()


@pytest.fixture
def control(http: TestClient) -> Any:
    """A control call: control("POST", "/faults", {...}) -> its JSON."""

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = http.request(method, f"/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    return call
