"""What docker-compose runs before Airflow's components, on the tests' Postgres: it needs no engine."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from sellerops.ledger import Ledger
from sellerops_runtime.databases import create_database
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.init import warehouse_conninfo
from sellerops_runtime.local_amazon import LocalAmazon

COMPOSE = yaml.safe_load((PROJECT_ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
FERNET_KEY = "aGVsbG8taGVsbG8taGVsbG8taGVsbG8taGVsbG8tMTI="


@pytest.fixture
def environment(postgres_server, tmp_path):
    """The service's environment as docker-compose sets it, with this machine's addresses."""
    metadata = postgres_server.create_database()
    where = urlsplit(metadata)
    warehouse = f"warehouse_{where.path[-6:]}"
    yield {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        **COMPOSE["services"]["airflow-init"]["environment"],
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(tmp_path / "keys" / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": where._replace(scheme="postgresql+psycopg").geturl(),
        "AIRFLOW_ADMIN_PASSWORD": "open sesame",
        "PYTHONPATH": os.pathsep.join(str(PROJECT_ROOT / root) for root in ("include", "plugins")),
        "SELLEROPS_WAREHOUSE_HOST": where.hostname,
        "SELLEROPS_WAREHOUSE_PORT": str(where.port),
        "SELLEROPS_WAREHOUSE_DATABASE": warehouse,
        "SELLEROPS_WAREHOUSE_USER": where.username,
        "SELLEROPS_WAREHOUSE_PASSWORD": where.password,
    }
    postgres_server.drop_database(metadata)
    postgres_server.drop_database(where._replace(path=f"/{warehouse}").geturl())


def run(environment, *arguments):
    command = [sys.executable, *COMPOSE["services"]["airflow-init"]["command"][1:3], *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def connections(environment):
    url = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT conn_id, host FROM connection").fetchall())


def test_metadata_ledger_settings_and_password_are_there_afterwards_however_often(environment, tmp_path):
    first = run(environment, "init")
    assert "left out  connection amazon_sp_northwind_na: set AMAZON_SP_NORTHWIND_NA_CLIENT_ID" in first
    assert connections(environment) == {"sellerops_warehouse": environment["SELLEROPS_WAREHOUSE_HOST"]}
    assert json.loads((tmp_path / "keys" / "passwords.json").read_text()) == {"admin": "open sesame"}
    ledger = Ledger(warehouse_conninfo(environment))
    assert not ledger.clock().is_virtual

    amazon = LocalAmazon(env=environment, logs=tmp_path / "logs", run_dir=tmp_path / "run")
    amazon.start()
    try:
        run(environment, "use-sandbox", amazon.url, "--speed", "20")
        assert amazon.clock().speed == 20
        ahead = (ledger.clock().now() - amazon.clock().now()).total_seconds()
    finally:
        amazon.component.stop()
    assert abs(ahead) < 20, "the ledger's clock is not the local Amazon's"
    found = connections(environment)
    assert found["amazon_sp_northwind_na"] == found["amazon_sp_northwind_eu"] == amazon.url
    ledger.close()

    second = run(environment, "init")
    assert "made      database" in first
    assert "made      database" not in second
    assert connections(environment) == found


def test_a_warehouse_that_is_not_named_is_asked_for_by_the_variables():
    with pytest.raises(StartError, match="SELLEROPS_WAREHOUSE_HOST, SELLEROPS_WAREHOUSE_PASSWORD is not set"):
        warehouse_conninfo({"SELLEROPS_WAREHOUSE_USER": "me"})


def test_a_database_is_made_once(postgres_server):
    conninfo = urlsplit(postgres_server.conninfo())._replace(path="/made%20once").geturl()
    assert create_database(conninfo)
    assert not create_database(conninfo)
    postgres_server._execute('DROP DATABASE "made once"')
