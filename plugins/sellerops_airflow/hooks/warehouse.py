"""Reads the warehouse's Airflow connections through the Postgres provider's hook, as libpq strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException

from sellerops.base.errors import ConfigurationError
from sellerops_airflow.hooks.missing import missing_connection

if TYPE_CHECKING:
    from airflow.sdk import Connection

WAREHOUSE_CONN_ID = "sellerops_warehouse"
READER_CONN_ID = "sellerops_reader"
# Airflow's own database: optional, for its clean-up, its size and its backup.
METADATA_CONN_ID = "sellerops_metadata"


def warehouse_conninfo(conn_id: str = WAREHOUSE_CONN_ID) -> str:
    """The connection as a libpq string, with its password and the libpq keys of its extra.

    A string instead of the hook's ``get_conn``, because the ledger opens its connections itself: pooled, with
    timeouts and read-only where possible. Raises ConfigurationError when the connection does not exist.
    """
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    try:
        return _conninfo(PostgresHook(postgres_conn_id=conn_id).connection)
    except AirflowNotFoundException as error:
        missing = ConfigurationError(
            "does not exist.",
            where=f"connection {conn_id}",
            remedy="Add it in Admin > Connections as Postgres (docs/first-account.md), then clear the task.",
        )
        raise missing_connection(conn_id, missing) from error


def _conninfo(connection: Connection) -> str:
    from psycopg.conninfo import make_conninfo
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    extra = {key: value for key, value in connection.extra_dejson.items() if key in known}
    parts = {
        "host": connection.host,
        "port": connection.port,
        "dbname": connection.schema,
        "user": connection.login,
        "password": connection.password,
    }
    return make_conninfo(
        **{**extra, **{key: value for key, value in parts.items() if value not in (None, "")}}
    )
