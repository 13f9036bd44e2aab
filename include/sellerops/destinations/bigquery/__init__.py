"""Landing tables in BigQuery; the ledger stays in Postgres."""

from sellerops.destinations.bigquery.address import BigQueryAddress

__all__ = ["BigQueryAddress"]
