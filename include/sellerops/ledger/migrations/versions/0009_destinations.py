"""Loads of several destinations: their watermarks and what they cost."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.restatement_intent, sellerops.load_intent")
    op.execute("DELETE FROM sellerops.table_watermark WHERE destination <> 'postgres'")
    op.execute(
        "ALTER TABLE sellerops.table_watermark DROP COLUMN destination, "
        "ADD PRIMARY KEY (table_name, account_id, place, day)"
    )
    op.execute("ALTER TABLE sellerops.load DROP COLUMN bytes_processed, DROP COLUMN job_ids")
