"""Where a destination's tables are, by its Airflow connection: the address ``open_destination`` takes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from sellerops.base.errors import ConfigurationError
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops_airflow.hooks.missing import missing_connection

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from sellerops.destinations.base import ConnectionValues

# For destinations whose credentials are more than the plain values of their connection. Each module has
# `address(conn_id)`, `test_connection(conn_id)` and `LIBRARIES`: the heavy modules it imports on first use.
HOOKS = {"bigquery": "sellerops_airflow.hooks.bigquery"}


def address_of(name: str, warehouse: str) -> Any:
    """The address of the destination ``name``.

    :param warehouse: libpq connection string of the ledger's database: the address of ``postgres``.

    Other addresses come from the connection ``sellerops_<name>``: by the destination's own hook, else as its
    plain values. Raises ConfigurationError if the connection does not exist.
    """
    if name == "postgres":
        return warehouse
    conn_id = connection_id(name)
    if name in HOOKS:
        return import_module(HOOKS[name]).address(conn_id)
    return _values(destination_connection(conn_id, DESTINATIONS[name].connection_type))


def connection_id(name: str) -> str:
    """The id of the connection of the destination ``name``."""
    return f"sellerops_{name}"


def modules_of(name: str) -> list[str]:
    """The modules that a load into the destination ``name`` imports."""
    own = DESTINATIONS[name].class_path.partition(":")[0]
    return [own, *(import_module(HOOKS[name]).LIBRARIES if name in HOOKS else ())]


def destination_connection(conn_id: str, connection_type: str) -> Connection:
    """The connection. Raises ConfigurationError, naming ``connection_type`` to add, if it does not exist."""
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        missing = ConfigurationError(
            "does not exist.",
            where=f"connection {conn_id}",
            remedy=f"Add it in Admin > Connections as {connection_type} (docs/destinations.md), or take the "
            "destination out of the spec's `destinations`; then clear the load task.",
        )
        raise missing_connection(conn_id, missing) from error


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
