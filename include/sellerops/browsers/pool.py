"""The browsers of this machine: one per login whose ``browser`` is a loopback address.

Files below the home (``$SELLEROPS_BROWSERS_HOME``, else ``$XDG_STATE_HOME/sellerops/browsers``, else
``~/.local/state/sellerops/browsers``)::

    profiles/<login>/           the browser's profile, and cookies.json (mode 0600)
    downloads/<login>/<job>/    what one job downloads; deleted at its end
    run/<login>.json            identifies the browser's process
    run/<login>.log             the browser's output
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from sellerops.base.errors import BrowserUnavailable, ConfigurationError
from sellerops.browsers.devtools import BrowserVersion, is_loopback, read_version
from sellerops.browsers.executable import find_chromium
from sellerops.browsers.process import Start, remove_profile_locks, runs_with, start, stop, user_agent_of
from sellerops.browsers.process_tree import is_alive, listener_of
from sellerops.browsers.records import BrowserRecord, read_record
from sellerops.settings.logins import Login

VARIABLE = "SELLEROPS_BROWSERS_HOME"
# How long a running browser may fail to answer before it counts as hanging.
_ANSWERS_S = 15.0
_LOOK_S = 0.5


class BrowserState(StrEnum):
    """The state of a login's browser.

    ``ELSEWHERE``: another machine or container runs it. ``FOREIGN``: its port on this machine is used by
    something that is not a login's browser.
    """

    RUNNING = "running"
    STOPPED = "stopped"
    ELSEWHERE = "elsewhere"
    FOREIGN = "foreign"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class PoolBrowser:
    """What is known about a login's browser.

    ``process``: only for a browser that this pool started. ``was_started``: it was started just now.
    """

    login: Login
    state: BrowserState
    process: psutil.Process | None = None
    version: BrowserVersion | None = None
    has_window: bool = False
    was_started: bool = False


class Pool:
    """Starts, finds and stops the browsers of this machine."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = (home or default_home()).absolute()

    def profile(self, login_id: str) -> Path:
        return self.home / "profiles" / login_id

    def downloads(self, login_id: str) -> Path:
        return self.home / "downloads" / login_id

    def look(self, login: Login, mark: str) -> PoolBrowser:
        """A login's browser as it is now."""
        if not login.browser.startswith("http://"):
            return PoolBrowser(login, BrowserState.ELSEWHERE)
        version = read_version(login.browser)
        if not is_loopback(login.browser):
            state = BrowserState.ELSEWHERE if version else BrowserState.UNREACHABLE
            return PoolBrowser(login, state, version=version)
        record = read_record(self._path(login))
        # Without a record: whoever started it was killed before it could write one.
        process = record.process if record else runs_with(self.profile(login.id))
        is_at_port = process is not None and (record is None or record.port == _port(login))
        if is_at_port:
            state = BrowserState.RUNNING if version else BrowserState.STOPPED
            return PoolBrowser(login, state, process, version, bool(record and record.has_window))
        if version and mark in version.user_agent:
            return PoolBrowser(login, BrowserState.ELSEWHERE, version=version)
        if version or listener_of(_port(login)):
            return PoolBrowser(login, BrowserState.FOREIGN, version=version)
        return PoolBrowser(login, BrowserState.STOPPED, process)

    def is_dead(self, login: Login, mark: str) -> bool:
        """Whether a login's browser belongs to this machine and is not running."""
        return self.look(login, mark).state is BrowserState.STOPPED

    def ensure(self, login: Login, mark: str) -> PoolBrowser:
        """A login's browser; one of this machine is started unless it is already running with the current
        mark.

        The caller holds the login's lock. Raises BrowserMissing, BrowserUnavailable and ConfigurationError.
        """
        found = self.look(login, mark)
        if found.state is BrowserState.RUNNING and found.version and mark not in found.version.user_agent:
            self.stop(login, mark)
        elif found.state not in (BrowserState.STOPPED, BrowserState.FOREIGN):
            return found
        return self.start(login, mark)

    def start(
        self, login: Login, mark: str, *, has_window: bool = False, reached_at: int | None = None
    ) -> PoolBrowser:
        """Start a login's browser on this machine unless it is running. Raises the same errors as ``ensure``.

        ``reached_at``: the port on which a forwarder exposes it, if not its own.
        """
        with self._starting(login):
            found = self._look_patiently(login, mark)
            if found.state is BrowserState.FOREIGN:
                raise foreign_browser(login)
            if found.state is not BrowserState.STOPPED:
                return found
            self._end_leftover(login, found)
            executable = find_chromium()
            how = Start(
                executable,
                _port(login),
                self.profile(login.id),
                self._run / f"{login.id}.log",
                user_agent_of(executable, mark, has_window=has_window),
                has_window,
                reached_at or _port(login),
            )
            remove_profile_locks(how.profile)
            started = start(how)
            self._write(login, BrowserRecord(started, how.port, has_window))
        return replace(self.look(login, mark), was_started=True)

    def stop(self, login: Login, mark: str) -> bool:
        """Stop a login's browser if this pool started it; returns whether one was running."""
        with self._starting(login):
            process = self.look(login, mark).process
            if process:
                stop(process)
            self._path(login).unlink(missing_ok=True)
        return process is not None

    def stop_all(self) -> list[str]:
        """Stop every browser that was started with this home; returns the logins whose browsers ran."""
        stopped = []
        for path in sorted(self._run.glob("*.json")):
            record = read_record(path)
            if record and record.process:
                stop(record.process)
                stopped.append(path.stem)
            path.unlink(missing_ok=True)
        return stopped

    def clear_downloads(self, login_id: str) -> None:
        """Delete what dead jobs left behind. Only for the holder of the login's lock."""
        shutil.rmtree(self.downloads(login_id), ignore_errors=True)

    def _look_patiently(self, login: Login, mark: str) -> PoolBrowser:
        """Like ``look``, but gives a browser of ours some time to answer, because the machine may be busy."""
        deadline = time.monotonic() + _ANSWERS_S
        while True:
            found = self.look(login, mark)
            is_silent = found.state is BrowserState.STOPPED and found.process is not None
            if not is_silent or time.monotonic() > deadline:
                return found
            time.sleep(_LOOK_S)

    def _end_leftover(self, login: Login, found: PoolBrowser) -> None:
        """End a browser that has the profile open and no longer answers."""
        for process in (found.process, runs_with(self.profile(login.id))):
            if process and is_alive(process):
                stop(process)

    @property
    def _run(self) -> Path:
        return self.home / "run"

    def _path(self, login: Login) -> Path:
        return self._run / f"{login.id}.json"

    @contextmanager
    def _starting(self, login: Login) -> Iterator[None]:
        """Allow one start or stop at a time, including those of `sellerops browsers` in a terminal."""
        try:
            self._run.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self._run / f"{login.id}.lock").open("w")
        except OSError as error:
            raise ConfigurationError(
                f"the browsers' folder is not writable: {error.strerror}.",
                where=str(self.home),
                remedy=f"Correct its permissions, or set {VARIABLE} to a folder that this user can write to.",
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, login: Login, record: BrowserRecord) -> None:
        path = self._path(login)
        written = path.with_suffix(".part")
        written.write_text(record.to_json(), encoding="utf-8")
        written.replace(path)


def default_home() -> Path:
    """The folder of this machine's browsers."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser()
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "sellerops" / "browsers"


def foreign_browser(login: Login) -> ConfigurationError:
    """The error for a port that something else uses."""
    process = listener_of(_port(login))
    who = f"{process.name()} (pid {process.pid})" if process else "another program"
    return ConfigurationError(
        f"{who} uses port {_port(login)}, but `sellerops browsers up` did not start it. Jobs would close its "
        "pages and sign in within its profile.",
        where=f"browser of login {login.id}, {login.browser}",
        remedy=f"Stop it, or give the login another port in logins.yaml (logins.{login.id}.browser); then "
        "run `sellerops browsers up`.",
    )


def wait_for_browser(login: Login, seconds: float) -> None:
    """Wait until a browser that another machine or container runs answers. Raises BrowserUnavailable."""
    if not login.browser.startswith("http://"):
        return
    deadline = time.monotonic() + seconds
    while not read_version(login.browser):
        if time.monotonic() > deadline:
            raise BrowserUnavailable(
                f"no browser answered at {login.browser} within {seconds:g} s.",
                where=f"browser of login {login.id}",
                remedy="Airflow retries automatically. Check the browser's container (`docker compose ps`), "
                "or correct `browser` of the login in logins.yaml.",
            )
        time.sleep(_LOOK_S)


def _port(login: Login) -> int:
    return urlsplit(login.browser).port or 9222
