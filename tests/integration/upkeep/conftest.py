"""A collector on a local Amazon, as the tests of collecting have it; a target, databases, an archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.collect.conftest import bench, local_amazon, stepping_clock
from support.postgres import PostgresServer

from sellerops.archive import Archive
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.upkeep.storage import Folder

__all__ = ["bench", "local_amazon", "stepping_clock"]


@pytest.fixture(params=["local", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    root = tmp_path if request.param == "local" else request.getfixturevalue("bucket")
    return Folder(f"{root}/backups")


@pytest.fixture
def archive(ledger: Ledger, tmp_path: Path) -> Archive:
    archive = Archive(str(tmp_path / "archive"))
    bind_archive(ledger, archive)
    return archive


@pytest.fixture
def elsewhere(postgres_server: PostgresServer) -> Iterator[str]:
    fresh = postgres_server.create_empty()
    yield fresh
    postgres_server.drop_database(fresh)
