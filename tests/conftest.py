"""What holds for all tests."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import settings

# A build server runs the same examples each time; at a desk every run looks for new ones.
settings.register_profile("ci", derandomize=True, database=None, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _tokens_of_its_own() -> None:
    """Access tokens are a process's; no test has another's."""
    tokens = sys.modules.get("sellerops.sources.common.tokens")
    if tokens is not None:
        tokens.forget_tokens()
