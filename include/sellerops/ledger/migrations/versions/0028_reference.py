"""Reference data: facts that people and files give, in schema ``sellerops_reference``."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0028"
down_revision: str | None = "0027"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP SCHEMA sellerops_reference CASCADE")
    for table in ("reference_edit", "reference_digest"):
        op.execute(f"DROP TABLE sellerops.{table}")
