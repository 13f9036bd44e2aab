"""PLACEHOLDER reference."""

from __future__ import annotations

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0028"
down_revision: str | None = "0027"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    pass
