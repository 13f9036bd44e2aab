"""Postgres: rows are staged by binary COPY, then replace, merge or append in one transaction with the ledger's rows."""

from sellerops.destinations.postgres.destination import PostgresDestination

__all__ = ["PostgresDestination"]
