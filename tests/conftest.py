"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# A build server runs the same examples each time; at a desk every run looks for new ones.
settings.register_profile("ci", derandomize=True, database=None, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
