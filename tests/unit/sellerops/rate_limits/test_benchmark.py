"""Eight processes share one quota of the local Amazon. Runs only with `make benchmark`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.benchmark
def test_processes_use_the_quota_and_are_not_refused() -> None:
    """At ten times the demand: >= 95 % of the quota used, < 0.1 % refused, also when it halves midway."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "quota.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
        stdout=subprocess.PIPE,
        text=True,
        timeout=280,
        check=False,
    )
    print(done.stdout)
    result = json.loads(done.stdout)
    assert result["offered"] > 9 * result["allowed_by_quota"]
    assert result["used"] >= 0.95
    assert result["refused"] < 0.001
    assert result["before_halving"]["used"] >= 0.95
    assert result["after_halving"]["used"] >= 0.95
    assert done.returncode == 0
