"""Runs a local BigQuery as a background program: `local-bigquery` in .venv-bigquery (`make bigquery`)."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import yaml

from sellerops.settings.config_files import config_dir, read_yaml
from sellerops_runtime.config_overlay import link_all
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.ports import LOOPBACK, free_ports
from sellerops_runtime.processes import Component, plain_environment, wait_until

PROJECT, LOCATION = "local", "US"
VENV = PROJECT_ROOT / ".venv-bigquery"
DESTINATIONS = ("postgres", "bigquery")
# Extensions that DuckDB needs to start; it looks for them below HOME.
_EXTENSIONS = ("icu", "ducklake", "spatial")
_IMPORT = f"from duckdb_extensions import import_extension as take; [take(name) for name in {_EXTENSIONS!r}]"


class LocalBigQuery:
    """One server on its own ports, with its tables in ``data``, which remain when it stops.

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
                "the local BigQuery is not installed.",
                where=str(self._program),
                remedy="Install it with `make bigquery` (Python 3.13), or run without BIGQUERY=1.",
            )
        first, second = free_ports(2)
        self.port = port or first
        # Its own HOME, so that it does not log in with the user's Google credentials.
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
        """Variables that direct Google's client in Airflow's components to this server."""
        return {"BIGQUERY_EMULATOR_HOST": self.url}

    def _answers(self) -> bool:
        try:
            address = f"{self.url}/bigquery/v2/projects/{PROJECT}/datasets"
            return httpx.get(address, timeout=2.0, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _take_extensions(self) -> None:
        """Install DuckDB's extensions, which come as packages, where DuckDB looks for them; only once."""
        home = Path(self._env["HOME"])
        marker = home / ".installed"
        if marker.exists():
            return
        home.mkdir(exist_ok=True)
        done = subprocess.run(
            [str(self._program.parent / "python"), "-c", _IMPORT],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no details"])[-1]
            raise StartError(
                f"cannot install DuckDB's extensions: {reason}",
                where=str(home),
                remedy="Remove .venv-bigquery, then run `make bigquery`.",
            )
        marker.touch()


def bigquery_settings() -> dict[str, str]:
    """Variables for the connection ``sellerops_bigquery`` in airflow_settings.yaml."""
    return {
        "SELLEROPS_BIGQUERY_PROJECT": PROJECT,
        "SELLEROPS_BIGQUERY_LOCATION": LOCATION,
        "SELLEROPS_BIGQUERY_ANONYMOUS": "true",
    }


def configure(folder: Path, source: Path | None = None) -> dict[str, str]:
    """Create a configuration in ``folder`` that loads every report into both destinations.

    Everything else is linked to ``source`` (default: the configuration), so changed specs take effect here
    too. Returns the variables that select the new configuration.
    """
    origin = source or config_dir()
    link_all(origin, folder, except_for=["reports"])
    link_all(origin / "reports", folder / "reports", except_for=["defaults.yaml"])
    defaults = folder / "reports" / "defaults.yaml"
    content = {**read_yaml(origin / "reports" / "defaults.yaml"), "destinations": list(DESTINATIONS)}
    defaults.write_text(yaml.safe_dump(content), encoding="utf-8")
    return {"SELLEROPS_CONFIG_DIR": str(folder)}
