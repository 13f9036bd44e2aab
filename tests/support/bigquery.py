"""A BigQuery for tests: one ``local-bigquery`` a session, a dataset prefix of its own a test.

Fixtures: ``bigquery_server`` (session) and ``bigquery`` (a ``BigQueryAddress`` on it). Skipped where the
program is not installed; with ``SELLEROPS_REQUIRE_BIGQUERY=1`` that is a failure.
``SELLEROPS_LOCAL_BIGQUERY`` names the program of another environment than ``.venv-bigquery``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.memory import new_folder

if TYPE_CHECKING:
    from google.cloud import bigquery as google_bigquery

    from sellerops.destinations.bigquery import BigQueryAddress

ROOT = Path(__file__).parents[2]
PROJECT = "local-project"
_START_SECONDS = 240
_STARTER = Path(__file__).with_name("run_local_bigquery.py")
_EXTENSIONS = ("icu", "ducklake", "spatial")


def program() -> Path:
    """The local BigQuery's program, there or not."""
    named = os.environ.get("SELLEROPS_LOCAL_BIGQUERY")
    return Path(named) if named else ROOT / ".venv-bigquery" / "bin" / "local-bigquery"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens at, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


class LocalBigQuery:
    """The server of one session, in a temporary folder; stopped by ``remove``."""

    def __init__(self, executable: Path) -> None:
        self.root = new_folder("sellerops-bigquery-")
        # DuckDB looks for its extensions below HOME; they are put there once, from their wheels.
        home = executable.parents[1] / "home"
        home.mkdir(exist_ok=True)
        with (home / ".installing").open("w") as lock:  # another worker of the same run may be at it
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / ".installed").exists():
                self._install_extensions(executable, home)
        self._log = (self.root / "log").open("wb")
        # Somebody else may take a port before the server does.
        for _ in range(5):
            self._start(executable, home)
            if self._answers():
                return
            self.remove_process()
        raise RuntimeError(f"local-bigquery did not start: {(self.root / 'log').read_text()[-2000:]}")

    def _start(self, executable: Path, home: Path) -> None:
        self.port, grpc = free_ports(2)
        self._process = subprocess.Popen(
            [
                str(executable.parent / "python"), str(_STARTER), "--host", "127.0.0.1",
                "--port", str(self.port), "--grpc-port", str(grpc),
                "--project", PROJECT, "--data-dir", str(self.root / "data"), "serve",
            ],
            env={**os.environ, "HOME": str(home)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    @staticmethod
    def _install_extensions(executable: Path, home: Path) -> None:
        script = f"from duckdb_extensions import import_extension as i; [i(x) for x in {_EXTENSIONS!r}]"
        python = executable.parent / "python"
        subprocess.run([str(python), "-c", script], env={**os.environ, "HOME": str(home)}, check=True)
        (home / ".installed").touch()

    def _answers(self) -> bool:
        """Whether the server, and no other on its port, comes to answer."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(
                    f"{self.url}/bigquery/v2/projects/{PROJECT}/datasets", timeout=10
                ).close()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
            else:
                return self._process.poll() is None
        return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def client(self) -> google_bigquery.Client:
        return self.new_client()

    def new_client(self) -> google_bigquery.Client:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery as google_bigquery

        return google_bigquery.Client(
            project=PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": self.url}
        )

    def delete_datasets(self, prefix: str) -> None:
        """A statement takes the longer, the more tables there are."""
        for dataset in self.client.list_datasets():
            if dataset.dataset_id.startswith(prefix):
                self.client.delete_dataset(dataset.dataset_id, delete_contents=True)

    def remove_process(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def remove(self) -> None:
        self.remove_process()
        self._log.close()
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture(scope="session")
def bigquery_server() -> Iterator[LocalBigQuery]:
    executable = program()
    if not executable.exists():
        text = f"no local BigQuery at {executable}: see docs/decisions/bigquery-tables.md"
        if os.environ.get("SELLEROPS_REQUIRE_BIGQUERY") == "1":
            pytest.fail(text)
        pytest.skip(text)
    server = LocalBigQuery(executable)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def bigquery(bigquery_server: LocalBigQuery) -> Iterator[BigQueryAddress]:
    """Tables nobody else uses: datasets of a test have a prefix of their own, and go with it."""
    from sellerops.destinations.bigquery import BigQueryAddress

    prefix = f"t{uuid.uuid4().hex[:8]}_"
    yield BigQueryAddress(
        client=lambda: bigquery_server.client, project=PROJECT, dataset_prefix=prefix, location="US"
    )
    bigquery_server.delete_datasets(prefix)
