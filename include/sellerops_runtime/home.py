"""The folder with a demo's state, and the unprivileged user that Postgres runs as when we are root."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sellerops_runtime.errors import AlreadyRunning, StartError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "DEMO_HOME"


@dataclass(frozen=True)
class Home:
    """A demo's folder. ``reason`` says why it is not the default one, unless DEMO_HOME sets it."""

    path: Path
    reason: str = ""

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def airflow(self) -> Path:
        return self.path / "airflow"

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def address_file(self) -> Path:
        return self.run / "airflow.url"

    def create(self) -> None:
        """Create the folder. Other users may traverse it, as Postgres does when we are root, but not list it.

        Raises StartError when it cannot be created.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if self.path.is_symlink() or self.path.stat().st_uid != os.geteuid():
                raise StartError(
                    "belongs to another user.",
                    where=str(self.path),
                    remedy=f"Set {VARIABLE} to a folder of your own.",
                )
            self.path.chmod(0o711)
        except OSError as error:
            raise StartError(
                f"cannot be created: {error}.",
                where=str(self.path),
                remedy=f"Set {VARIABLE} to a folder you can write to.",
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder within the block, at most until the process ends. Raises AlreadyRunning."""
        self.create()
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                address = self.address()
                raise AlreadyRunning(
                    f"a demo is already running here (process {lock.read().strip() or 'unknown'})"
                    + (f"; its Airflow is {address}." if address else " and is starting or stopping."),
                    where=str(self.path),
                    remedy=f"Use it, or stop it with `{self.command('make demo-stop')}`. A second one "
                    f"needs its own folder: `make demo {VARIABLE}=/path/to/folder`.",
                ) from error
            lock.seek(0)
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            os.set_inheritable(lock.fileno(), False)
            yield

    def holder(self) -> psutil.Process | None:
        """The process that holds the lock; None when there is none, or when it belongs to another user."""
        lock = self.path / "lock"
        try:
            process = psutil.Process(int(lock.read_text(encoding="ascii")))
            holds = any(
                os.path.realpath(file.path) == os.path.realpath(lock) for file in process.open_files()
            )
        except (OSError, ValueError, psutil.Error):
            return None
        return process if holds and process.pid != os.getpid() else None

    def address(self) -> str:
        """The URL of the Airflow running here; empty while it starts or stops."""
        try:
            return self.address_file.read_text(encoding="ascii")
        except OSError:
            return ""

    def command(self, make: str) -> str:
        """A ``make`` command for this folder that also works where DEMO_HOME is not set."""
        is_chosen = os.environ.get(VARIABLE, "").strip()
        return f"{make} {VARIABLE}={shlex.quote(str(self.path))}" if is_chosen else make


def choose_home(environment: Mapping[str, str] = os.environ, root: Path = PROJECT_ROOT) -> Home:
    """``$DEMO_HOME``, ``.demo`` in the project or, if Postgres cannot reach that, a folder below /var/tmp."""
    if chosen := environment.get(VARIABLE, "").strip():
        return Home(Path(chosen).expanduser().resolve())
    inside = root / ".demo"
    user = service_user()
    if user is None or can_enter(root, user):
        return Home(inside)
    mark = hashlib.sha256(str(root).encode()).hexdigest()[:8]
    elsewhere = Path("/var/tmp") / f"sellerops-demo-{mark}"
    return Home(elsewhere, f"Postgres does not run as root, and user {user.pw_name} cannot enter {root}")


def service_user() -> pwd.struct_passwd | None:
    """The user that Postgres, which refuses to run as root, runs as when we are root; otherwise None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise StartError(
            "Postgres does not run as root, and this system has no user `nobody` to run it as.",
            remedy="Start as an ordinary user.",
        ) from error


def can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether ``user`` can enter ``folder``; tested by doing so, since access lists and mounts matter too."""
    return can_run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], user)


def can_run(argv: list[str], user: pwd.struct_passwd | None) -> bool:
    """Whether the command succeeds as ``user``, or as ourselves when None."""
    try:
        done = subprocess.run(argv, cwd="/", capture_output=True, check=False, **as_user(user))
    except (FileNotFoundError, PermissionError):
        return False
    return done.returncode == 0


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Keyword arguments for subprocess to run a program as ``user``."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
