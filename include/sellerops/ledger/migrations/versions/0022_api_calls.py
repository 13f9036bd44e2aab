"""Of each call to Amazon: which API, how, for which marketplaces, and Amazon's error code."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0022"
down_revision: str | None = "0021"

_ADDED = ("api", "http_method", "marketplace_ids", "error_code")


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for name in _ADDED:
        op.execute(f"ALTER TABLE sellerops.api_call DROP COLUMN {name}")
