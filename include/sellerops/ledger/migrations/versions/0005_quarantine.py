"""Loads that wait for a person, and what the person said."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.quarantine")
