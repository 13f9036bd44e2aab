from __future__ import annotations

import pytest
from support.catalogue import simulation

from amazon_sandbox.simulation import Simulation


@pytest.fixture(scope="session")
def world() -> Simulation:
    """Every seller; shared, since a simulation is only read."""
    return simulation("world")
