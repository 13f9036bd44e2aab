"""The checks that need no Airflow, in the order in which they are printed; a new one adds a line."""

from __future__ import annotations

from sellerops.doctor import databases, migrations, reports, roles, tokens, upkeep
from sellerops.doctor.check import MINUTE, PROBE, Check

CHECKS = (
    Check(databases.NAME, databases.examine_databases, is_probed=True, seconds=PROBE),
    Check(migrations.NAME, migrations.examine_migrations, is_probed=True, seconds=PROBE),
    Check(roles.NAME, roles.examine_roles),
    Check(tokens.NAME, tokens.examine_tokens, is_probed=True, seconds=PROBE, fresh_for=MINUTE),
    Check(reports.NAME, reports.examine_reports, is_probed=True, seconds=PROBE, fresh_for=MINUTE),
    Check(upkeep.BACKUPS, upkeep.examine_backups),
    Check(upkeep.SIZES, upkeep.examine_sizes),
    Check(upkeep.SECRETS, upkeep.examine_secrets),
)  # fmt: skip

__all__ = ["CHECKS"]
