"""Changed cells, the figures of finality, the slices of loads, and the results of truth checks."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.check_result, sellerops.restatement")
    op.execute("DROP FUNCTION sellerops.finality(text, text, integer, boolean, text, integer)")
    op.execute("DROP FUNCTION sellerops.days_loaded(text)")
    op.execute("DROP INDEX sellerops.load_by_table")
    op.execute("ALTER TABLE sellerops.load DROP COLUMN slice, DROP COLUMN document, DROP COLUMN reported_at")
