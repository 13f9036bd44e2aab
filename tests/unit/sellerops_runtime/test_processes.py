"""Background programs: everything that was started is stopped, and nothing else."""

import json
import os
import sys

import psutil
import pytest

from sellerops_runtime.errors import StartError
from sellerops_runtime.processes import Component, stop_all, stop_leftovers, tail, wait_until

# Ignores SIGTERM, like the child it starts, as a hanging scheduler and its workers would.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    open(sys.argv[1], "w").write(str(child))
time.sleep(600)
"""
POLITE = "import time; print('up', flush=True); time.sleep(600)"


@pytest.fixture
def component(tmp_path):
    made = []

    def make(code, *arguments, name="part"):
        part = Component(
            name,
            [sys.executable, "-c", code, *map(str, arguments)],
            env=dict(os.environ),
            log=tmp_path / "logs" / f"{name}.log",
            run_dir=tmp_path / "run",
            cwd=tmp_path,
        )
        made.append(part)
        part.start()
        return part

    yield make
    stop_all(made, seconds=0.0)


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_program_that_ignores_term_is_killed_with_its_children(component, tmp_path):
    part = component(STUBBORN, tmp_path / "child")
    wait_until(lambda: (tmp_path / "child").exists() and tail(tmp_path / "child") != "", 240, "the child")
    child = int((tmp_path / "child").read_text())
    assert is_running(part.pid)
    assert is_running(child)
    stop_all([part], seconds=0.3)
    assert not is_running(part.pid)
    assert not is_running(child)


def test_children_whose_parent_is_gone_are_stopped_too(component, tmp_path):
    part = component(STUBBORN, tmp_path / "child")
    wait_until(lambda: tail(tmp_path / "child") != "", 240, "the child")
    child = int((tmp_path / "child").read_text())
    psutil.Process(part.pid).kill()
    part._child.wait()
    assert is_running(child)
    stop_leftovers(tmp_path / "run", seconds=0.1)
    assert not is_running(child)


def test_leftovers_are_stopped_and_named(component, tmp_path):
    part = component(POLITE, name="scheduler")
    assert stop_leftovers(tmp_path / "run") == ["scheduler"]
    assert not is_running(part.pid)
    assert stop_leftovers(tmp_path / "run") == []


def test_another_process_that_has_the_recorded_pid_now_is_left_alone(component, tmp_path):
    part = component(POLITE)
    recorded = json.loads(part.pid_file.read_text())
    part.pid_file.write_text(json.dumps({**recorded, "created": recorded["created"] - 3600}))
    assert stop_leftovers(tmp_path / "run", seconds=0.2) == []
    assert is_running(part.pid)
    part.pid_file.write_text(json.dumps(recorded))


def test_another_session_of_the_same_number_is_left_alone(component, tmp_path):
    """As after a reboot: the pid now belongs to a daemon's session, whose leader is gone as usual."""
    part = component(STUBBORN, tmp_path / "child")
    wait_until(lambda: tail(tmp_path / "child") != "", 240, "the child")
    child = int((tmp_path / "child").read_text())
    psutil.Process(part.pid).kill()
    part._child.wait()
    recorded = json.loads(part.pid_file.read_text())
    part.pid_file.write_text(json.dumps({**recorded, "cwd": "/somewhere/else"}))
    stop_leftovers(tmp_path / "run", seconds=0.1)
    assert is_running(child)
    part.pid_file.write_text(json.dumps(recorded))


def test_a_damaged_pid_file_stops_nothing(tmp_path):
    (tmp_path / "part.json").write_text("{")
    assert stop_leftovers(tmp_path) == []


def test_waiting_ends_at_once_with_the_last_words_of_a_program_that_ended(component):
    part = component("import sys; sys.exit('no such database')")
    with pytest.raises(StartError, match=r"part exited with code 1.*\n.*no such database"):
        wait_until(lambda: False, 240, "the part", watch=[part])


def test_waiting_in_vain_names_what_was_waited_for(component):
    part = component(POLITE)
    with pytest.raises(StartError, match=r"The part was not ready after 0 seconds.*"):
        wait_until(lambda: False, 0.1, "The part", watch=[part])


def test_tail_of_a_long_log_is_its_last_lines(tmp_path):
    log = tmp_path / "log"
    log.write_text("\n".join(f"line {n}" for n in range(5000)))
    assert tail(log, 2) == "line 4998\nline 4999"
    assert tail(tmp_path / "none") == ""
