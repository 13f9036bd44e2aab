"""The folder that holds all a demo makes, and the ordinary user that Postgres runs as when we are root."""

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
    """Where the parts keep their state. ``reason`` is set when it is not where one would look for it."""

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
        """Make the folder. Others may pass through it (as root Postgres is another user) but not list it."""
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
                f"cannot be made: {error}.",
                where=str(self.path),
                remedy=f"Set {VARIABLE} to a folder you may write.",
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the lock ends with the process. Raises AlreadyRunning."""
        self.create()
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                address = self.address()
                raise AlreadyRunning(
                    f"a demo runs here already (process {lock.read().strip() or 'unknown'})"
                    + (f"; its Airflow is {address}." if address else " and is starting or stopping."),
                    where=str(self.path),
                    remedy=f"Use it, or stop it with `{self.command('make demo-stop')}`. A second one beside "
                    f"it needs a folder of its own: `make demo {VARIABLE}=/path/to/folder`.",
                ) from error
            lock.seek(0)
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            os.set_inheritable(lock.fileno(), False)
            yield

    def holder(self) -> psutil.Process | None:
        """The process that holds the folder now; None when none does, or it is another user's."""
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
        """Of the Airflow that runs here; empty while it starts or stops."""
        try:
            return self.address_file.read_text(encoding="ascii")
        except OSError:
            return ""

    def command(self, make: str) -> str:
        """A ``make`` command that means this folder, also for those who have not set the variable."""
        is_chosen = os.environ.get(VARIABLE, "").strip()
        return f"{make} {VARIABLE}={shlex.quote(str(self.path))}" if is_chosen else make


def choose_home(environment: Mapping[str, str] = os.environ, root: Path = PROJECT_ROOT) -> Home:
    """``$DEMO_HOME``; else ``.demo`` in the project; else, if Postgres cannot go there, below /var/tmp."""
    if asked := environment.get(VARIABLE, "").strip():
        return Home(Path(asked).expanduser().resolve())
    inside = root / ".demo"
    user = service_user()
    if user is None or can_enter(root, user):
        return Home(inside)
    mark = hashlib.sha256(str(root).encode()).hexdigest()[:8]
    elsewhere = Path("/var/tmp") / f"sellerops-demo-{mark}"
    return Home(elsewhere, f"Postgres does not run as root, and user {user.pw_name} may not enter {root}")


def service_user() -> pwd.struct_passwd | None:
    """The user Postgres runs as when we are root, which it refuses to be; else None."""
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
    """Whether ``user`` may pass through ``folder``; tried, as access lists and mounts have their say."""
    return can_run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], user)


def can_run(argv: list[str], user: pwd.struct_passwd | None) -> bool:
    """Whether the command ends well as ``user`` (as ourselves when None)."""
    try:
        done = subprocess.run(argv, cwd="/", capture_output=True, check=False, **as_user(user))
    except (FileNotFoundError, PermissionError):
        return False
    return done.returncode == 0


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments of subprocess that run a program as ``user``."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
