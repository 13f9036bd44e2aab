"""`make demo-stop`: stops a demo that is starting, running or was left behind, and prints what it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil

from sellerops.browsers.pool import Pool
from sellerops_runtime.home import PROJECT_ROOT, VARIABLE, Home, choose_home
from sellerops_runtime.postgres import EmbeddedPostgres
from sellerops_runtime.processes import running_parts, stop_leftovers

# A demo stops its components within half of this, even on a slow machine.
END_SECONDS = 90.0


def stop_demo(
    home: Home, show: Callable[[str], object] = print, *, seconds: float = END_SECONDS
) -> list[str]:
    """Stop the demo that holds ``home`` and anything left there; return the names of the stopped programs."""
    postgres = EmbeddedPostgres(home.postgres)
    parts = _running(home, postgres)
    if holder := home.holder():
        parts.insert(0, f"demo (process {holder.pid})")
        show(f"Stopping the demo in {home.path} (process {holder.pid})")
        _end(holder, seconds)
    with home.locked():
        # The demo has stopped its own components; stop whatever is left.
        parts += [name for name in _running(home, postgres) if name not in parts]
        stop_leftovers(home.run)
        parts += [f"browser of {login}" for login in Pool(home.path / "browsers").stop_all()]
        postgres.stop()
    return parts


def other_demos(home: Home) -> Iterator[Home]:
    """Homes of this project's other running demos."""
    for process in psutil.process_iter():
        try:
            argv = process.cmdline()
            if "sellerops_runtime" in argv and "demo" in argv and process.cwd() == str(PROJECT_ROOT):
                other = choose_home({VARIABLE: process.environ().get(VARIABLE, "")})
                if other.path != home.path and other.holder() == process:
                    yield other
        except (psutil.Error, OSError):
            continue


def _running(home: Home, postgres: EmbeddedPostgres) -> list[str]:
    return [*running_parts(home.run), *(["postgres"] if postgres.is_running else [])]


def _end(process: psutil.Process, seconds: float) -> None:
    """Terminate the process, or kill it after ``seconds``. Its components' pid files remain then."""
    try:
        process.terminate()
        process.wait(seconds)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(seconds)
    except psutil.NoSuchProcess:
        return
