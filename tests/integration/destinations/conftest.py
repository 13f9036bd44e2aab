from __future__ import annotations

import pytest
from integration.destinations.stores import STORES, Store
from support.postgres import conninfo, ledger, postgres_server  # noqa: F401 - fixtures


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest) -> Store:
    """Every destination in turn, empty, with a migrated ledger."""
    address = {"postgres": "conninfo"}[request.param]
    return STORES[request.param](request.getfixturevalue(address))
