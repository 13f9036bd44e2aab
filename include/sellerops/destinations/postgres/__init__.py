"""Postgres: rows are staged by COPY, then replace or merge in one transaction with the ledger's rows."""

from sellerops.destinations.postgres.destination import PostgresDestination

__all__ = ["PostgresDestination"]
