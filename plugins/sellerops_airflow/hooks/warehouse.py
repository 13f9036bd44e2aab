"""Reads the warehouse's Airflow connections as libpq connection strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from sellerops.base.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Connection

WAREHOUSE_CONN_ID = "sellerops_warehouse"
READER_CONN_ID = "sellerops_reader"


def warehouse_conninfo(conn_id: str = WAREHOUSE_CONN_ID) -> str:
    """The connection as a libpq string, with its password and the libpq keys of its extra.

    Raises ConfigurationError when the connection does not exist.
    """
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise ConfigurationError(
            "does not exist.",
            where=f"connection {conn_id}",
            remedy="Add it in Admin > Connections as Postgres (docs/first-account.md), then clear the task.",
        ) from error
    return _conninfo(connection)


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
