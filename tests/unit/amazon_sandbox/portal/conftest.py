from __future__ import annotations

import pytest

from amazon_sandbox.simulation import Simulation


@pytest.fixture(scope="session")
def world() -> Simulation:
    """Every seller; shared, since a simulation is only read."""
    return Simulation(seed=7, scenario="world")
