"""A destination's address comes from its connection; without one, its load task names the remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.base import ConnectionValues
from sellerops.settings.known_destinations import DESTINATIONS, KnownDestination
from sellerops_airflow.hooks.destinations import address_of

WAREHOUSE = "host=db dbname=warehouse"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known destination without a hook of its own."""
    monkeypatch.setitem(DESTINATIONS, "elsewhere", KnownDestination("elsewhere:Elsewhere"))


def connect(monkeypatch: pytest.MonkeyPatch, name: str, **fields: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


def test_postgres_is_the_warehouse() -> None:
    assert address_of("postgres", WAREHOUSE) == WAREHOUSE


@pytest.mark.parametrize("name", ["bigquery", "elsewhere"])
def test_a_missing_connection_is_named_with_the_remedy(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        address_of(name, WAREHOUSE)
    assert caught.value.where == f"connection sellerops_{name}"
    assert "Admin > Connections" in caught.value.remedy
    assert "clear the load task" in caught.value.remedy


def test_bigquery_takes_project_place_prefix_and_labels_from_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extra = {"project": "p", "location": "EU", "dataset_prefix": "dev_", "labels": {"team": "sales"}}
    connect(monkeypatch, "sellerops_bigquery", conn_type="google_cloud_platform", extra=extra)
    address = address_of("bigquery", WAREHOUSE)
    assert (address.project, address.location, address.dataset_prefix) == ("p", "EU", "dev_")
    assert address.labels == {"team": "sales"}


def test_the_client_is_the_providers_and_talks_to_a_local_bigquery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1")
    extra = {"project": "p", "is_anonymous": "true"}
    connect(monkeypatch, "sellerops_bigquery", conn_type="google_cloud_platform", extra=extra)
    address = address_of("bigquery", WAREHOUSE)
    client = address.client()
    assert (client.project, client.location) == ("p", "US")
    assert client._connection.API_BASE_URL == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("extra", "says"), [({}, "names no project"), ({"project": "p", "labels": "x"}, "is not a mapping")]
)
def test_a_connection_that_says_too_little_is_an_error(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], says: str
) -> None:
    connect(monkeypatch, "sellerops_bigquery", conn_type="google_cloud_platform", extra=extra)
    with pytest.raises(ConfigurationError, match=says):
        address_of("bigquery", WAREHOUSE)


def test_any_other_destination_gets_the_plain_values(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {
        "host": "h",
        "port": 9,
        "login": "me",
        "password": "secret-word",
        "schema": "s",
        "extra": {"a": 1},
    }
    connect(monkeypatch, "sellerops_elsewhere", conn_type="generic", **fields)
    address = address_of("elsewhere", WAREHOUSE)
    assert address == ConnectionValues("h", 9, "me", "secret-word", "s", {"a": 1})
    assert "secret-word" not in repr(address)
