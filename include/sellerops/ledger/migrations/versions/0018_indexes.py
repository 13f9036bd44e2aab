"""Indexes that keep the ledger's questions fast however long it remembers."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0018"
down_revision: str | None = "0017"

_MADE = (
    "slice_state_by_run", "slice_state_by_time", "slice_state_unsettled", "report_request_by_window",
    "report_request_by_report", "load_by_time", "load_by_document", "schema_change_by_load",
    "delivery_unsent", "notification_problem", "quarantine_by_report",
)  # fmt: skip


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("CREATE INDEX slice_state_by_day ON sellerops.slice_state (day, state)")
    op.execute(
        "CREATE INDEX report_request_by_report_id ON sellerops.report_request (account_id, report_id) "
        "WHERE report_id IS NOT NULL"
    )
    for name in _MADE:
        op.execute(f"DROP INDEX sellerops.{name}")
