"""Background programs, each in its own session and identified by pid and start time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sellerops_runtime.errors import StartError

STOP_SECONDS = 12.0
# Seconds. The kernel counts start times in hundredths of a second since boot, but knows the boot time less
# exactly.
_SAME_START = 2.0
# What our programs need from the caller's environment: paths and locale.
_PLAIN_VARIABLES = frozenset(
    {
        "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LOGNAME", "NO_PROXY", "PATH",
        "PYTHONPATH", "PYTHONUNBUFFERED", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ", "USER",
        "VIRTUAL_ENV", "no_proxy",
    }
)  # fmt: skip


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without keys, connections and credentials, for programs other than Airflow's."""
    return {
        name: value
        for name, value in environment.items()
        if name in _PLAIN_VARIABLES or name.startswith("LC_")
    }


@dataclass(frozen=True)
class Identity:
    """Identifies a process by pid and start time, because pids are reused. ``cwd``: its working directory."""

    pid: int
    created: float
    cwd: str

    @classmethod
    def of(cls, pid: int, cwd: Path) -> Identity:
        return cls(pid, psutil.Process(pid).create_time(), str(cwd.resolve()))

    def was_reused(self) -> bool:
        """Whether another process has the pid now."""
        try:
            return not self._is(psutil.Process(self.pid))
        except psutil.NoSuchProcess:
            return False

    def _is(self, process: psutil.Process) -> bool:
        return bool(abs(process.create_time() - self.created) < _SAME_START)

    def process(self) -> psutil.Process | None:
        """The process; None when it has ended, even if another one has its pid."""
        try:
            found = psutil.Process(self.pid)
            same = self._is(found) and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if same else None


class Component:
    """One background program with a log and a pid file ``<run_dir>/<name>.json``."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log: Path, run_dir: Path, cwd: Path
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = dict(env)
        self.log = log
        self.cwd = cwd
        self.pid_file = run_dir / f"{name}.json"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program in a new session, with its output in the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.argv,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        identity = Identity.of(self._child.pid, self.cwd)
        self.pid_file.write_text(json.dumps(asdict(identity)))

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; None while it is running."""
        return self._child.poll() if self._child else None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise StartError(f"{self.name} was not started.")
        return self._child.pid

    def check_alive(self) -> None:
        """Raise StartError with the end of the log if the program has exited."""
        if self.exit_code is not None:
            raise StartError(
                f"{self.name} exited with code {self.exit_code}. The end of its log:\n{tail(self.log)}",
                where=str(self.log),
            )

    def stop(self) -> None:
        """Stop the program and everything it started; see stop_all."""
        stop_all([self])

    def kill(self) -> None:
        """Kill the program and everything it started at once, as a crash would."""
        stop_all([self], seconds=0.0)


def stop_all(components: Iterable[Component], seconds: float = STOP_SECONDS) -> None:
    """Stop all: send SIGTERM and, after ``seconds``, SIGKILL to what is left of their sessions."""
    pid_files = [component.pid_file for component in components]
    _stop_recorded(pid_files, seconds)


def stop_leftovers(run_dir: Path, seconds: float = STOP_SECONDS) -> list[str]:
    """Stop the programs that an earlier start's pid files name; return those that were running."""
    pid_files = sorted(run_dir.glob("*.json"))
    return _stop_recorded(pid_files, seconds)


def running_parts(run_dir: Path) -> list[str]:
    """Sorted names of the running programs that have a pid file."""
    return [
        path.stem
        for path in sorted(run_dir.glob("*.json"))
        if (identity := _read(path)) and identity.process() is not None
    ]


def _stop_recorded(pid_files: Iterable[Path], seconds: float) -> list[str]:
    """Like stop_leftovers, for given pid files. With ``seconds`` 0, send SIGKILL at once."""
    recorded = {pid_file: identity for pid_file in pid_files if (identity := _read(pid_file))}
    stopped = []
    for pid_file, identity in recorded.items():
        if (leader := identity.process()) is not None:
            stopped.append(pid_file.stem)
            _signal(leader, signal.SIGTERM if seconds else signal.SIGKILL)
    if seconds:
        psutil.wait_procs(_members(recorded.values()), timeout=seconds)
    for _ in range(3):  # members may start others while the first are being killed
        late = _members(recorded.values())
        for process in late:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(late, timeout=5)
    for pid_file in recorded:
        pid_file.unlink(missing_ok=True)
    return stopped


def _read(pid_file: Path) -> Identity | None:
    try:
        return Identity(**json.loads(pid_file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _members(leaders: Iterable[Identity]) -> list[psutil.Process]:
    """All living processes in the sessions of ``leaders``, including sessions whose leader has ended.

    The kernel does not reuse a pid while a session with that number exists. So the leader is the one
    recorded, or another (then the session is not ours), or gone. If it is gone, the session is the rest of
    ours or, as with daemons, that of a later leader that is gone, too; our processes keep their leader's
    working directory.
    """
    sessions = {identity.pid: identity for identity in leaders if not identity.was_reused()}
    members = []
    for process in psutil.process_iter():
        try:
            leader = sessions.get(os.getsid(process.pid))
            if leader and (process.pid == leader.pid or leader.process() or process.cwd() == leader.cwd):
                members.append(process)
        except (psutil.Error, OSError):
            continue
    return [member for member in members if _is_alive(member)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        pass


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for a message; empty when the log does not exist."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_384))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def wait_until(
    check: Callable[[], bool], seconds: float, what: str, *, watch: Sequence[Component] = ()
) -> None:
    """Call ``check`` until it returns True: four times a second at first, later once a second.

    Raises StartError, naming ``what``, after ``seconds``, or at once when a component in ``watch`` has
    exited.
    """
    started = time.monotonic()
    deadline = started + seconds
    while not check():
        for component in watch:
            component.check_alive()
        if time.monotonic() > deadline:
            logs = ", ".join(str(component.log) for component in watch)
            raise StartError(f"{what} was not ready after {seconds:.0f} seconds.", where=logs)
        time.sleep(pause_after(time.monotonic() - started))


def pause_after(waited: float) -> float:
    """Seconds until the next check, after ``waited`` seconds of waiting.

    A check may take processor time from the program that is waited for: Airflow uses a tenth of a processor
    to answer four queries per second for the state of a run.
    """
    return min(1.0, max(0.25, waited / 20))
