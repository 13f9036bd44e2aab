"""The doctor's check for what the watchdog reports and runs that never start; the patience of both."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import timedelta

from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.notices.workers import Stuck
from sellerops_airflow.doctor.stuck import COMPONENTS, Limits, find_stuck, runs_that_never_started

NAME = "stuck"
log = logging.getLogger(__name__)

# Seconds that tasks may wait for a worker or a triggerer: docs/bad-nights.md.
PATIENCE = "SELLEROPS_WATCHDOG_PATIENCE"


def examine_stuck(installation: Installation) -> Iterator[Finding]:
    """The doctor's check: one finding for each thing that is stuck. Another check finds silent components."""
    from airflow import settings

    with settings.get_engine().connect() as connection:  # type: ignore[no-untyped-call]
        found = [each for each in find_stuck(connection, read_limits()) if each.key not in COMPONENTS]
        never_started = runs_that_never_started(connection)
    yield from (_finding(State.FAILED, each) for each in found)
    yield from (_finding(State.WARNING, each) for each in never_started)
    if not found and not never_started:
        yield Finding(NAME, State.OK, "Nothing is stuck: queued tasks have workers, deferred ones triggers.")


def read_limits() -> Limits:
    """The limits for the environment's patience, at least 10 s, or the defaults. Logs an invalid value."""
    value = os.environ.get(PATIENCE, "").strip()
    try:
        return Limits(timedelta(seconds=max(10.0, float(value)))) if value else Limits()
    except ValueError:
        log.error("%s=%r is not a number of seconds; using %s", PATIENCE, value, Limits().patience)
        return Limits()


def _finding(state: State, stuck: Stuck) -> Finding:
    return Finding(NAME, state, stuck.what, f"{stuck.remedy[0].upper()}{stuck.remedy[1:]}")


__all__ = ["NAME", "PATIENCE", "examine_stuck", "read_limits"]
