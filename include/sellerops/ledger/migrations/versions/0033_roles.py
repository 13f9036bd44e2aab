"""The partitions of api_call are rolled as the ledger's owner (``sellerops.ledger.grants`` does the rest)."""

from __future__ import annotations

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0033"
down_revision: str | None = "0032"

_FUNCTIONS = ("sellerops.api_call_make_day(date)", "sellerops.api_call_roll(integer)")


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    for name in _FUNCTIONS:
        op.execute(f"ALTER FUNCTION {name} SECURITY INVOKER RESET search_path")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC")
