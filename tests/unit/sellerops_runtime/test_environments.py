"""Programs beside Airflow get none of its keys, connections and credentials."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.local_amazon import LocalAmazon
from sellerops_runtime.local_bigquery import LocalBigQuery

SECRETS = {
    "AIRFLOW_CONN_AMAZON_SP_SHOP": "amazon_sp://canary",
    "AMAZON_SP_SHOP_CLIENT_SECRET": "canary",
    "AWS_SECRET_ACCESS_KEY": "canary",
    "GOOGLE_APPLICATION_CREDENTIALS": "/canary.json",
    "PGPASSWORD": "canary",
    "SELLEROPS_WAREHOUSE_PASSWORD": "canary",
    "SLACK_BOT_TOKEN": "canary",
}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of Airflow's components in a demo started from a shell with its own credentials."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    stack = AirflowStack(
        tmp_path / "airflow", "postgresql://u:canary@h/d", tmp_path / "run", tmp_path / "logs"
    )
    return {**stack.env(), **SECRETS}


def is_clean(environment: dict[str, str]) -> bool:
    return not [
        name
        for name, value in environment.items()
        if "canary" in value or name.startswith(("AIRFLOW", "PG", "AWS", "SELLEROPS"))
    ]


def test_the_local_amazon_starts_with_a_plain_environment(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert environment["AIRFLOW__CORE__FERNET_KEY"] and not is_clean(environment)
    amazon = LocalAmazon(env=environment, logs=tmp_path / "logs", run_dir=tmp_path / "run")
    amazon.start()
    try:
        found = psutil.Process(amazon.component.pid).environ()
        assert is_clean(found)
        assert found["PATH"] == os.environ["PATH"] and found["PYTHONPATH"]
    finally:
        amazon.component.kill()


def test_the_local_bigquery_starts_with_a_plain_environment(
    environment: dict[str, str], tmp_path: Path
) -> None:
    program = tmp_path / "venv" / "bin" / "local-bigquery"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    local = LocalBigQuery(
        env=environment,
        logs=tmp_path,
        run_dir=tmp_path / "run",
        data=tmp_path / "data",
        venv=tmp_path / "venv",
    )
    assert is_clean(local.component.env) and local.component.env["HOME"] == str(tmp_path / "venv" / "home")


def test_compose_tells_the_local_amazon_only_where_its_files_are() -> None:
    services = yaml.safe_load((PROJECT_ROOT / "docker-compose.yaml").read_text())["services"]
    assert services["amazon"]["environment"] == {"TMPDIR": "/var/tmp"}
    assert not {"env_file", "secrets"} & set(services["amazon"])
