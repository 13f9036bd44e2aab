from __future__ import annotations

import pytest
from integration.destinations.stores import STORES, Store
from support.bigquery import bigquery, bigquery_server  # noqa: F401 - fixtures
from support.postgres import conninfo, ledger, postgres_server  # noqa: F401 - fixtures

from sellerops.destinations import DESTINATIONS

NEEDS = {
    "postgres": ("conninfo",),
    "bigquery": ("conninfo", "bigquery"),
    "json_lines": ("conninfo", "tmp_path"),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A module names in ``ONLY`` the destinations it is for; else every one has its turn."""
    left_out = []
    for item in items:
        only = getattr(getattr(item, "module", None), "ONLY", None)
        params = getattr(getattr(item, "callspec", None), "params", {})
        if only and params.get("store", only[0]) not in only:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """One destination, empty, with a migrated ledger."""
    name: str = request.param
    # All that the throw-away destination needs outside its own module.
    monkeypatch.setitem(
        DESTINATIONS, "json_lines", "integration.destinations.json_lines:JsonLinesDestination"
    )
    return STORES[name](*(request.getfixturevalue(need) for need in NEEDS[name]))
