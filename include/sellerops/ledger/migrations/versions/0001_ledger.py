"""Requests, loads, slices, calls and notices."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0001"
down_revision: str | None = None

TABLES = (
    "api_call",
    "notice",
    "slice_state",
    "table_watermark",
    "schema_change",
    "rejected_row",
    "load",
    "report_request",
)


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP FUNCTION sellerops.api_call_roll, sellerops.api_call_make_day")
    for table in TABLES:
        op.execute(f"DROP TABLE sellerops.{table}")
    op.execute("DROP SEQUENCE sellerops.load_id")
    op.execute("DROP FUNCTION sellerops.now")
    op.execute("DROP TABLE sellerops.clock")
