"""`make test-real`: asks the real services, with the credentials of this installation.

They are taken, first found first, from ``AIRFLOW_CONN_...``, from the variables that ``.env.example`` names
(in the environment, else in ``.env``), and from the Airflow that the environment points to. They reach the
checks through the environment of one process; nothing stores or prints them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sellerops.cli.airflow import has_airflow, in_airflow
from sellerops_runtime.settings import ConnectionSetting, read_settings, substitute_variables

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Run the checks; returns pytest's exit code."""
    environment = dict(os.environ)
    for conn_id, fields in (*_of_variables(), *_of_airflow()):
        environment.setdefault(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
    command = [sys.executable, "-m", "pytest", "tests/real", "-m", "real", "-n0", "-q", "--tb=short",
               "-p", "no:cacheprovider", *arguments]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _of_variables() -> Iterator[tuple[str, dict[str, object]]]:
    """The entries of airflow_settings.yaml whose variables are set."""
    loaded = substitute_variables(read_settings(), {**_dotenv(), **os.environ})
    for each in loaded.settings.connections:
        if each.conn_type != "postgres":
            yield each.conn_id, _fields(each)


def _fields(entry: ConnectionSetting) -> dict[str, object]:
    extra = entry.conn_extra if isinstance(entry.conn_extra, dict) else json.loads(entry.conn_extra or "{}")
    return {
        "conn_type": entry.conn_type,
        "host": entry.conn_host,
        "schema": entry.conn_schema,
        "login": entry.conn_login,
        "password": entry.conn_password,
        "port": int(entry.conn_port) if entry.conn_port else None,
        "extra": {name: value for name, value in extra.items() if value not in ("", None)},
    }


def _of_airflow() -> Iterator[tuple[str, dict[str, object]]]:
    """The connections of the Airflow that the environment points to; none without one."""
    if not has_airflow():
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "connections.json"
        done = in_airflow(["-m", "airflow", "connections", "export", str(file), "--file-format", "json"])
        if done.returncode != 0:
            print(
                "This Airflow's connections cannot be read; those of the environment are used.",
                file=sys.stderr,
            )
            return
        found = json.loads(file.read_text(encoding="utf-8"))
    for conn_id, fields in found.items():
        extra = fields.get("extra") or {}
        yield conn_id, {**fields, "extra": json.loads(extra) if isinstance(extra, str) else extra}


def _dotenv() -> dict[str, str]:
    file = ROOT / ".env"
    if not file.is_file():
        return {}
    lines = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    found = {name.strip(): value.strip() for name, _, value in lines if not name.lstrip().startswith("#")}
    return {name: value for name, value in found.items() if value}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
