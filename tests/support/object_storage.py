"""Buckets of an S3 server (moto's), with this process's settings for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from support.moto_server import REGION, MotoServer

from sellerops.storage import S3Settings, use_s3_settings


@pytest.fixture(scope="session")
def s3_server() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture
def bucket(s3_server: MotoServer) -> Iterator[str]:
    """The address of an empty bucket."""
    name = f"archive-{uuid.uuid4().hex[:12]}"
    s3_server.client("s3").create_bucket(Bucket=name)
    use_s3_settings(lambda: S3Settings("test", "test", region=REGION, endpoint_url=s3_server.url))
    yield f"s3://{name}"
    use_s3_settings(S3Settings)
