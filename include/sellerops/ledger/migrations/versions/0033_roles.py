"""The partitions of api_call are rolled as the ledger's owner (``sellerops.ledger.grants`` does the rest)."""

from __future__ import annotations

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0033"
down_revision: str | None = "0032"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    """Nothing: an earlier version calls the functions likewise, and may still log in as the collector, which
    owns no table of the ledger and could not make the next day's partition of api_call.
    """
