"""How far housekeeping has looked, and the indexes by which it finds what is past its time."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0019"
down_revision: str | None = "0018"

_MADE = (
    "report_request_ended", "report_reuse_by_time", "notice_by_time", "warning_ended", "check_result_by_time",
    "personal_document_deleted",
)  # fmt: skip


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute('ALTER TABLE sellerops.notice ALTER COLUMN key TYPE text COLLATE "default"')
    for name in _MADE:
        op.execute(f"DROP INDEX sellerops.{name}")
    op.execute("DROP TABLE sellerops.purge_mark")
