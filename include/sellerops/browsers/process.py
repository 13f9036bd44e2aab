"""Starts and stops a Chromium on this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from sellerops.base.errors import BrowserUnavailable
from sellerops.browsers.devtools import read_version
from sellerops.browsers.process_tree import ProcessId, kill_all, kill_tree, tree_of, wait_until_ended

READY_S = 30.0
_STOP_S = 10.0
_LOOK_S = 0.05
_LOG_LINES = 5
# A browser gets no credentials from the environment of the task that starts it.
_ENVIRONMENT = (
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "TMPDIR", "TZ",
    "USER", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
# As soon as it runs, Chromium asks Google for updates of its components, the time, models, who is signed in
# there, and what to fill into the forms of the pages that it shows. A browser that is signed in to a seller's
# account must send requests to nobody but those pages.
_NOWHERE = "http://127.0.0.1:9/"
NO_BACKGROUND_REQUESTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=AutofillServerCommunication,NetworkTimeServiceQuerying,OptimizationHints",
    f"--component-updater=url-source={_NOWHERE}",
    f"--gaia-url={_NOWHERE}",
)
_PLATFORMS = {"darwin": "Macintosh; Intel Mac OS X 10_15_7", "linux": "X11; Linux x86_64"}


@dataclass(frozen=True)
class Start:
    """How to start a browser.

    ``has_window``: with a window on the desktop, for a person; otherwise headless. ``reached_at``: the port
    on which people's browsers reach its DevTools page.
    """

    executable: Path
    port: int
    profile: Path
    log: Path
    user_agent: str
    has_window: bool
    reached_at: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arguments(self) -> list[str]:
        """The command line.

        ``--restore-last-session`` keeps session cookies over a restart, ``--password-store=basic`` keeps the
        profile readable without a keyring. The DevTools page that the port itself serves may connect to it.
        """
        own = ",".join(f"http://{host}:{self.reached_at}" for host in ("127.0.0.1", "localhost"))
        return [
            str(self.executable),
            f"--remote-debugging-port={self.port}",
            f"--remote-allow-origins={own}",
            f"--user-data-dir={self.profile}",
            f"--user-agent={self.user_agent}",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-dev-shm-usage",
            "--password-store=basic",
            "--hide-crash-restore-bubble",
            "--restore-last-session",
            "--window-size=1440,1000",
            *NO_BACKGROUND_REQUESTS,
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            *([] if self.has_window else ["--headless=new"]),
            "about:blank",
        ]


def user_agent_of(executable: Path, mark: str, *, has_window: bool) -> str:
    """Chromium's own user agent with the mark that identifies it as automated.

    Raises BrowserUnavailable if the executable does not run.
    """
    try:
        done = subprocess.run(
            [str(executable), "--version"], capture_output=True, text=True, timeout=READY_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BrowserUnavailable(f"{executable} does not run: {error}", where="browser") from error
    found = re.search(r"(\d+)\.\d+\.\d+", done.stdout)
    version = f"{found[1]}.0.0.0" if found else "0.0.0.0"
    name = "Chrome" if has_window else "HeadlessChrome"
    platform = _PLATFORMS.get(sys.platform, _PLATFORMS["linux"])
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    return f"Mozilla/5.0 ({platform}) {engine} {name}/{version} Safari/537.36 {mark}"


def start(how: Start) -> ProcessId:
    """Start a browser and wait until it answers. Raises BrowserUnavailable with the end of its log."""
    how.profile.mkdir(parents=True, exist_ok=True, mode=0o700)
    how.log.parent.mkdir(parents=True, exist_ok=True)
    with how.log.open("wb") as log:
        # A session of its own: what ends the task must not end the browser.
        process = subprocess.Popen(
            how.arguments(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={name: value for name, value in os.environ.items() if _may_know(name)},
            start_new_session=True,
        )
    started = ProcessId.of(process.pid)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if read_version(how.address):
            return started
        if (code := process.poll()) is not None:
            raise BrowserUnavailable(
                f"{how.executable.name} exited with code {code} right after starting.{_end_of(how.log)}",
                where=how.address,
            )
        time.sleep(_LOOK_S)
    kill_tree(psutil.Process(process.pid))
    raise BrowserUnavailable(
        f"{how.executable.name} did not answer within {READY_S:g} s.{_end_of(how.log)}", where=how.address
    )


def stop(process: psutil.Process, seconds: float = _STOP_S) -> bool:
    """Stop a browser so that it saves its cookies; returns whether it had to be killed.

    SIGINT, because Chromium loses the last cookies on SIGTERM.
    """
    processes = tree_of(process)
    try:
        process.send_signal(signal.SIGINT)
    except psutil.NoSuchProcess:
        return False
    if wait_until_ended(processes, seconds):
        return False
    kill_all(processes)
    return True


def remove_profile_locks(profile: Path) -> None:
    """Remove the locks that a dead browser, perhaps in a former container, left in its profile.

    Only for the holder of the login's lock, and while no browser runs with the profile.
    """
    for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
        (profile / name).unlink(missing_ok=True)


def runs_with(profile: Path) -> psutil.Process | None:
    """The browser on this machine that has a profile open, whoever started it; None if there is none."""
    argument = f"--user-data-dir={profile}"
    for process in psutil.process_iter():
        try:
            command: Sequence[str] = process.cmdline()
        except psutil.Error:
            continue
        if argument in command and not any(each.startswith("--type=") for each in command):
            return process
    return None


def _may_know(name: str) -> bool:
    return name in _ENVIRONMENT or name.startswith("LC_")


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LOG_LINES:]
    return f" Its log ends: {' / '.join(lines)}" if lines else ""
