"""A fake runtime, since tasks and triggers get everything they need from `get_runtime`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from support.fake_runtime import FakeRuntime  # noqa: E402

from sellerops_airflow.runtime import use_runtime  # noqa: E402


@pytest.fixture
def runtime() -> Iterator[FakeRuntime]:
    fake = FakeRuntime()
    with use_runtime(fake):
        yield fake
