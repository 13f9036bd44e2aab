"""Backups, restores, and samples of sizes."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0032"
down_revision: str | None = "0031"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for table in ("size_sample", "backup"):
        op.execute(f"DROP TABLE sellerops.{table}")
    op.execute("ALTER TABLE sellerops.deployment DROP COLUMN restored_at, DROP COLUMN restored_to")
