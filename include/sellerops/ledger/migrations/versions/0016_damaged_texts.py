"""How many texts of a load arrived damaged."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0016"
down_revision: str | None = "0015"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("ALTER TABLE sellerops.load DROP COLUMN damaged_texts")
