"""Opens the ledger and the warehouse for the command line."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo
from psycopg.rows import tuple_row

from sellerops.base.errors import ConfigurationError
from sellerops.base.roles import COLLECTOR, READER
from sellerops.cli.airflow import Fields, known_connection
from sellerops.ledger import Ledger

_OWNER = "SELLEROPS_OWNER"
_OWN, _CONNECTION = "SELLEROPS_WAREHOUSE", "sellerops_warehouse"
_READER, _READER_CONNECTION = "SELLEROPS_READER", "sellerops_reader"


def open_ledger() -> Ledger:
    """Open the ledger at ``$SELLEROPS_WAREHOUSE`` (conninfo or URL), else at Airflow's connection.

    Raises ConfigurationError if neither is configured.
    """
    return Ledger(collector_conninfo(), pool_size=2, retry_seconds=5)


def open_ledger_as_owner() -> Ledger:
    """Open the ledger as its owner (``owner_conninfo``), as migrations and backups need it."""
    return Ledger(owner_conninfo(), pool_size=2, retry_seconds=5)


def collector_conninfo() -> str:
    """Conninfo of the role that tasks use: ``$SELLEROPS_WAREHOUSE``, else Airflow's connection."""
    return _address(_OWN, _CONNECTION, COLLECTOR)


def owner_conninfo() -> str:
    """Conninfo of the role that owns the warehouse, for migration, backup and restore: ``$SELLEROPS_OWNER``.

    No Airflow connection has it. Without the variable, this is ``collector_conninfo``, which is enough if one
    role does everything.
    """
    own = os.environ.get(_OWNER)
    return _checked(own, _OWNER) if own else collector_conninfo()


def reader_conninfo() -> str:
    """Conninfo of the read-only role: ``$SELLEROPS_READER``, else Airflow's connection."""
    return _address(_READER, _READER_CONNECTION, READER)


def select(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement on the ledger's database."""
    with (
        closing(open_ledger()) as ledger,
        ledger.connection() as connection,
        connection.cursor(row_factory=tuple_row) as cursor,
    ):
        return cursor.execute(statement, parameters).fetchall()


def warehouse_is_known() -> bool:
    """Whether the environment, or the Airflow that it points to, configures the ledger."""
    return bool(_found(_OWN, _CONNECTION))


def _address(variable: str, connection: str, user: str) -> str:
    if found := _found(variable, connection):
        return found
    raise ConfigurationError(
        f"the warehouse address is unknown: {variable} is not set, Airflow has no connection {connection}.",
        remedy="Start `make demo` in another terminal; commands then use the demo. Or set your own: "
        f"export {variable}=postgresql://{user}:<password>@<host>:5432/<database>",
    )


def _found(variable: str, connection: str) -> str:
    if own := os.environ.get(variable):
        return _checked(own, variable)
    fields = known_connection(connection)
    return _conninfo(fields) if fields else ""


def _checked(address: str, variable: str) -> str:
    try:
        conninfo_to_dict(address)
    except ProgrammingError as error:
        raise ConfigurationError(
            f"is not a Postgres address: {str(error).strip()}.",
            where=f"${variable}",
            remedy=f"Write {variable}=postgresql://<user>:<password>@<host>:5432/<database>",
        ) from error
    return address


def _conninfo(fields: Fields) -> str:
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    parts = {
        "host": fields.host,
        "port": fields.port,
        "dbname": fields.schema,
        "user": fields.login,
        "password": fields.password,
    }
    extra = {key: value for key, value in fields.extra.items() if key in known}
    return make_conninfo(**extra, **{key: value for key, value in parts.items() if value})
