"""The known destinations, by name: the one line that a new one adds outside its folder.

Kept apart from ``sellerops.destinations``, so that checking a spec imports no driver and no data library.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownDestination(NamedTuple):
    """``class_path``: ``module:class``, imported on first use, so that a missing driver affects no other
    destination. ``connection_type``: the type of the Airflow connection ``sellerops_<name>``, as the UI calls
    it.
    """

    class_path: str
    connection_type: str = "Generic"


DESTINATIONS: dict[str, KnownDestination] = {
    "postgres": KnownDestination("sellerops.destinations.postgres:PostgresDestination", "Postgres"),
    "bigquery": KnownDestination("sellerops.destinations.bigquery:BigQueryDestination", "Google Cloud"),
}
