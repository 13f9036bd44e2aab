"""Marts: what they read, what has changed, and what must be rebuilt."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0027"
down_revision: str | None = "0026"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS sellerops.load_by_destination")
    op.execute("DROP TRIGGER load_changes_table ON sellerops.load")
    op.execute("DROP FUNCTION sellerops.note_table_change, sellerops.note_edit")
    for table in ("mart_build", "mart_definition", "mart_pending", "table_change", "mart_input"):
        op.execute(f"DROP TABLE sellerops.{table}")
