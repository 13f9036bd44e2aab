"""PLACEHOLDER alerts."""

from __future__ import annotations

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0030"
down_revision: str | None = "0029"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    pass
