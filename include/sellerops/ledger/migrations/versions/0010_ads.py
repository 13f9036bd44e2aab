"""Amazon Ads: profiles, columns that were refused, and quotas that only refusals tell."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from sellerops.ledger.migrations.sql_files import run_sql_beside

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    run_sql_beside(__file__)


def downgrade() -> None:
    op.execute("DROP FUNCTION sellerops.quota_held")
    run_sql_beside(str(Path(__file__).with_name("0010_ads_before.sql")))
    op.execute(
        "ALTER TABLE sellerops.quota_bucket DROP COLUMN hold_until, DROP COLUMN hold_s, DROP COLUMN holds"
    )
    for table in ("ads_refused_column", "ads_profile", "ads_profiles_listed"):
        op.execute(f"DROP TABLE sellerops.{table}")
