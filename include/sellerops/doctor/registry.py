"""The checks that need no Airflow, in the order in which they are printed: one line each."""

from __future__ import annotations

from sellerops.doctor import databases
from sellerops.doctor.check import Check

CHECKS = (
    Check(databases.NAME, databases.examine_databases, is_probed=True),
)  # fmt: skip

__all__ = ["CHECKS"]
