"""The processes of a browser on this machine: finds them, measures their memory and ends them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

# Seconds. The kernel counts start times in hundredths of a second since boot, but knows the boot time less
# exactly.
_SAME_START = 2.0
_END_S = 5.0
_LOOK_S = 0.05


@dataclass(frozen=True)
class ProcessId:
    """A process by pid and start time, because pids are reused."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process; None when it has ended."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < _SAME_START
            return process if same and is_alive(process) else None
        except psutil.NoSuchProcess:
            return None


def is_alive(process: psutil.Process) -> bool:
    """Whether a process is running. One that has ended without its parent noticing (a zombie) is not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until_ended(processes: Sequence[psutil.Process], seconds: float) -> bool:
    """Wait until all processes have ended, whoever their parent is; returns whether they did so in time."""
    deadline = time.monotonic() + seconds
    while any(is_alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_S)
    return True


def tree_of(browser: psutil.Process) -> list[psutil.Process]:
    """A browser's process and all its descendants."""
    try:
        return [browser, *browser.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_of(browser: psutil.Process) -> int:
    """Bytes of memory that a browser's processes use.

    Resident pages without shared ones, which would be counted several times; only the first process counts in
    full.
    """
    total = 0
    for process in tree_of(browser):
        with contextlib.suppress(psutil.Error):
            used = process.memory_info()
            total += used.rss - (getattr(used, "shared", 0) if process.pid != browser.pid else 0)
    return total


def kill_renderers(browser: psutil.Process) -> int:
    """Kill the processes that show pages; the browser and its cookies stay. Returns how many."""
    killed = 0
    for process in tree_of(browser)[1:]:
        with contextlib.suppress(psutil.Error):
            if "--type=renderer" in process.cmdline():
                process.kill()
                killed += 1
    return killed


def kill_tree(browser: psutil.Process) -> None:
    """Kill a browser and everything below it, and wait until it is gone."""
    kill_all(tree_of(browser))


def kill_all(processes: Sequence[psutil.Process]) -> None:
    """Kill processes and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    wait_until_ended(processes, _END_S)


def listener_of(port: int) -> psutil.Process | None:
    """The process that listens on a TCP port of this machine; None if none is visible."""
    try:
        found = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None
    for each in found:
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid:
            with contextlib.suppress(psutil.Error):
                return psutil.Process(each.pid)
    return None
