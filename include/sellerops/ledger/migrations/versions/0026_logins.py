"""Logins for web pages: who uses one, what its browser did, and what a person has to do."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0026"
down_revision: str | None = "0025"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("ALTER TABLE sellerops.report_request DROP COLUMN look_after")
    for table in ("login_refusal", "required_action", "login_lock", "browser_job"):
        op.execute(f"DROP TABLE sellerops.{table}")
