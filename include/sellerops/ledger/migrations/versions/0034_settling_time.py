"""Stored settling curves, and figures of finality that take seconds for tables of millions of rows."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0034"
down_revision: str | None = "0033"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    """``finality`` stays: it gives an earlier version the same figures, sooner."""
    for table in ("settling_figure", "settling_measurement"):
        op.execute(f"DROP TABLE sellerops.{table}")
