"""Gaps found and filled, and deprecations told."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.gap_fill")
