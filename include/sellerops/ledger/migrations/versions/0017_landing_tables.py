"""What landing tables were made for, and partitions that readers of api_call do not hold up."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0017"
down_revision: str | None = "0016"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.landing_table")
