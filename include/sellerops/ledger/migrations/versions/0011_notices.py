"""Notices on their way to people, the threads they belong to and the faults they tell of."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.fault")
    op.execute("DROP TABLE sellerops.delivery")
