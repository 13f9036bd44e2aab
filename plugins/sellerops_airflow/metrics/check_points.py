"""The states of the doctor's checks as a metric, for one alert rule instead of one for each check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sellerops.doctor.finding import State, worst
from sellerops.doctor.registry import CHECKS
from sellerops.doctor.running import CheckRunner
from sellerops.read_models.metrics.metric import Metric, Point
from sellerops_airflow.doctor.installed import installation
from sellerops_airflow.doctor.registry import CHECKS as AIRFLOW_CHECKS

CHECK_STATE = Metric(
    "sellerops.check.state", "{state}", "State of a check of the doctor: 0 ok, 1 warning, 2 failed.",
    ("check",), max,
)  # fmt: skip
_VALUES = {State.OK: 0.0, State.WARNING: 1.0, State.FAILED: 2.0}
# Checks that probes do not run, such as measuring sizes, may take long.
_KEEP_SECONDS = 900.0


def check_reader() -> Callable[[], Iterator[Point]]:
    """A function that runs the checks that are due, and returns the states of all."""
    checks = [
        each if each.is_probed else replace(each, fresh_for=max(each.fresh_for, _KEEP_SECONDS))
        for each in (*CHECKS, *AIRFLOW_CHECKS)
    ]
    runner = CheckRunner(checks, installation())

    def read() -> Iterator[Point]:
        found = runner.run()
        for name in dict.fromkeys(each.check for each in found):
            state = worst(each for each in found if each.check == name)
            yield Point(CHECK_STATE, _VALUES[state], {"check": name})

    return read


__all__ = ["CHECK_STATE", "check_reader"]
