from __future__ import annotations

import pytest
from support import catalogue

from amazon_sandbox.simulation import Simulation


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    """Every seller; shared, since a simulation is only read."""
    return catalogue.simulation("world")
