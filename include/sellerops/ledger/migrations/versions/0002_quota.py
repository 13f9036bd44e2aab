"""Quota buckets and budgets, with the functions that decide on them."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0002"
down_revision: str | None = "0001"

FUNCTIONS = (
    "quota_create",
    "quota_refused",
    "quota_learn",
    "quota_acquire",
    "quota_interval",
    "quota_missing",
    "quota_lock",
)


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION sellerops.{function}")
    op.execute("DROP TABLE sellerops.quota_budget")
    op.execute("DROP TABLE sellerops.quota_bucket")
