"""The programs of `bin`: each becomes the command it is named after, in the right environment.

An environment that names an installation (SELLEROPS_..., AIRFLOW_...) is taken as it is. Otherwise that of
this clone's demo is, while it runs. Without either `airflow` and `psql` are refused: Airflow would make an
empty installation in the user's home.
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

# What programs cannot do without, and how to name it.
_MISSING = {
    "airflow": ("an Airflow", "AIRFLOW_HOME and the AIRFLOW__ variables of yours"),
    "psql": ("a Postgres", WAREHOUSE),
}


def main(arguments: Sequence[str]) -> int:
    """``<folder of the program as it was typed> <program> <its arguments...>``; becomes the program."""
    folder, program, *rest = arguments
    try:
        reads_airflow = program == "sellerops-runtime" and rest[:1] in (["health"], ["settings"])
        environment, told = program_environment("airflow" if reads_airflow else program, folder, os.environ)
        command, environment = _command(program, rest, environment)
    except SellerOpsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if told:
        print(told, file=sys.stderr)
    os.execvpe(command[0], command, environment)


def program_environment(program: str, folder: str, given: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The environment a program gets, and what to say of it. Raises StartError without an installation."""
    # Commands that call others, such as `gaps --fill`, find those of the same Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    environment = {COMMAND: command_template(given, folder), **given, "PATH": path}
    home, own = choose_home(given), installation_variables(given)
    demo = running_environment(home)
    if own:
        passed = f"Ignoring the demo in {home.path}: {', '.join(own)} set." if demo else ""
        return environment, passed
    if demo:
        form = given.get(COMMAND) or environment[COMMAND]
        return {**environment, **demo, COMMAND: form}, f"Using the demo in {home.path}."
    if program in _MISSING:
        what, remedy = _MISSING[program]
        raise StartError(
            f"no demo of this clone is running, and the environment does not point to {what}.",
            where=str(home.path),
            remedy=f"Start `make demo` in another terminal, or set {remedy}.",
        )
    return environment, ""


def _command(program: str, rest: list[str], environment: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    if program == "psql":
        from sellerops_runtime.postgres import psql

        return [psql(), *rest], {**environment, **_libpq(environment.get(WAREHOUSE, ""))}
    # -P: a folder `airflow` where the user stands is not Airflow.
    return [sys.executable, "-P", "-m", _MODULES[program], *rest], environment


def _libpq(conninfo: str) -> dict[str, str]:
    """An address as libpq's variables: among arguments everybody on the machine would see the password."""
    from psycopg.conninfo import conninfo_to_dict

    if not conninfo:
        raise StartError("no warehouse is named.", where=WAREHOUSE, remedy=f"Set {WAREHOUSE}.")
    names = {"dbname": "DATABASE"}
    return {
        f"PG{names.get(key, key.upper())}": str(value) for key, value in conninfo_to_dict(conninfo).items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
