"""The checks that need Airflow, in the order in which they are printed: one line each."""

from __future__ import annotations

from sellerops.doctor.check import Check
from sellerops_airflow.doctor import components

CHECKS = (
    Check(components.NAME, components.examine_components, is_probed=True),
)  # fmt: skip

__all__ = ["CHECKS"]
