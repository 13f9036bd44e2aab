"""Airflow's api-server and a Chromium for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.browsers import needs_chromium
from support.hub import HubServer
from support.hub_browser import running_airflow, running_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def airflow(hub_server: HubServer) -> Iterator[str]:
    needs_chromium()
    with running_airflow() as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser
