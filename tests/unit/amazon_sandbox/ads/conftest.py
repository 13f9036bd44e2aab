"""A profile's calls of the Ads API, in this process, with a clock that only the test moves."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from support import catalogue
from support.ads_api import AdsApi
from support.sandbox_app import NOW, epoch

from amazon_sandbox.app import FAMILIES
from amazon_sandbox.core.clock import VirtualClock
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.simulation import Simulation


@pytest.fixture(scope="package")
def simulation() -> Simulation:
    """One simulation for all: it keeps the days it has generated."""
    return catalogue.simulation()


@pytest.fixture
def sandbox(simulation: Simulation) -> Sandbox:
    """A sandbox whose clock is frozen at NOW until a test moves it."""
    clock = VirtualClock(start=epoch(NOW), real=lambda: 1_000_000.0)
    return Sandbox(
        lambda: simulation, FAMILIES, clock=clock, public_url="http://testserver", render_in_process=True
    )


@pytest.fixture
def us(http: TestClient, sandbox: Sandbox) -> AdsApi:
    """The seller's profile in the United States, logged in."""
    return AdsApi(http, sandbox, "northwind_na").login()
