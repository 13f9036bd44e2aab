"""Alembic's entry: migrates over the connection that ``sellerops.ledger.database.migrate`` hands in."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

SCHEMA = "sellerops"


def run(connection: Connection) -> None:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    context.configure(connection=connection, version_table_schema=SCHEMA)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
