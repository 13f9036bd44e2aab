"""What Amazon's notifications said, whom they reach us for, and who listens."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0004"
down_revision: str | None = "0003"

TABLES = ("notification_listener", "notification_subscription", "notification")


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP FUNCTION sellerops.notifications_working")
    for table in TABLES:
        op.execute(f"DROP TABLE sellerops.{table}")
