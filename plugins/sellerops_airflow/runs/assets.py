"""The assets of landing tables: loads tell of them, and what reads the tables is woken by them."""

from __future__ import annotations

from airflow.sdk import Asset


def table_asset(table: str, destination: str = "postgres") -> Asset:
    """The asset of ``<source>.<table>``; elsewhere than in Postgres ``<destination>:<source>.<table>``.

    A table has an asset in each destination: what reads it in one is not woken before it has landed there. A
    scheme that begins with x- is taken as it is; any other makes Airflow 3.3.2 import the normalisers of all
    providers, Google's libraries among them, whenever a DAG file is read.
    """
    source, name = table.split(".")
    if destination == "postgres":
        return Asset(name=table, uri=f"x-sellerops://warehouse/{source}/{name}", group="sellerops")
    uri = f"x-sellerops://{destination}/{source}/{name}"
    return Asset(name=f"{destination}:{table}", uri=uri, group="sellerops")
