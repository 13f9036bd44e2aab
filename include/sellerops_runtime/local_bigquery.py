"""A local BigQuery as a background program: `local-bigquery` of .venv-bigquery (`make bigquery`)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import yaml

from sellerops.settings.config_files import config_dir, read_yaml
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.ports import LOOPBACK, free_ports
from sellerops_runtime.processes import Component, plain_environment, wait_until

PROJECT, LOCATION = "local", "US"
VENV = PROJECT_ROOT / ".venv-bigquery"
DESTINATIONS = ("postgres", "bigquery")
# DuckDB needs all three to start; it looks for them below HOME.
_EXTENSIONS = ("icu", "ducklake", "spatial")
_IMPORT = f"from duckdb_extensions import import_extension as take; [take(name) for name in {_EXTENSIONS!r}]"


class LocalBigQuery:
    """One server on ports of its own, its tables in ``data``, which outlives it.

    Raises StartError when it is not installed.
    """

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        logs: Path,
        run_dir: Path,
        data: Path,
        port: int = 0,
        venv: Path = VENV,
    ) -> None:
        self._program = venv / "bin" / "local-bigquery"
        if not self._program.exists():
            raise StartError(
                "there is no local BigQuery.",
                where=str(self._program),
                remedy="Make it with `make bigquery` (Python 3.13), or leave out BIGQUERY=1.",
            )
        first, second = free_ports(2)
        self.port = port or first
        # Google's program would otherwise log in by what it finds of its own.
        self._env = {**plain_environment(env), "HOME": str(venv / "home")}
        argv = [str(self._program), "--host", LOOPBACK, "--port", str(self.port), "--grpc-port", str(second)]
        argv += ["--project", PROJECT, "--data-dir", str(data), "serve"]
        self.component = Component(
            "bigquery", argv, env=self._env, log=logs / "bigquery.log", run_dir=run_dir, cwd=data.parent
        )

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, seconds: float = 300.0) -> None:
        """Start it and wait until it answers."""
        self._take_extensions()
        self.component.start()
        wait_until(self._answers, seconds, "The local BigQuery", watch=[self.component])

    def environment(self) -> dict[str, str]:
        """What makes Google's client in Airflow's parts talk to it."""
        return {"BIGQUERY_EMULATOR_HOST": self.url}

    def _answers(self) -> bool:
        try:
            address = f"{self.url}/bigquery/v2/projects/{PROJECT}/datasets"
            return httpx.get(address, timeout=2.0, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _take_extensions(self) -> None:
        """Put DuckDB's extensions, which come as packages, where it looks for them; once."""
        home = Path(self._env["HOME"])
        done = home / ".installed"
        if done.exists():
            return
        home.mkdir(exist_ok=True)
        told = subprocess.run(
            [str(self._program.parent / "python"), "-c", _IMPORT],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode != 0:
            raise StartError(
                f"its DuckDB takes no extensions: {(told.stderr.strip().splitlines() or ['?'])[-1]}",
                where=str(home),
                remedy="Remove .venv-bigquery, then `make bigquery`.",
            )
        done.touch()


def bigquery_settings() -> dict[str, str]:
    """The variables of airflow_settings.yaml for the connection ``sellerops_bigquery``."""
    return {
        "SELLEROPS_BIGQUERY_PROJECT": PROJECT,
        "SELLEROPS_BIGQUERY_LOCATION": LOCATION,
        "SELLEROPS_BIGQUERY_ANONYMOUS": "true",
    }


def configure(folder: Path, source: Path | None = None) -> dict[str, str]:
    """A view of the configuration in which every report goes to both; the variables that choose it.

    Whatever else it says is the configuration itself, linked to: a spec that is changed is changed here too.
    """
    origin = source or config_dir()
    _link_all(origin, folder, but="reports")
    _link_all(origin / "reports", folder / "reports", but="defaults.yaml")
    defaults = folder / "reports" / "defaults.yaml"
    content = {**read_yaml(origin / "reports" / "defaults.yaml"), "destinations": list(DESTINATIONS)}
    defaults.write_text(yaml.safe_dump(content), encoding="utf-8")
    return {"SELLEROPS_CONFIG_DIR": str(folder)}


def _link_all(origin: Path, folder: Path, *, but: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_symlink():
            old.unlink()
    for each in origin.iterdir():
        if each.name != but:
            os.symlink(each, folder / each.name)
