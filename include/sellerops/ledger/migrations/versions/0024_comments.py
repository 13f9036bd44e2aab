"""Reword the comments of tables and columns in today's terms: marketplace, notice, quarantine."""

from __future__ import annotations

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0024"
down_revision: str | None = "0023"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    """The former comments are not restored."""
