"""Destinations for the command line, configured by the environment, else by Airflow's connections."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError
from sellerops.cli.airflow import airflow_connection, known_connection

if TYPE_CHECKING:
    from sellerops.destinations import Destination
    from sellerops.destinations.bigquery.address import BigQueryAddress

_BIGQUERY = "SELLEROPS_BIGQUERY_"


def destination_of(name: str, warehouse: str) -> Destination:
    """Open a destination, with its ledger at ``warehouse``. Raises ConfigurationError with what to set."""
    from sellerops.destinations import open_destination

    return open_destination(name, _address(name, warehouse), ledger=warehouse)


def _address(name: str, warehouse: str) -> Any:
    if name == "postgres":
        return warehouse
    if name == "bigquery":
        return bigquery_address()
    from sellerops.destinations.base import ConnectionValues

    found = airflow_connection(f"sellerops_{name}")
    return ConnectionValues(
        host=found.host,
        login=found.login,
        password=found.password,
        schema=found.schema,
        port=int(found.port) if found.port else None,
        extra=dict(found.extra),
    )


def bigquery_address() -> BigQueryAddress:
    """``$SELLEROPS_BIGQUERY_PROJECT``, ``_LOCATION``, ``_DATASET_PREFIX``, else Airflow's connection there.

    The client logs in as Google's libraries do (``GOOGLE_APPLICATION_CREDENTIALS``, ``gcloud auth``); with
    ``BIGQUERY_EMULATOR_HOST`` it does not log in.
    """
    from sellerops.destinations.bigquery.address import BigQueryAddress

    own = {
        key: os.environ.get(f"{_BIGQUERY}{key.upper()}", "")
        for key in ("project", "location", "dataset_prefix")
    }
    if not own["project"]:
        connection = known_connection("sellerops_bigquery")
        own = {key: str(connection.extra.get(key) or "") for key in own} if connection else own
    if not own["project"]:
        raise ConfigurationError(
            "the BigQuery project is unknown.",
            remedy=f"Set {_BIGQUERY}PROJECT, _LOCATION, _DATASET_PREFIX as in connection sellerops_bigquery.",
        )
    project, location = own["project"], own["location"] or BigQueryAddress.location
    return BigQueryAddress(
        client=lambda: _client(project, location),
        project=project,
        dataset_prefix=own["dataset_prefix"],
        location=location,
    )


def _client(project: str, location: str) -> Any:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.bigquery import Client

    local = os.environ.get("BIGQUERY_EMULATOR_HOST")
    credentials = AnonymousCredentials() if local else None  # type: ignore[no-untyped-call]
    return Client(project=project, location=location, credentials=credentials)
