"""Where the command line finds the ledger."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote, urlencode

from psycopg.rows import tuple_row

from sellerops.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.reading import READER

_OWN, _AIRFLOW = "SELLEROPS_WAREHOUSE", "AIRFLOW_CONN_SELLEROPS_WAREHOUSE"
_READER, _AIRFLOW_READER = "SELLEROPS_READER", "AIRFLOW_CONN_SELLEROPS_READER"


def open_ledger() -> Ledger:
    """The ledger at ``$SELLEROPS_WAREHOUSE`` (libpq text or URL), else of Airflow's connection there."""
    conninfo = os.environ.get(_OWN) or _from_airflow(os.environ.get(_AIRFLOW, ""))
    if not conninfo:
        raise ConfigurationError(
            "nobody says where the ledger is.",
            remedy=f"Set {_OWN}=postgresql://user:password@host:port/database; `make demo` prints its own.",
        )
    return Ledger(conninfo, pool_size=2, retry_seconds=5)


def reader_conninfo() -> str:
    """The role that only reads: ``$SELLEROPS_READER``, else of Airflow's connection there."""
    conninfo = os.environ.get(_READER) or _from_airflow(os.environ.get(_AIRFLOW_READER, ""))
    if not conninfo:
        raise ConfigurationError(
            "no address of the role that only reads is set.",
            where=f"environment variable {_READER}",
            remedy=f"Set {_READER}=postgresql://{READER}:password@host:port/database; `make demo` prints it.",
        )
    return conninfo


def select(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement on the ledger's database."""
    ledger = open_ledger()
    try:
        with ledger.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(statement, parameters).fetchall()
    finally:
        ledger.close()


def warehouse_is_known() -> bool:
    """Whether the environment says where the ledger is."""
    return bool(os.environ.get(_OWN) or os.environ.get(_AIRFLOW))


def _from_airflow(value: str) -> str:
    if not value.startswith("{"):
        return "postgresql://" + value.split("://", 1)[1] if "://" in value else value
    fields = json.loads(value)
    login = quote(fields.get("login") or "", safe="")
    if fields.get("password"):
        login += ":" + quote(fields["password"], safe="")
    host = f"{fields.get('host') or 'localhost'}:{fields.get('port') or 5432}"
    extra = fields.get("extra") or {}
    query = urlencode(json.loads(extra) if isinstance(extra, str) else extra)
    return f"postgresql://{login}@{host}/{fields.get('schema') or ''}" + (f"?{query}" if query else "")
