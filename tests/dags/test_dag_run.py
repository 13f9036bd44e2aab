"""Complete DAG runs through Airflow's `dag.test()`, with the local Amazon and a real Postgres."""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import psycopg
import pytest
from airflow import settings
from airflow.dag_processing.dagbag import DagBag
from support.airflow_home import PROJECT_ROOT, prepare_airflow
from support.sandbox import SandboxServer
from support.system import follow_clock

from sellerops.ledger import Ledger, SliceState
from sellerops.settings.config_files import config_dir
from sellerops.settings.specs import spec_files
from sellerops_airflow.pages.task_slices import find_task_slice
from sellerops_airflow.runtime import Runtime, use_runtime
from sellerops_airflow.triggers import report
from sellerops_runtime.report_selection import DEMO_REPORTS

SALES = "report__amazon_sp__sales_and_traffic"
DAY = "2026-11-19"
MARKETPLACES = {"US", "CA", "MX", "GB", "DE", "FR"}


@pytest.fixture(scope="module", autouse=True)
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shipped configuration with the plain demo's reports only, since each `dag.test()` parses them."""
    copy = tmp_path_factory.mktemp("few") / "config"
    shutil.copytree(config_dir(), copy)
    for path in spec_files(copy / "reports"):
        if path.stem not in DEMO_REPORTS:
            path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELLEROPS_CONFIG_DIR", str(copy))
        yield


@pytest.fixture(scope="module")
def bag(config: None, tmp_path_factory: pytest.TempPathFactory) -> DagBag:
    """The DAGs of this module's tests, each file in a folder of its own, see ``run``."""
    dags = tmp_path_factory.mktemp("dags")
    for pattern in ("report_dags_*.py", "maintenance.py", "marts.py"):
        for path in (PROJECT_ROOT / "dags").glob(pattern):
            folder = dags / path.stem
            folder.mkdir()
            shutil.copy(path, folder)
    return DagBag(dag_folder=str(dags))


@pytest.fixture(scope="module")
def amazon() -> Iterator[SandboxServer]:
    """The local Amazon, with a clock that runs 60 times as fast."""
    with SandboxServer(speed=60.0, options=("--start", "2026-11-21T09:00:00Z")) as server:
        yield server


@pytest.fixture(scope="module")
def metadata() -> Path:
    """Airflow's metadata, migrated to this version."""
    from airflow.utils.db import upgradedb

    home = prepare_airflow()
    upgradedb()
    return home / "airflow.db"


@pytest.fixture
def world(
    amazon: SandboxServer,
    metadata: Path,
    ledger: Ledger,
    conninfo: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SandboxServer]:
    """Connections, variable and pools as `make settings` sets them; waits end as soon as possible."""
    amazon.reset()
    amazon.jobs(queue_seconds=20, progress_seconds=20)
    follow_clock(ledger, amazon)
    for name, connection in _connections(amazon, conninfo).items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_VAR_SELLEROPS_ARCHIVE_URI", str(tmp_path / "archive"))
    monkeypatch.setattr(report, "FIRST_EVENT_AFTER_S", 0.0)
    _make_pools()
    from sellerops_airflow import runtime

    ours: Runtime = runtime._from_airflow()
    with use_runtime(ours):
        yield amazon
    ours.close()


def _connections(amazon: SandboxServer, conninfo: str) -> dict[str, dict[str, Any]]:
    warehouse = urlsplit(conninfo)
    return {
        "sellerops_warehouse": {
            "conn_type": "postgres",
            "host": warehouse.hostname,
            "port": warehouse.port,
            "schema": warehouse.path[1:],
            "login": warehouse.username,
            "password": warehouse.password,
        },
        "slack_default": {
            "conn_type": "slack",
            "password": "xoxb-x",
            "extra": {"base_url": f"{amazon.url}/api/"},
        },
        **{
            f"{source}_{seller['account']}": {
                "conn_type": source,
                "host": amazon.url,
                "login": client["client_id"],
                "password": client["client_secret"],
                "extra": {"refresh_token": client["refresh_token"], "token_url": amazon.token_url},
            }
            for seller in amazon.accounts()
            for source, client in (("amazon_sp", seller), ("amazon_ads", seller["ads"]))
        },
    }


def _make_pools() -> None:
    from airflow.models import Pool

    from sellerops.settings.accounts import load_accounts

    for account in load_accounts().values():
        Pool.create_or_update_pool(account.pool, slots=4, description="", include_deferred=False)


def run(bag: DagBag, dag_id: str, conf: dict[str, Any] | None = None, **options: Any) -> Any:
    """Run the DAG manually, without a logical date; return the finished DagRun."""
    dag = bag.dags[dag_id]
    # Airflow 3.3.2 cannot finish `dags test` of a DAG with a deadline: it mistakes the alert for its id.
    dag.deadline = None
    # It parses and stores all DAGs of its folder before each run: here those of the DAG's own file.
    with patch.object(settings, "DAGS_FOLDER", str(Path(dag.fileloc).parent)):
        return dag.test(logical_date=None, run_conf=conf, **options)


def tasks(dag_run: Any) -> dict[str, Counter[str]]:
    """States of the run's tasks by name, without the account."""
    found: dict[str, Counter[str]] = {}
    for ti in dag_run.get_task_instances():
        found.setdefault(ti.task_id.split(".", 1)[1], Counter())[str(ti.state)] += 1
    return found


def select(conninfo: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(statement).fetchall()


def test_a_run_collects_every_marketplaces_day_and_no_secret_shows(
    world: SandboxServer,
    bag: DagBag,
    ledger: Ledger,
    conninfo: str,
    metadata: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    done = run(bag, SALES, {"from_day": DAY, "to_day": DAY})
    assert done.state == "success"
    assert tasks(done) == {
        "plan_slices": {"success": 2},
        "slice.fetch_report": {"success": 6},
        "slice.load_postgres": {"success": 6},
    }
    labels = {ti.rendered_map_index for ti in done.get_task_instances() if ti.map_index >= 0}
    assert labels == {f"{marketplace} {DAY}" for marketplace in MARKETPLACES}
    assert {row.state for row in ledger.slice_states()} == {SliceState.LOADED}
    for seller in world.accounts():
        for marketplace_id in seller["marketplace_ids"]:
            expected_figures = world.expected_figures(seller["account"], marketplace_id, DAY)
            ((units,),) = select(
                conninfo,
                "SELECT sum(units_ordered) FROM amazon_sp.sales_daily"
                f" WHERE marketplace_id = '{marketplace_id}'",
            )
            assert units == expected_figures["units_ordered"]
    _check_links(done, conninfo)
    loads = ledger.loads(report="sales_and_traffic")
    assert len(loads) == 12
    assert all(load.rows_in_file == load.stored + load.rejected for load in loads)
    assert world.slack_messages() == []
    _search_for_secrets(
        world, [metadata, tmp_path / "archive"], conninfo, caplog.text + "".join(capfd.readouterr())
    )


def _check_links(done: Any, conninfo: str) -> None:
    """Each task's page finds its slice and document from what Airflow stores about the run."""
    with psycopg.connect(conninfo) as connection:
        for ti in done.get_task_instances():
            if ti.map_index >= 0:
                found = find_task_slice(connection, ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
                assert found is not None and found.slice_.label == ti.rendered_map_index
                (request_id,) = found.request_ids
                request = connection.execute(
                    "SELECT marketplace_ids FROM sellerops.report_request WHERE id = %s", (request_id,)
                ).fetchone()
                assert request == (list(found.slice_.marketplace_ids),)
        runs = connection.execute("SELECT DISTINCT run_id FROM sellerops_views.job_runs").fetchall()
    assert runs == [(done.run_id,)]


def test_the_pool_is_looked_for_before_a_run_has_tasks(
    world: SandboxServer, bag: DagBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow finds the policy through its entry point and calls it for each task instance it creates."""
    from sellerops_airflow.dag_factory import pools

    asked: list[str] = []
    monkeypatch.setattr(pools, "_ensure", asked.append)
    # A fresh DAG, because `dag.test()` leaves a run's parameters in it.
    fresh = DagBag(dag_folder=bag.dags[SALES].fileloc)
    # A day that is not over in any marketplace, so nothing is planned.
    done = run(fresh, SALES, {"from_day": "2099-01-01", "to_day": "2099-01-01"})
    assert done.state == "success"
    assert {"amazon_sp_northwind_na", "amazon_sp_northwind_eu"} <= set(asked)


def _search_for_secrets(world: SandboxServer, places: list[Path], conninfo: str, logged: str) -> None:
    """In Airflow's metadata (XCom, rendered fields, triggers), the logs, the archive and the ledger."""
    secrets = [str(seller[key]) for seller in world.accounts() for key in ("client_secret", "refresh_token")]
    assert len(secrets) == 4
    texts = {"logs": logged.encode()}
    home = prepare_airflow()
    for place in [*places, home / "logs"]:
        # SQLite may still have the newest rows in a file beside the database's own.
        beside = place.parent.glob(f"{place.name}*") if place.is_file() else place.rglob("*")
        files = [path for path in beside if path.is_file()]
        texts |= {str(path): path.read_bytes() for path in files}
    tables = select(conninfo, "SELECT table_schema, table_name FROM information_schema.tables")
    for schema, table in tables:
        if schema in ("sellerops", "amazon_sp"):
            rows = select(conninfo, f'SELECT t::text FROM "{schema}"."{table}" AS t')
            texts[f"{schema}.{table}"] = "\n".join(row[0] for row in rows).encode()
    assert len(texts) > 20
    assert any(
        b"sales_and_traffic" in text for name, text in texts.items() if name.startswith(str(places[0]))
    )
    for name, text in texts.items():
        for secret in secrets:
            assert secret.encode() not in text, name
        assert b"Atza|" not in text, name


def test_one_marketplace_fails_the_others_load_and_one_notice_is_sent(
    world: SandboxServer, bag: DagBag, ledger: Ledger
) -> None:
    world.faults(
        "fatal", report_type="GET_SALES_AND_TRAFFIC_REPORT", marketplace_id="A2EUQ1WTGCTBG2", times=1
    )
    done = run(bag, SALES, {"from_day": DAY, "to_day": DAY})
    assert done.state == "failed"
    assert tasks(done)["slice.fetch_report"] == {"success": 5, "failed": 1}
    assert tasks(done)["slice.load_postgres"] == {"success": 5, "upstream_failed": 1}
    (row,) = ledger.slice_states(states=[SliceState.FAILED])
    assert (row.error_type, str(row.day), row.map_index) == ("ReportFatal", DAY, 1)
    (message,) = world.slack_messages()
    assert message["channel"].lstrip("#") == "seller-reports"
    for words in ("sales_and_traffic", "northwind_na", f"CA {DAY}", "ReportFatal", "Next:", "/mapped/1|Log"):
        assert words in str(message)


def test_what_amazon_no_longer_serves_is_skipped_and_the_run_is_well(
    world: SandboxServer, bag: DagBag, ledger: Ledger
) -> None:
    done = run(bag, SALES, {"from_day": "2023-01-01", "to_day": "2023-01-02"})
    assert done.state == "success"
    assert tasks(done)["plan_slices"] == {"success": 2}
    assert set(tasks(done)["slice.fetch_report"]) == {"skipped"}
    assert {row.state for row in ledger.slice_states()} == {SliceState.EXPIRED}
    assert world.calls(operation="createReport") == []


def test_refused_credentials_stop_one_account_and_are_critical(
    world: SandboxServer, bag: DagBag, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = world.account("northwind_eu")
    wrong = {
        "conn_type": "amazon_sp",
        "host": world.url,
        "login": seller["client_id"],
        "password": seller["client_secret"],
        "extra": {"refresh_token": "Atzr|revoked", "token_url": world.token_url},
    }
    monkeypatch.setenv("AIRFLOW_CONN_AMAZON_SP_NORTHWIND_EU", json.dumps(wrong))
    done = run(bag, SALES, {"from_day": DAY, "to_day": DAY})
    assert done.state == "failed"
    assert tasks(done)["slice.load_postgres"] == {"success": 3, "upstream_failed": 3}
    (message,) = world.slack_messages()
    assert message["channel"].lstrip("#") == "seller-reports-critical"
    assert "amazon_sp_northwind_eu" in str(message)
    assert "invalid_grant" in str(message)


def test_days_that_make_no_sense_fail_the_plan_at_once(
    world: SandboxServer, bag: DagBag, ledger: Ledger
) -> None:
    done = run(bag, SALES, {"from_day": DAY, "to_day": "2026-11-01"})
    assert done.state == "failed"
    assert tasks(done)["plan_slices"] == {"failed": 2}
    (message,) = world.slack_messages()
    assert message["channel"].lstrip("#") == "seller-reports-critical"
    assert ledger.slice_states() == []


@pytest.mark.parametrize(
    ("dag_id", "table"),
    [
        ("report__amazon_sp__all_orders", "all_orders"),
        ("report__amazon_sp__fba_customer_returns", "fba_customer_returns"),
        ("report__amazon_sp__fba_manage_inventory", "fba_manage_inventory"),
        ("report__amazon_sp__settlements", "settlements"),
    ],
)
def test_every_other_report_fills_its_table(
    world: SandboxServer, bag: DagBag, conninfo: str, dag_id: str, table: str
) -> None:
    done = run(bag, dag_id, {})
    assert done.state == "success", tasks(done)
    ((rows, accounts),) = select(
        conninfo, f"SELECT count(*), count(DISTINCT account_id) FROM amazon_sp.{table}"
    )
    assert rows > 0
    assert accounts == 2


def test_maintenance_keeps_house(world: SandboxServer, bag: DagBag, ledger: Ledger, conninfo: str) -> None:
    done = run(bag, "sellerops__maintenance")
    assert done.state == "success"
    partitions = select(
        conninfo, "SELECT inhrelid FROM pg_inherits WHERE inhparent = 'sellerops.api_call'::regclass"
    )
    assert len(partitions) >= 2


def test_a_load_reaches_a_mart_by_its_dag(world: SandboxServer, bag: DagBag, conninfo: str) -> None:
    """The others are marked as done: their reports are not in this configuration."""
    run(bag, SALES, {"from_day": DAY, "to_day": DAY, "accounts": ["northwind_eu"]})
    others = "(?!(look|traffic_day)$).*"
    done = run(bag, "marts__daily", mark_success_pattern=others)
    states = {ti.task_id: str(ti.state) for ti in done.get_task_instances()}
    assert (states["look"], states["traffic_day"]) == ("success", "success")
    assert set(states.values()) == {"success", "skipped"} or set(states.values()) == {"success"}
    made = select(conninfo, "SELECT account_id, count(*) FROM sellerops_marts.traffic_day GROUP BY 1")
    assert made == select(conninfo, "SELECT account_id, count(*) FROM amazon_sp.sales_daily GROUP BY 1") != []
    again = run(bag, "marts__daily", mark_success_pattern=others)
    assert {str(ti.state) for ti in again.get_task_instances() if ti.task_id == "traffic_day"} == {"skipped"}
