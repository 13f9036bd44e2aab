"""Amazon Ads: columns that were refused."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("SELECT 1")
