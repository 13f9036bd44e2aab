"""Changed cells, the figures of finality, the slices of loads, and the results of truth checks."""

from __future__ import annotations

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    pass
