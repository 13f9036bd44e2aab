"""Connections and variables from a secrets backend: the environment, and Airflow's file-based one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from support.airflow_home import PROJECT_ROOT
from support.moto_server import REGION, MotoServer

from sellerops.archive import Archive

FROM_FILE = {
    "sellerops_warehouse": {"conn_type": "postgres", "host": "db.internal", "login": "tasks", "schema": "w"},
    "sellerops_storage": {"conn_type": "sellerops_storage", "login": "test", "password": "from-the-file"},
}
FROM_ENVIRONMENT = {"conn_type": "postgres", "host": "db.internal", "login": "reading", "schema": "w"}
# What tasks ask for, and what the command line does.
PROGRAM = """
import json
from sellerops.cli.airflow import known_connection, known_variable
from sellerops_airflow.runtime import get_runtime
from sellerops.archive import Archive
from sellerops_airflow.hooks.archive import archive_uri
runtime = get_runtime()
print(json.dumps({
    "warehouse": runtime.conninfo,
    "reader": runtime.reader_conninfo,
    "owner": Archive(archive_uri()).owner(),
    "typed": [known_variable("sellerops_archive_uri"), known_connection("sellerops_warehouse").login],
}))
"""


def test_the_tasks_and_the_command_line_find_what_a_secrets_backend_has(
    tmp_path: Path, bucket: str, s3_server: MotoServer
) -> None:
    Archive(f"{bucket}/archive").mark("this installation")
    connections = {
        name: fields | {"extra": {"region": REGION}} if name == "sellerops_storage" else fields
        for name, fields in FROM_FILE.items()
    }
    connections["sellerops_storage"]["host"] = s3_server.url
    (tmp_path / "connections.json").write_text(json.dumps(connections))
    (tmp_path / "variables.json").write_text(json.dumps({"sellerops_archive_uri": f"{bucket}/archive"}))
    files = {f"{name}_file_path": str(tmp_path / f"{name}.json") for name in ("connections", "variables")}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")},
        "PYTHONPATH": os.pathsep.join(str(PROJECT_ROOT / name) for name in ("include", "plugins")),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # A metadata database that nothing has prepared: whoever reads it fails.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/empty.db",
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(files),
        "AIRFLOW_CONN_SELLEROPS_READER": json.dumps(FROM_ENVIRONMENT),
        "_AIRFLOW_PROCESS_CONTEXT": "server",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().rpartition("\n")[2])
    assert "user=tasks" in told["warehouse"] or "tasks@" in told["warehouse"]
    assert "reading" in told["reader"]
    assert told["owner"] == "this installation"
    assert told["typed"] == [f"{bucket}/archive", "tasks"]
    assert "from-the-file" not in done.stdout + done.stderr
