"""Runs the SQL file that stands beside a revision."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def run_sql_beside(module_file: str) -> None:
    """Run ``<module>.sql`` on the driver itself: SQLAlchemy would take the colons of SQL for parameters."""
    script = Path(module_file).with_suffix(".sql").read_text(encoding="utf-8")
    driver_connection = op.get_bind().connection.driver_connection
    if driver_connection is None:
        raise RuntimeError("the migration's connection is closed")
    driver_connection.execute(script)
