"""All destinations by name: a new one adds its folder and one line here.

Separate from ``sellerops.destinations``, so that specs can be checked without any driver installed.
"""

from __future__ import annotations

# Module and class, imported on use, so that a missing driver does not affect other destinations.
DESTINATIONS: dict[str, str] = {
    "postgres": "sellerops.destinations.postgres:PostgresDestination",
    "bigquery": "sellerops.destinations.bigquery:BigQueryDestination",
}
