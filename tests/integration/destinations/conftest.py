from __future__ import annotations

import pytest
from integration.destinations.stores import STORES, Store
from support.bigquery import bigquery, bigquery_server  # noqa: F401 - fixtures
from support.postgres import conninfo, ledger, postgres_server  # noqa: F401 - fixtures


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest) -> Store:
    """Every destination in turn, empty, with a migrated ledger."""
    needs = {"postgres": ["conninfo"], "bigquery": ["conninfo", "bigquery"]}[request.param]
    return STORES[request.param](*(request.getfixturevalue(name) for name in needs))
