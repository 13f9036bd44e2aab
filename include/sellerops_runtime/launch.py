"""Runs the programs in `bin`: each becomes the command it is named after, in the right environment.

An environment that defines an installation (SELLEROPS_..., AIRFLOW_...) is used as it is; otherwise, while
this clone's demo is running, the demo's environment is used. Without either, `airflow` and `psql` are
refused, because Airflow would create an empty installation in the user's home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sellerops.base.commands import VARIABLE as COMMAND
from sellerops.base.errors import SellerOpsError
from sellerops_runtime.demo_environment import (
    WAREHOUSE,
    command_template,
    installation_variables,
    running_environment,
)
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import choose_home

_MODULES = {"sellerops": "sellerops", "sellerops-runtime": "sellerops_runtime", "airflow": "airflow"}

# What a program requires, and what to set for it.
_MISSING = {
    "airflow": ("an Airflow", "AIRFLOW_HOME and the AIRFLOW__ variables of yours"),
    "psql": ("a Postgres", WAREHOUSE),
}


def main(arguments: Sequence[str]) -> int:
    """Replace this process: ``<folder of the program as typed> <program> <its arguments...>``."""
    folder, program, *rest = arguments
    try:
        reads_airflow = program == "sellerops-runtime" and rest[:1] in (["health"], ["settings"])
        environment, message = program_environment(
            "airflow" if reads_airflow else program, folder, os.environ
        )
        command, environment = _command(program, rest, environment)
    except SellerOpsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if message:
        print(message, file=sys.stderr)
    os.execvpe(command[0], command, environment)


def program_environment(program: str, folder: str, given: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """A program's environment, and a message for the user. Raises StartError without an installation."""
    # So that commands that call others, such as `gaps --fill`, find those of the same Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    environment = {COMMAND: command_template(given, folder), **given, "PATH": path}
    home, own = choose_home(given), installation_variables(given)
    demo = running_environment(home)
    if own:
        ignored = (
            f"Ignoring the demo in {home.path}, because the environment sets {', '.join(own)}."
            if demo
            else ""
        )
        return environment, ignored
    if demo:
        form = given.get(COMMAND) or environment[COMMAND]
        return {**environment, **demo, COMMAND: form}, f"Using the demo in {home.path}."
    if program in _MISSING:
        what, remedy = _MISSING[program]
        raise StartError(
            f"no demo of this clone is running, and the environment does not name {what}.",
            where=str(home.path),
            remedy=f"Start `make demo` in another terminal, or set {remedy}.",
        )
    return environment, ""


def _command(program: str, rest: list[str], environment: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    if program == "psql":
        from sellerops_runtime.postgres import psql

        return [psql(), *rest], {**environment, **_libpq(environment.get(WAREHOUSE, ""))}
    # -P: do not import a folder named `airflow` in the working directory.
    return [sys.executable, "-P", "-m", _MODULES[program], *rest], environment


def _libpq(conninfo: str) -> dict[str, str]:
    """A libpq string as environment variables; as an argument, every user would see its password."""
    from psycopg.conninfo import conninfo_to_dict

    if not conninfo:
        raise StartError(
            "is not set.", where=WAREHOUSE, remedy=f"Set {WAREHOUSE} to the warehouse's address."
        )
    names = {"dbname": "DATABASE"}
    return {
        f"PG{names.get(key, key.upper())}": str(value) for key, value in conninfo_to_dict(conninfo).items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
