"""The last test of each connection."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class ConnectionTest(BaseModel):
    """``state``: ok, failed or absent (not in Airflow). ``worked_at``: the newest test that it passed."""

    connection: str
    state: str
    message: str
    tested_at: datetime
    worked_at: datetime | None
    run_id: str


def read_connection_tests(connection: Connection) -> dict[str, ConnectionTest]:
    """The last tests by connection."""
    return {each.connection: each for each in select(connection, __file__, ConnectionTest, {})}
