"""Business alerts: which conditions are met since when, and who knows."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0030"
down_revision: str | None = "0029"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for table in ("alert_evaluation", "alert"):
        op.execute(f"DROP TABLE sellerops.{table}")
