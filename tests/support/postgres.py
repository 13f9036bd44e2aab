"""A real Postgres for tests: one embedded server a session, a fresh database of a migrated template a test.

Databases belong to a role that is no superuser, as everywhere else. Tests log in as the role that collects,
which may change rows of the ledger but not its tables: what the product may not do fails here, too.

Fixtures: ``postgres_server`` (session), ``conninfo`` (a migrated database), ``ledger`` (a Ledger on it).
A conftest takes them with ``from support.postgres import conninfo, ledger, postgres_server``.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from support.memory import new_folder

from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops_runtime.databases import Login, prepare_roles
from sellerops_runtime.postgres import EmbeddedPostgres

TEMPLATE = "sellerops_template"
_SETTINGS = {
    # A zone far from UTC: what forgets to say which clock it means shows up in the tests.
    "timezone": "Asia/Kathmandu",
    "shared_buffers": "32MB",
    # Nothing replicates. A log that is recycled early stays small, as it may be in memory.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    # A test logs in some ten times, and guessing a password of a test helps nobody.
    "scram_iterations": "1",
    # Queries here are too small to be worth compiling.
    "jit": "off",
}


class PostgresServer:
    """An embedded server in a temporary folder, on a free loopback port."""

    def __init__(self) -> None:
        # Not pytest's folder: that is its user's alone, and as root the server runs as another.
        self.root = new_folder("sellerops-postgres-")
        self.root.chmod(0o755)
        self.embedded = EmbeddedPostgres(self.root / "server", settings=_SETTINGS)
        self.embedded.start()
        self._logins = self.embedded.warehouse_logins
        with psycopg.connect(self.admin(), autocommit=True) as connection:
            prepare_roles(connection, self._logins)

    def start(self) -> None:
        """Start it again, on the port it had."""
        self.embedded.start()

    def stop(self) -> None:
        """An orderly stop; connections are cut."""
        self.embedded.stop()

    def kill(self) -> None:
        """Kill all of the server's processes at once, as when the machine's power goes."""
        postmaster = psutil.Process(self.pid)
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=120)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def pid(self) -> int:
        return int((self.embedded.data / "postmaster.pid").read_text().split()[0])

    def conninfo(self, database: str = "postgres") -> str:
        """The address for the role that collects."""
        return self.embedded.url_of(self._logins.collector, database)

    def owner(self, conninfo: str) -> str:
        """The same database for its owner, who migrates it."""
        return self.embedded.url_of(self._logins.owner, urlsplit(conninfo).path[1:])

    def admin(self, database: str = "postgres") -> str:
        """The superuser's address."""
        return self.embedded.url(database)

    def url_of(self, login: Login, database: str) -> str:
        """The address of a database for any role."""
        return self.embedded.url_of(login, database)

    def reader(self, conninfo: str) -> str:
        """The same database for the role that only reads."""
        return self.embedded.url_of(self._logins.reader, urlsplit(conninfo).path[1:])

    def create_database(self, template: str) -> str:
        """A copy of a database with a ledger; returns its conninfo, for the role that collects."""
        return self._create(template)

    def create_empty(self) -> str:
        """An empty database; returns its conninfo, for its owner."""
        return self.owner(self._create("template1"))

    def _create(self, template: str) -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        # Copying files costs a third of writing every page to the log as well.
        self._execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER sellerops_owner STRATEGY FILE_COPY',
            # A copy has the tables' grants, but not the database's.
            f'GRANT CREATE ON DATABASE "{name}" TO sellerops_collector',
        )
        return self.conninfo(name)

    def drop_database(self, conninfo: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{urlsplit(conninfo).path[1:]}" WITH (FORCE)')

    def make_template(self) -> None:
        """A database with the ledger's schema, for ``create_database(TEMPLATE)``."""
        self._execute(f'CREATE DATABASE "{TEMPLATE}" OWNER sellerops_owner')
        migrate(self.owner(self.conninfo(TEMPLATE)))

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self.admin(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.make_template()
        yield server
    finally:
        server.remove()


@pytest.fixture
def conninfo(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database with the ledger's schema."""
    fresh = postgres_server.create_database(TEMPLATE)
    yield fresh
    postgres_server.drop_database(fresh)


@pytest.fixture
def owner(postgres_server: PostgresServer, conninfo: str) -> str:
    """``conninfo`` for the database's owner."""
    return postgres_server.owner(conninfo)


@pytest.fixture
def reader(postgres_server: PostgresServer, conninfo: str) -> str:
    """``conninfo`` for the role that only reads."""
    return postgres_server.reader(conninfo)


@pytest.fixture
def ledger(conninfo: str) -> Iterator[Ledger]:
    opened = Ledger(conninfo)
    yield opened
    opened.close()
