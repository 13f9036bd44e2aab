"""Code in an interpreter of its own, which has imported nothing yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sellerops

INCLUDE = Path(sellerops.__file__).parents[1]


def run_fresh(code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` with our packages on its path. Raises CalledProcessError when it fails."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(INCLUDE)},
        capture_output=True,
        text=True,
        check=True,
    )
