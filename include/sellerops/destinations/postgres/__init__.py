"""Landing tables in Postgres: COPY stages the rows, then one transaction writes them and the ledger."""

from sellerops.destinations.postgres.destination import PostgresDestination

__all__ = ["PostgresDestination"]
