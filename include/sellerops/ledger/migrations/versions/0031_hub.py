"""The seller hub: its settings and the audit log of what people changed."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0031"
down_revision: str | None = "0030"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for table in ("connection_test", "hub_setting", "audit_entry"):
        op.execute(f"DROP TABLE sellerops.{table}")
