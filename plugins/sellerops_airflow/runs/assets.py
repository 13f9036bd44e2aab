"""The assets of landing tables and marts: loads and rebuilds update them, and they schedule their readers."""

from __future__ import annotations

from airflow.sdk import Asset

from sellerops.settings.mart_tables import MARTS


def table_asset(table: str, destination: str = "postgres") -> Asset:
    """The asset of the table ``<source>.<table>``, named ``<destination>:<source>.<table>`` outside Postgres.

    A table has one asset per destination, so a DAG that reads it in one runs only after it has been loaded
    there. Airflow 3.3.2 accepts a scheme beginning with ``x-`` as it is; for any other it imports the URI
    normalisers of all providers, Google's libraries included, on every parse of a DAG file.
    """
    source, name = table.split(".")
    if destination == "postgres":
        return Asset(name=table, uri=f"x-sellerops://warehouse/{source}/{name}", group="sellerops")
    uri = f"x-sellerops://{destination}/{source}/{name}"
    return Asset(name=f"{destination}:{table}", uri=uri, group="sellerops")


def mart_asset(mart: str, destination: str = "postgres") -> Asset:
    """The asset of a mart, named like that of a table; updated when a rebuild has replaced rows of it."""
    return table_asset(f"{MARTS}.{mart}", destination)
