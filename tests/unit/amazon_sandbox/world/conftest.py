from __future__ import annotations

import pytest

from amazon_sandbox.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """Every seller there is; shared, since a world is only ever read."""
    return World(seed=7, scenario="world")
