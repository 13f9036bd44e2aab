"""Opens destinations for the command line, with addresses from the environment, else from Airflow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sellerops.cli.airflow import Fields, airflow_connection, known_connection

if TYPE_CHECKING:
    from sellerops.destinations import Destination
    from sellerops.destinations.base import ConnectionValues


def destination_of(name: str, warehouse: str) -> Destination:
    """Open the destination ``name``; its ledger is at ``warehouse``.

    Raises ConfigurationError that names the connection or variable to set.
    """
    from sellerops.destinations import open_destination

    return open_destination(name, address_of(name, warehouse), ledger=warehouse)


def address_of(name: str, warehouse: str) -> Any:
    """The address of the destination ``name``. Raises ConfigurationError that names what to set."""
    from sellerops.destinations.registry import destination_class

    if name == "postgres":
        return warehouse
    conn_id = f"sellerops_{name}"
    find = getattr(destination_class(name), "address_from", None)
    if find is None:
        return _values(airflow_connection(conn_id))

    def connection() -> ConnectionValues | None:
        fields = known_connection(conn_id)
        return _values(fields) if fields else None

    return find(os.environ, connection)


def _values(fields: Fields) -> ConnectionValues:
    from sellerops.destinations.base import ConnectionValues

    return ConnectionValues(
        host=fields.host,
        login=fields.login,
        password=fields.password,
        schema=fields.schema,
        port=int(fields.port) if fields.port else None,
        extra=dict(fields.extra),
    )
