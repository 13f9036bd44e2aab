"""Runs the programs in `bin` in forks of one process that has imported Airflow and our packages.

    with Commands(airflow_environment) as commands:
        done = commands.run(("sellerops", "quota"), environment)

A command has a process of its own with the given environment, and bin's launcher chooses the installation,
as from a shell. Only starting a shell and Python two or three times is left out, which is most of what a
command costs. Those that a command starts in Airflow's environment are forks, too.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, NoReturn

from sellerops_runtime.home import PROJECT_ROOT

_Done = subprocess.CompletedProcess[str]


class Commands:
    """The warm process. ``environment``: Airflow's complete one, which it reads when it is imported."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "support.forked_commands"],
            cwd=PROJECT_ROOT,
            env={**environment, "PYTHONPATH": os.pathsep.join(map(str, _import_path()))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Commands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> _Done:
        """What ``bin/<words>`` prints, and its exit code, when typed in the clone."""
        assert self._server.stdin and self._server.stdout
        # As bin/launch.sh exports it.
        path = os.pathsep.join(str(PROJECT_ROOT / folder) for folder in ("include", "plugins"))
        given = {**environment, "PYTHONPATH": path}
        print(json.dumps([list(words), given]), file=self._server.stdin, flush=True)
        return _Done(words, **json.loads(self._server.stdout.readline()))


def _import_path() -> list[Any]:
    return [PROJECT_ROOT / folder for folder in ("include", "plugins", "tests")]


def _serve() -> None:
    """A line of words and environment in, a line of the result out, until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an import prints is no answer
    _import_all()
    for line in sys.stdin:
        words, environment = json.loads(line)
        done = _fork(partial(_launch, words), environment)
        answer = {"returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        print(json.dumps(answer), file=answers, flush=True)


def _import_all() -> None:
    from sellerops.cli import COMMANDS, airflow
    from sellerops.marts.specs import load_marts
    from sellerops.settings.specs import load_specs

    airflow.in_airflow = lambda arguments: _fork(lambda: _run_module(*arguments[1:]), os.environ)
    for module in (
        *(f"sellerops.cli.{name}" for name in COMMANDS),
        "sellerops_runtime.__main__",
        "sellerops_runtime.launch",
        "sellerops_airflow.hooks.connection_tests",
        "airflow.cli.commands.backfill_command",
        "airflow.cli.commands.connection_command",
        "airflow.cli.commands.dag_command",
    ):
        import_module(module)
    import_module("airflow.cli.cli_parser").get_parser()
    # What commands read as shipped; a child validates a spec again only if its content is another.
    load_specs(PROJECT_ROOT / "include" / "config" / "reports")
    load_marts()
    # A child that looks for garbage would copy all of this.
    gc.freeze()


def _launch(words: Sequence[str]) -> None:
    """bin/<program>: its launcher replaces the process with Python and a module, or with another program."""
    from sellerops_runtime import launch

    become = os.execvpe

    def replaced(file: str, command: list[str], environment: Mapping[str, str]) -> NoReturn:
        if command[0] != sys.executable:
            become(file, command, environment)
        _set_environment(environment)
        assert command[1:3] == ["-P", "-m"], command
        _run_module(*command[3:])
        raise SystemExit

    os.execvpe = replaced  # type: ignore[assignment]
    raise SystemExit(launch.main(["bin", *words]))


def _run_module(module: str, *arguments: str) -> None:
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _set_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _fork(work: Callable[[], object], environment: Mapping[str, str]) -> _Done:
    """Do the work in a child; what it prints, and its exit code."""
    with TemporaryFile() as out, TemporaryFile() as err:
        child = os.fork()
        if not child:
            with open(os.devnull, "rb") as nothing:
                for given, place in ((nothing, 0), (out, 1), (err, 2)):
                    os.dup2(given.fileno(), place)
            _set_environment(dict(environment))
            _end(work)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return _Done((), os.waitstatus_to_exitcode(status), out.read().decode(), err.read().decode())


def _end(work: Callable[[], object]) -> NoReturn:
    """Do the work and end the process as Python does, except that nothing is cleaned up."""
    code: Any = None
    try:
        work()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as Python itself does, whatever it is
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    _serve()
