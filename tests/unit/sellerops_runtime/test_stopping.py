"""`make demo-stop` from another terminal stops the demo in any state, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.errors import AlreadyRunning, StartError
from sellerops_runtime.home import PROJECT_ROOT, Home
from sellerops_runtime.processes import wait_until
from sellerops_runtime.stopping import other_demos, stop_demo

# A minimal demo: it locks its folder, has one component, and stops it when interrupted.
DEMO = """
import os, signal, sys, time
from pathlib import Path
from sellerops_runtime.home import choose_home
from sellerops_runtime.processes import Component, stop_leftovers
from sellerops_runtime.signals import Interrupted, interruptible

home, kind = choose_home(), sys.argv[1]
try:
    with interruptible(), home.locked():
        if kind == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        argv = [sys.executable, "-c", "import time; time.sleep(600)"]
        Component("part", argv, env=dict(os.environ), log=home.logs / "part.log", run_dir=home.run,
                  cwd=home.path).start()
        home.path.joinpath("up").touch()
        try:
            time.sleep(600)
        finally:
            stop_leftovers(home.run)
except Interrupted:
    sys.exit(130)
"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start one in ``home``; like the real one, its arguments name the program."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(home: Home, kind: str = "well-behaved") -> subprocess.Popen[bytes]:
        program = tmp_path / "sellerops_runtime" / "demo"
        program.parent.mkdir(exist_ok=True)
        program.write_text(DEMO)
        process = subprocess.Popen(
            [sys.executable, str(program), kind, "sellerops_runtime", "demo"],
            env={**os.environ, "DEMO_HOME": str(home.path), "PYTHONPATH": str(PROJECT_ROOT / "include")},
            cwd=PROJECT_ROOT,
        )
        begun.append(process)
        wait_until(lambda: (home.path / "up").exists() or process.poll() is not None, 240, "the demo")
        return process

    yield start
    for process in begun:
        process.kill()
        process.wait()


def part_of(home: Home) -> psutil.Process:
    return psutil.Process(json.loads((home.run / "part.json").read_text())["pid"])


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_running_demo_ends_itself_and_all_that_ran_is_named(tmp_path, demo) -> None:
    home, printed = Home(tmp_path / "home"), []
    process = demo(home)
    part = part_of(home)
    assert stop_demo(home, printed.append) == [f"demo (process {process.pid})", "part"]
    assert not is_alive(process.pid)
    assert not is_alive(part.pid)
    assert printed == [f"Stopping the demo in {home.path} (process {process.pid})"]
    assert stop_demo(home, printed.append) == []


def test_a_demo_that_does_not_listen_is_ended_with_its_parts(tmp_path, demo) -> None:
    home = Home(tmp_path / "home")
    process = demo(home, "deaf")
    part = part_of(home)
    assert stop_demo(home, seconds=0.2)[1:] == ["part"]
    assert not is_alive(process.pid)
    assert not is_alive(part.pid)


def test_what_a_killed_demo_left_is_stopped(tmp_path, demo) -> None:
    home = Home(tmp_path / "home")
    process = demo(home)
    part = part_of(home)
    process.kill()
    process.wait()
    assert stop_demo(home) == ["part"]
    assert not is_alive(part.pid)


def test_a_process_that_only_has_the_number_of_an_earlier_demo_is_left_alone(tmp_path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (home.path / "lock").write_text(str(other.pid))
        assert home.holder() is None
        assert stop_demo(home) == []
        assert other.poll() is None
        other.communicate(b"\n")


def test_a_second_start_says_where_the_first_is_and_how_to_stop_it(tmp_path, demo, monkeypatch) -> None:
    home = Home(tmp_path / "a home")
    monkeypatch.setenv("DEMO_HOME", str(home.path))
    process = demo(home)
    pattern = f"process {process.pid}\\) and is starting or stopping.*demo-stop DEMO_HOME='{home.path}'"
    with pytest.raises(AlreadyRunning, match=pattern), home.locked():
        pass
    home.address_file.write_text("http://127.0.0.1:8080")
    monkeypatch.delenv("DEMO_HOME")
    pattern = r"its Airflow is http://127\.0\.0\.1:8080\. Next: Use it, or stop it with `make demo-stop`"
    with pytest.raises(AlreadyRunning, match=pattern), home.locked():
        pass


def test_demos_of_this_project_in_other_folders_are_found(tmp_path, demo) -> None:
    here, elsewhere = Home(tmp_path / "here"), Home(tmp_path / "elsewhere")
    demo(elsewhere)
    assert elsewhere in [Home(other.path) for other in other_demos(here)]
    assert elsewhere not in [Home(other.path) for other in other_demos(elsewhere)]


def test_a_start_that_is_interrupted_does_not_wait_for_its_commands(tmp_path) -> None:
    """As `airflow db migrate`, which may take a minute."""
    stack = AirflowStack(tmp_path / "airflow", "postgresql://", tmp_path / "run", tmp_path / "logs")
    errors: list[Exception] = []

    def migrate() -> None:
        try:
            stack.run_once("migrate", [sys.executable, "-c", "import time; time.sleep(600)"])
        except StartError as error:
            errors.append(error)

    thread = threading.Thread(target=migrate)
    thread.start()
    wait_until(lambda: bool(stack._commands), 240, "the command")
    stack.abort()
    thread.join()
    assert len(errors) == 1
