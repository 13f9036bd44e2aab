"""The last test of each Airflow connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sellerops.ledger.database import Connection


def record_tests(connection: Connection, answers: Mapping[str, Mapping[str, Any]], run_id: str) -> None:
    """Record ``state`` (ok, failed, absent) and ``message`` of each connection, replacing its last test."""
    for name, answer in answers.items():
        connection.execute(
            """
            INSERT INTO sellerops.connection_test (connection, state, message, worked_at, run_id)
            VALUES (%(name)s, %(state)s, %(message)s,
                    CASE WHEN %(state)s = 'ok' THEN sellerops.now() END, %(run_id)s)
            ON CONFLICT (connection) DO UPDATE SET
                state = excluded.state, message = excluded.message, tested_at = excluded.tested_at,
                worked_at = coalesce(excluded.worked_at, connection_test.worked_at), run_id = excluded.run_id
            """,
            {"name": name, "state": answer["state"], "message": answer["message"], "run_id": run_id},
        )
