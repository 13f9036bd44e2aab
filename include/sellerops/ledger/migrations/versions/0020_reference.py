"""Marketplaces and reports as tables, and which run made a load."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0020"
down_revision: str | None = "0019"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE sellerops.load DROP COLUMN dag_id, DROP COLUMN run_id, DROP COLUMN task_id, "
        "DROP COLUMN map_index"
    )
    op.execute("DROP TABLE sellerops.marketplace, sellerops.report")
