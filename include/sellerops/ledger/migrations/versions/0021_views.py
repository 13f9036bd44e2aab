"""The schema of the views that people begin with (``sellerops.views`` fills it)."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0021"
down_revision: str | None = "0020"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.starter_view")
    op.execute("DROP SCHEMA sellerops_views CASCADE")
