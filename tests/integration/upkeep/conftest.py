"""A collector on a local Amazon, as the tests of collecting have it."""

from __future__ import annotations

from integration.collect.conftest import bench, local_amazon, stepping_clock

__all__ = ["bench", "local_amazon", "stepping_clock"]
