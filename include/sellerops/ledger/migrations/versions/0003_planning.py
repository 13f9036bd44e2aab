"""What the planner and the cooldowns learn, and how often a report was used again."""

from __future__ import annotations

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    pass
