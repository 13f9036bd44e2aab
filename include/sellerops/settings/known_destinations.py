"""The destinations there are, by name: the one line that a new one adds beside its folder.

Apart from ``sellerops.destinations``, so that a spec is checked without a driver or a data library.
"""

from __future__ import annotations

# Module and class by name; imported when asked for, so that a missing driver disturbs no other destination.
DESTINATIONS: dict[str, str] = {
    "postgres": "sellerops.destinations.postgres:PostgresDestination",
    "bigquery": "sellerops.destinations.bigquery:BigQueryDestination",
}
