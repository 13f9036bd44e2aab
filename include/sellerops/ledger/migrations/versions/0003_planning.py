"""Who waits first, what the cooldowns learn, what Amazon lists, and how often a report was used again."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0003"
down_revision: str | None = "0002"

FUNCTIONS = ("quota_create_learned", "quota_too_soon", "quota_cooldown_now", "quota_acquire_in_order")
TABLES = ("report_reuse", "listed_report", "report_listing", "quota_cooldown", "quota_waiter")


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION sellerops.{function}")
    for table in TABLES:
        op.execute(f"DROP TABLE sellerops.{table}")
