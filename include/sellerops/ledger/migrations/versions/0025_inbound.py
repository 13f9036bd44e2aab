"""Calls that change something at Amazon, and FBA inbound runs."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0025"
down_revision: str | None = "0024"

_TABLES = (
    "inbound_document",
    "inbound_decision",
    "inbound_shipment_item",
    "inbound_shipment",
    "inbound_transportation_option",
    "inbound_placement_option",
    "inbound_step",
    "inbound_box_item",
    "inbound_box",
    "inbound_item",
    "inbound_run",
    "write_call",
)


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP VIEW IF EXISTS sellerops_views.inbound_status")
    for table in _TABLES:
        op.execute(f"DROP TABLE sellerops.{table}")
