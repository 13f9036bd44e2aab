"""The archive of this ledger, and unknown columns of personal data."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0015"
down_revision: str | None = "0014"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP TABLE sellerops.personal_document")
    op.execute("DELETE FROM sellerops.schema_change WHERE kind = 'personal'")
    op.execute("ALTER TABLE sellerops.schema_change DROP CONSTRAINT schema_change_kind_check")
    op.execute(
        "ALTER TABLE sellerops.schema_change ADD CONSTRAINT schema_change_kind_check "
        "CHECK (kind IN ('added', 'dropped', 'duplicated', 'missing'))"
    )
    op.execute("DROP TABLE sellerops.deployment")
