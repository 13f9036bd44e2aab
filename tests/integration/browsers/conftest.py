"""One pool of browsers and one site for a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browsers import needs_chromium, running_pool
from support.web_site import WebSite

from sellerops.browsers.pool import Pool


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    needs_chromium()
    with running_pool(tmp_path_factory.mktemp("browsers")) as pool:
        yield pool


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite().running() as site:
        yield site


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    return tmp_path / "evidence"
