"""The tests' Postgres, for tests that read the ledger."""

from support.postgres import conninfo, ledger, postgres_server

__all__ = ["conninfo", "ledger", "postgres_server"]
