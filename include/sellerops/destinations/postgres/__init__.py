"""Postgres: COPY stages the rows, then one transaction writes them and the ledger's rows."""

from sellerops.destinations.postgres.destination import PostgresDestination

__all__ = ["PostgresDestination"]
