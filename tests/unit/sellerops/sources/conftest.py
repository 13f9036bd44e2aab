"""The scripted server as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from unit.sellerops.sources.wire import Wire, listening


@pytest.fixture
def wire() -> Iterator[Wire]:
    with listening() as server:
        yield server
