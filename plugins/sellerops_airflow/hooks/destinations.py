"""Where a destination's tables are, as Airflow's connections say: the address ``open_destination`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from sellerops.base.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from sellerops.destinations.base import ConnectionValues
    from sellerops.destinations.bigquery.address import BigQueryAddress

BIGQUERY_CONN_ID = "sellerops_bigquery"


def address_of(name: str, warehouse: str) -> Any:
    """The address of the destination ``name``; ``warehouse``: libpq text of the ledger's database.

    Postgres: that database. BigQuery: connection ``sellerops_bigquery``. Any other: the plain values of the
    connection ``sellerops_<name>``. Raises ConfigurationError where there is no such connection.
    """
    if name == "postgres":
        return warehouse
    return bigquery_address() if name == "bigquery" else _values(_connection(f"sellerops_{name}", "Generic"))


def bigquery_address(conn_id: str = BIGQUERY_CONN_ID) -> BigQueryAddress:
    """Project, location, prefix and labels of the connection; the client comes from the provider's hook.

    Only ``get_client`` of the hook is used: its other ways build a client that knows no
    ``BIGQUERY_EMULATOR_HOST``. Raises ConfigurationError when the connection or its project is missing.
    """
    from sellerops.destinations.bigquery.address import BigQueryAddress

    extra = _connection(conn_id, "Google Cloud").extra_dejson
    project = str(extra.get("project") or "")
    if not project:
        raise ConfigurationError(
            "names no project.",
            where=f"connection {conn_id}",
            remedy='Set "project" in its extra (docs/destinations.md), then clear the task.',
        )
    location = str(extra.get("location") or "") or BigQueryAddress.location
    return BigQueryAddress(
        client=lambda: _client(conn_id, project, location),
        project=project,
        dataset_prefix=str(extra.get("dataset_prefix") or ""),
        location=location,
        labels=_labels(extra.get("labels"), conn_id),
    )


def _client(conn_id: str, project: str, location: str) -> Any:
    from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

    hook = BigQueryHook(gcp_conn_id=conn_id, use_legacy_sql=False, location=location)
    return hook.get_client(project_id=project, location=location)


def _labels(given: Any, conn_id: str) -> dict[str, str]:
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise ConfigurationError(
            f"`labels` is no mapping: {given!r}.",
            where=f"connection {conn_id}",
            remedy='Write it as {"team": "sales"} in its extra, then clear the task.',
        )
    return {str(key): str(value) for key, value in given.items()}


def _connection(conn_id: str, kind: str) -> Connection:
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise ConfigurationError(
            "does not exist.",
            where=f"connection {conn_id}",
            remedy=f"Add it in Admin > Connections as {kind} (docs/destinations.md), or take the destination "
            "out of the spec's `destinations`; then clear the load task.",
        ) from error


def _values(connection: Connection) -> ConnectionValues:
    from sellerops.destinations.base import ConnectionValues

    return ConnectionValues(
        host=connection.host or "",
        port=connection.port,
        login=connection.login or "",
        password=connection.password or "",
        schema=connection.schema or "",
        extra=connection.extra_dejson,
    )
