"""Rename the export sales_per_shop to sales_by_marketplace_and_day in the ledger, as its file was renamed."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision: str | None = "0022"

_OLD, _NEW = "sales_per_shop", "sales_by_marketplace_and_day"


def upgrade() -> None:
    _rename(_OLD, _NEW)


def downgrade() -> None:
    _rename(_NEW, _OLD)


def _rename(old: str, new: str) -> None:
    op.execute(f"UPDATE sellerops.table_export SET export = '{new}' WHERE export = '{old}'")
