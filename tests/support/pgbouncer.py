"""Debian's PgBouncer in transaction mode in front of the tests' Postgres."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from support.memory import new_folder
from support.postgres import PostgresServer

from sellerops_runtime.home import as_user, service_user
from sellerops_runtime.ports import LOOPBACK, free_port

PROGRAM = shutil.which("pgbouncer")
# As a hosted Postgres has it, with few sessions, given out in turn: two transactions of one client in a row
# have different ones, and two clients meet in the same.
_SETTINGS = """\
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
logfile = {folder}/pgbouncer.log
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
server_round_robin = 1
server_idle_timeout = 2
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def pgbouncer(server: PostgresServer) -> Iterator[int]:
    """A running PgBouncer; yields its port."""
    assert PROGRAM
    folder, port = new_folder("sellerops-pgbouncer-"), free_port()
    users = [urlsplit(each) for each in (server.owner("/x"), server.conninfo("x"), server.reader("/x"))]
    (folder / "users.txt").write_text("".join(f'"{each.username}" "{each.password}"\n' for each in users))
    (folder / "pgbouncer.ini").write_text(
        _SETTINGS.format(host=LOOPBACK, port=port, server_port=users[0].port, folder=folder)
    )
    user = service_user()
    if user:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user.pw_uid, user.pw_gid)
    process = subprocess.Popen(
        [PROGRAM, folder / "pgbouncer.ini"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_user(user),
    )
    try:
        _wait(server.conninfo(), port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def through(port: int, conninfo: str) -> str:
    """The same address by way of the pooler."""
    parts = urlsplit(conninfo)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@{LOOPBACK}:{port}").geturl()


def _wait(conninfo: str, port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "pgbouncer ended"
        try:
            with psycopg.connect(through(port, conninfo), connect_timeout=5):
                return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("pgbouncer does not answer")
