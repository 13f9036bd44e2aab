"""BigQuery through the connection ``sellerops_bigquery``: the address of its tables, and its test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError
from sellerops_airflow.hooks.destinations import destination_connection

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

    from sellerops.destinations.bigquery.address import BigQueryAddress

BIGQUERY_CONN_ID = "sellerops_bigquery"
# The libraries that a load imports through this module, for import before a process is forked.
LIBRARIES = ("airflow.providers.google.cloud.hooks.bigquery",)
_TEST_SECONDS = 15


def address(conn_id: str = BIGQUERY_CONN_ID) -> BigQueryAddress:
    """Project, location, prefix and labels of the connection; the client comes from the provider's hook.

    Raises ConfigurationError when the connection or its project is missing, or its labels are not a mapping.
    """
    from sellerops.destinations.bigquery.address import BigQueryAddress

    extra = destination_connection(conn_id, "Google Cloud").extra_dejson
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


def test_connection(conn_id: str) -> tuple[bool, str]:
    """List one dataset. Raises what Google's client raises, or ConfigurationError as ``address`` does."""
    found = address(conn_id)
    list(found.client().list_datasets(max_results=1, timeout=_TEST_SECONDS))
    return True, f"Listed the datasets of BigQuery project {found.project}."


def _client(conn_id: str, project: str, location: str) -> Client:
    from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

    hook = BigQueryHook(gcp_conn_id=conn_id, use_legacy_sql=False, location=location)
    # The hook's other methods build clients that ignore BIGQUERY_EMULATOR_HOST.
    return hook.get_client(project_id=project, location=location)


def _labels(given: Any, conn_id: str) -> dict[str, str]:
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise ConfigurationError(
            f"`labels` is not a mapping: {given!r}.",
            where=f"connection {conn_id}",
            remedy='Write it as {"team": "sales"} in its extra, then clear the task.',
        )
    return {str(key): str(value) for key, value in given.items()}
