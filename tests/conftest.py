"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# One server of each per process, whichever tests use it: a fixture imported by a module is a second one.
pytest_plugins = (
    "support.bigquery",
    "support.object_storage",
    "support.portal",
    "support.postgres",
    "support.sandbox",
    "support.warehouse",
    "support.hub",
)

# A slow example is no fault: it may be the machine. What hangs is ended by the time limit of every test.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A build server runs the same examples each time; at a desk every run looks for new ones.
settings.register_profile(
    "ci", settings.get_profile("desk"), derandomize=True, database=None, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side (``--dist loadscope``): one process runs a whole file."""
    from support.scheduling import FilesToProcesses

    return FilesToProcesses(config, log) if config.getvalue("dist") == "loadscope" else None


# Half of all processor time, for 3 % of the tests. `make test FULL=1` and CI run them.
SLOW = (
    "tests/e2e/",
    "tests/integration/browsers/",
    "tests/integration/dashboard/test_browser",
    "tests/integration/portal/",
    "tests/integration/test_tls.py",
    "tests/unit/sellerops_runtime/test_init.py",
    # All marts in both databases; all pages and the API; storms of faults and fifty shipments at once.
    "tests/integration/marts/test_both_databases.py",
    "tests/integration/collect/test_pages_agree.py",
    "tests/integration/inbound/test_crashes.py",
    "tests/integration/inbound/test_many.py",
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what is left out: each of the processes would."""
    if "not slow" not in config.option.markexpr:
        return None
    name = collection_path.relative_to(config.rootpath).as_posix()
    return name.startswith(SLOW) or f"{name}/" in SLOW or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


# What is imported and collected stays: looking for garbage in it takes a fifth of the time of collecting, and
# more while tests run. There is none in the large documents of tests either: looking for it after every 700
# new objects took a third of the time of reading one.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


@pytest.fixture(autouse=True)
def _tokens_of_its_own() -> None:
    """Access tokens are a process's; no test has another's."""
    tokens = sys.modules.get("sellerops.sources.common.tokens")
    if tokens is not None:
        tokens.forget_tokens()
