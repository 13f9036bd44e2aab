"""`make demo-stop`: ends a demo from anywhere, starting, running or left behind, and says what it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil

from sellerops_runtime.home import PROJECT_ROOT, VARIABLE, Home, choose_home
from sellerops_runtime.postgres import EmbeddedPostgres
from sellerops_runtime.processes import running_parts, stop_leftovers

# A demo that is asked to end stops its parts within half of this, on a slow machine, too.
END_SECONDS = 90.0


def stop_demo(
    home: Home, tell: Callable[[str], object] = print, *, seconds: float = END_SECONDS
) -> list[str]:
    """End the demo that holds ``home`` and whatever one left there; the names of the parts that ran."""
    postgres = EmbeddedPostgres(home.postgres)
    parts = _running(home, postgres)
    if holder := home.holder():
        parts.insert(0, f"demo (process {holder.pid})")
        tell(f"Stopping the demo in {home.path} (process {holder.pid})")
        _end(holder, seconds)
    with home.locked():
        # What a demo that ended has stopped itself is gone; the rest is stopped here.
        parts += [name for name in _running(home, postgres) if name not in parts]
        stop_leftovers(home.run)
        postgres.stop()
    return parts


def other_demos(home: Home) -> Iterator[Home]:
    """Folders of demos of this project that run, other than ``home``."""
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if "sellerops_runtime" in words and "demo" in words and process.cwd() == str(PROJECT_ROOT):
                other = choose_home({VARIABLE: process.environ().get(VARIABLE, "")})
                if other.path != home.path and other.holder() == process:
                    yield other
        except (psutil.Error, OSError):
            continue


def _running(home: Home, postgres: EmbeddedPostgres) -> list[str]:
    return [*running_parts(home.run), *(["postgres"] if postgres.is_running else [])]


def _end(process: psutil.Process, seconds: float) -> None:
    """Ask it to end, which stops its parts; end it when it does not. Its parts are known by their files."""
    try:
        process.terminate()
        process.wait(seconds)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(seconds)
    except psutil.NoSuchProcess:
        return
