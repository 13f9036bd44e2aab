"""The checks that need Airflow, in the order in which they are printed: one line each."""

from __future__ import annotations

from sellerops.doctor.check import PROBE, Check
from sellerops_airflow.doctor import components, entrance, queues, stuck_check

CHECKS = (
    Check(components.NAME, components.examine_components, is_probed=True, seconds=PROBE),
    # Not probed: /ready would tell anonymous callers that Airflow is not protected.
    Check(entrance.NAME, entrance.examine_entrance),
    Check(stuck_check.NAME, stuck_check.examine_stuck),
    Check(queues.NAME, queues.examine_queues),
)  # fmt: skip

__all__ = ["CHECKS"]
