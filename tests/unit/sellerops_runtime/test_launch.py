"""The programs in `bin` find their installation: the environment's, a running demo's, or none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sellerops.base.commands import commands_as_typed
from sellerops_runtime.demo_environment import command_template, running_environment, save_environment
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT, Home
from sellerops_runtime.launch import program_environment

SECRET = "of-the-demo"


@pytest.fixture
def listening() -> Iterator[int]:
    """A port with a listener, like that of a running demo's Postgres."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def demo(tmp_path: Path, listening: int) -> Home:
    home = Home(tmp_path / "demo")
    home.path.mkdir()
    _keep(home, listening)
    return home


def _keep(home: Home, port: int) -> None:
    save_environment(
        home,
        {"AIRFLOW_HOME": "/of/the/demo", "AIRFLOW__CORE__FERNET_KEY": SECRET, "EDITOR": "vi"},
        owner=f"postgresql://owner:{SECRET}@127.0.0.1:{port}/warehouse",
        warehouse=f"postgresql://collector:{SECRET}@127.0.0.1:{port}/warehouse",
        reader=f"postgresql://reader:{SECRET}@127.0.0.1:{port}/warehouse",
        archive="file:///archive",
    )


def given(home: Home, **more: str) -> dict[str, str]:
    return {"DEMO_HOME": str(home.path), "PATH": "/usr/bin", **more}


@pytest.mark.parametrize("program", ["sellerops", "airflow", "psql"])
def test_a_running_demo_is_asked_and_said_so(demo: Home, program: str) -> None:
    environment, message = program_environment(program, "bin", given(demo))
    assert environment["AIRFLOW_HOME"] == "/of/the/demo"
    assert environment["SELLEROPS_ARCHIVE"] == "file:///archive"
    assert str(demo.path) in message
    assert SECRET not in message


@pytest.mark.parametrize("name", ["AIRFLOW_HOME", "SELLEROPS_WAREHOUSE", "AIRFLOW_CONN_SELLEROPS_WAREHOUSE"])
def test_an_installation_that_is_named_is_never_mixed_with_the_demo(demo: Home, name: str) -> None:
    environment, message = program_environment("sellerops", "bin", given(demo, **{name: "mine"}))
    assert environment[name] == "mine"
    assert SECRET not in str(environment)
    assert name in message


def test_how_commands_are_printed_names_no_installation(demo: Home) -> None:
    environment, _ = program_environment("sellerops", "bin", given(demo, SELLEROPS_COMMAND="in-a-pod {}"))
    assert (environment["AIRFLOW_HOME"], environment["SELLEROPS_COMMAND"]) == ("/of/the/demo", "in-a-pod {}")


def test_a_demo_that_has_ended_is_not_asked(demo: Home) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        _keep(demo, unused.getsockname()[1])
    assert running_environment(demo) is None
    environment, message = program_environment("sellerops", "bin", given(demo))
    assert (message, "AIRFLOW_HOME" in environment) == ("", False)


@pytest.mark.parametrize("program", ["airflow", "psql"])
def test_without_an_installation_none_is_made(tmp_path: Path, program: str) -> None:
    with pytest.raises(StartError, match="no demo of this clone is running") as caught:
        program_environment(program, "bin", given(Home(tmp_path / "none")))
    assert "make demo" in caught.value.remedy


def test_what_is_kept_is_for_its_owner_and_only_of_the_demo(demo: Home) -> None:
    kept = demo.path / "environment.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "EDITOR" not in kept.read_text(encoding="utf-8")


def test_commands_are_printed_as_they_were_typed(tmp_path: Path) -> None:
    """From another folder, and with a demo in its own folder."""
    form = command_template({"DEMO_HOME": "/my demos/one"}, "../clone/bin")
    assert form == "DEMO_HOME='/my demos/one' ../clone/bin/{}"
    link = tmp_path / "clone"
    link.symlink_to(PROJECT_ROOT)
    done = subprocess.run(
        ["clone/bin/sellerops", "specs", "list", "--nothing"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix, "DEMO_HOME": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"usage: DEMO_HOME={tmp_path / 'none'} clone/bin/sellerops" in done.stderr


def test_a_clone_of_compose_alone_asks_the_container(tmp_path: Path) -> None:
    """Without a virtual environment, with the .env of Docker Compose."""
    clone, tools = tmp_path / "clone", tmp_path / "tools"
    (clone / "bin").mkdir(parents=True)
    tools.mkdir()
    for path in (PROJECT_ROOT / "bin").iterdir():
        (clone / "bin" / path.name).write_bytes(path.read_bytes())
        (clone / "bin" / path.name).chmod(0o755)
    (tools / "docker").write_text('#!/bin/sh\necho "$PWD: $@"\n', encoding="ascii")
    (tools / "docker").chmod(0o755)
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    alone = run("clone/bin/sellerops", "quota")
    assert (alone.returncode, "make -C" in alone.stderr) == (1, True)
    (clone / ".env").touch()
    asked = run("clone/bin/sellerops", "quarantine", "release", "7", "--note", "two words")
    words = "compose exec airflow-scheduler sellerops quarantine release 7 --note two words"
    assert asked.stdout.strip() == f"{clone}: {words}"
    assert (
        run("clone/bin/psql", "-l").stdout.strip()
        == f"{clone}: compose exec postgres psql -U postgres warehouse -l"
    )


def test_a_text_is_typed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLEROPS_COMMAND", "docker compose exec airflow-scheduler {}")
    text = "Run `sellerops quota`, see `sellerops.slice_state`; `airflow` and `sellerops-runtime health`."
    typed = commands_as_typed(text)
    at = "docker compose exec airflow-scheduler"
    assert typed == (
        f"Run `{at} sellerops quota`, see `sellerops.slice_state`; `{at} airflow` and "
        f"`{at} sellerops-runtime health`."
    )
    assert commands_as_typed(typed) == typed
