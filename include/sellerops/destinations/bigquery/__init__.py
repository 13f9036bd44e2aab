"""Landing tables in BigQuery; the ledger stays in Postgres."""

from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.destination import BigQueryDestination

__all__ = ["BigQueryAddress", "BigQueryDestination"]
