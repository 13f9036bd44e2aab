"""All destinations by name: a new one adds its folder and one line here.

Kept apart from ``sellerops.destinations`` so that checking a spec imports no driver and no data library.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownDestination(NamedTuple):
    """``class_path``: ``module:class``, imported on first use so that a missing driver affects no other
    destination. ``connection_type``: the type of the Airflow connection ``sellerops_<name>``, as Airflow's UI
    names it.
    """

    class_path: str
    connection_type: str = "Generic"


DESTINATIONS: dict[str, KnownDestination] = {
    "postgres": KnownDestination("sellerops.destinations.postgres:PostgresDestination", "Postgres"),
    "bigquery": KnownDestination("sellerops.destinations.bigquery:BigQueryDestination", "Google Cloud"),
}
