"""An invalid YAML removes only its own DAG and shows why; parsing is quick and imports nothing heavy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from airflow.dag_processing.dagbag import DagBag
from support.airflow_home import PROJECT_ROOT, airflow_environment
from support.specs import enabled_shipped_specs, shipped_specs

from sellerops.base.errors import ConfigurationError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_airflow.dag_factory import reports as report_factory
from sellerops_airflow.dag_factory.reports import (
    PARTS,
    build_all,
    build_dag,
    build_part,
    cadence,
    dags_to_parse,
    part_of,
)

REPORTS = Path("reports") / "amazon_sp"
REPORT_COUNT = len(enabled_shipped_specs())


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the configuration to damage."""
    copy = tmp_path / "config"
    shutil.copytree(PROJECT_ROOT / "include" / "config", copy)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(copy))
    monkeypatch.setenv("SELLEROPS_STATE_DIR", str(tmp_path / "state"))
    return copy


def change(config: Path, report: str, **changes: Any) -> Path:
    path = config / REPORTS / f"{report}.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}))
    return path


# By report: what is wrong in its file, the key that is named for it, and the remedy.
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "settlements": (
        {"shedule": {"cron": "0 7 * * *", "timezone": "UTC"}}, "shedule", "Did you mean 'schedule'?"
    ),
    "all_orders": ({"schedule": {"cron": "0 7 * *", "timezone": "UTC"}}, "schedule", "specs check"),
    "seller_feedback": ({"accounts": ["northwind_an"]}, "accounts", "Did you mean 'northwind_na'?"),
    "reserved_inventory": ({"marketplaces": ["JP"]}, "marketplaces", "accounts.yaml"),
    "storage_fees": ({"start_date": "2026-13-01"}, "start_date", "2026-11-20"),
    "listings_open": ({"family": None}, "family", "specs check"),
}  # fmt: skip


def test_a_bad_spec_takes_only_its_own_dag_and_is_shown(bag: DagBag, config: Path) -> None:
    """Six of them at once: each parse of all files takes seconds."""
    paths = {name: change(config, name, **changes) for name, (changes, _, _) in BAD.items()}
    spoilt = DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
    assert set(bag.dag_ids) - set(spoilt.dag_ids) == {f"report__amazon_sp__{name}" for name in BAD}
    ((file, message),) = spoilt.import_errors.items()
    assert file.endswith("report_specs_check.py")
    problems = message.split("\n- ")[1:]
    for name, (_, key, remedy) in BAD.items():
        (problem,) = [text for text in problems if str(paths[name]) in text]
        assert f"`{key}`" in problem, name
        assert remedy in problem, name


def test_every_bad_spec_is_named(bag: DagBag, config: Path) -> None:
    change(config, "settlements", shedule={})
    (config / REPORTS / "all_orders.yaml").write_text("report_type: [unclosed")
    spoilt = DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
    gone = {f"report__amazon_sp__{name}" for name in ("all_orders", "settlements")}
    assert set(bag.dag_ids) - set(spoilt.dag_ids) == gone
    (message,) = spoilt.import_errors.values()
    assert "2 problem(s)" in message
    assert "settlements.yaml" in message
    assert "all_orders.yaml:" in message


def test_wrong_routes_of_notices_are_shown_and_take_no_report_away(bag: DagBag, config: Path) -> None:
    path = config / "notices.yaml"
    path.write_text(path.read_text().replace("channels: [task, alert]", "channels: [task, alarm]"))
    spoilt = DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
    # The summary's schedule is in the same file.
    assert set(bag.dag_ids) - set(spoilt.dag_ids) == {"sellerops__daily_summary"}
    (message,) = (text for file, text in spoilt.import_errors.items() if file.endswith("notices_check.py"))
    assert str(path) in message
    assert "rules.2.channels" in message
    assert "'alarm'" in message


def test_sound_specs_raise_nothing(config: Path) -> None:
    assert DagBag(dag_folder=str(PROJECT_ROOT / "dags")).import_errors == {}


def parsed(dag_id: str) -> list[str]:
    """What a task's process builds from the file of its DAG."""
    return [dag.dag_id for dag in dags_to_parse(part_of(dag_id)).dags]


def test_each_report_is_built_by_exactly_one_dag_file() -> None:
    files = sorted((PROJECT_ROOT / "dags").glob("report_dags_*.py"))
    assert [f"part={part})" in path.read_text() for part, path in zip(PARTS, files, strict=True)] == [
        True
    ] * 8
    parts = [{dag.dag_id for dag in build_part(part).dags} for part in PARTS]
    assert all(parts), "a part without a report: use fewer files"
    assert sum(len(part) for part in parts) == len(set().union(*parts)) == len(build_all().dags)


def test_a_tasks_process_builds_only_the_tasks_of_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    dag_id = "report__amazon_sp__sales_and_traffic"
    whole = next(dag for dag in build_part(part_of(dag_id)).dags if dag.dag_id == dag_id)
    wanted = SimpleNamespace(dag_id=dag_id, task_id="northwind_eu.slice.fetch_report")
    monkeypatch.setattr(report_factory, "get_parsing_context", lambda: wanted)
    (dag,) = dags_to_parse(part_of(dag_id)).dags
    own = {task.task_id: task for task in whole.tasks if task.task_id.startswith("northwind_eu.")}
    assert 0 < len(own) < len(whole.tasks)
    for task in dag.tasks:
        same = own.pop(task.task_id)
        assert task.upstream_task_ids == same.upstream_task_ids
    assert not own
    # A run's form is checked in every task's process, whichever accounts it names.
    assert dag.params.dump() == whole.params.dump()


def test_a_tasks_process_builds_only_its_own_dag(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(config, "all_orders", shedule={})
    wanted = SimpleNamespace(dag_id="report__amazon_sp__settlements", task_id=None)
    monkeypatch.setattr(report_factory, "get_parsing_context", lambda: wanted)
    monkeypatch.setattr("sellerops_airflow.dag_factory.spec_check.get_parsing_context", lambda: wanted)
    monkeypatch.setattr("sellerops_airflow.dag_factory.checks.get_parsing_context", lambda: wanted)
    assert parsed(wanted.dag_id) == ["report__amazon_sp__settlements"]
    bag = DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
    assert set(bag.dag_ids) == {
        "fba_inbound",
        "fba_inbound_approval",
        "fba_inbound_cancel",
        "fba_inbound_content_update",
        "fba_inbound_follow",
        "report__amazon_sp__settlements",
        "sellerops__backup",
        "sellerops__completeness",
        "sellerops__connections",
        "sellerops__daily_summary",
        "sellerops__deadlines",
        "sellerops__maintenance",
        "sellerops__notices",
        "sellerops__notifications",
        "sellerops__quarantine",
    }
    assert bag.import_errors == {}
    wanted.dag_id = "sellerops__maintenance"
    assert [dags_to_parse(part).dags for part in PARTS] == [()] * len(PARTS)
    wanted.dag_id = "report__amazon_sp__all_orders"
    with pytest.raises(ConfigurationError, match="shedule"):
        parsed(wanted.dag_id)


def test_a_report_switched_off_has_no_dag_but_its_running_tasks_do(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(config, "all_orders", enabled=False)
    built = build_all()
    assert built.failures == ()
    assert "report__amazon_sp__all_orders" not in {dag.dag_id for dag in built.dags}
    assert len(built.dags) == REPORT_COUNT - 1
    assert "report__amazon_sp__all_orders" not in DagBag(dag_folder=str(PROJECT_ROOT / "dags")).dag_ids
    wanted = SimpleNamespace(dag_id="report__amazon_sp__all_orders", task_id=None)
    monkeypatch.setattr(report_factory, "get_parsing_context", lambda: wanted)
    assert parsed("report__amazon_sp__all_orders") == ["report__amazon_sp__all_orders"]


def test_an_account_without_a_marketplace_of_the_report_gets_no_group(config: Path) -> None:
    change(config, "sales_and_traffic", marketplaces=["GB", "DE"])
    dag = build_dag(load_spec("sales_and_traffic"), load_accounts())
    assert {task.split(".")[0] for task in dag.task_ids} == {"northwind_eu"}


def test_a_new_account_is_a_new_group_in_every_dag(config: Path) -> None:
    accounts = yaml.safe_load((config / "accounts.yaml").read_text())
    accounts["accounts"]["northwind_jp"] = {"region": "FE", "marketplaces": ["JP"]}
    (config / "accounts.yaml").write_text(yaml.safe_dump(accounts))
    specs = {spec.dag_id: spec for spec in shipped_specs()}
    for dag in build_all().dags:
        spec = specs[dag.dag_id]
        in_marketplace = spec.accounts == "all" and (spec.marketplaces == "all" or "JP" in spec.marketplaces)
        wanted = (
            in_marketplace and spec.source == "amazon_sp"
        )  # the only source of an account that names none
        assert ("northwind_jp.slice.fetch_report" in dag.task_ids) is wanted
        assert ("northwind_jp" in dag.tags) is wanted


@pytest.mark.parametrize(
    ("schedule", "tag"),
    [
        ({"cron": "0 7 * * *"}, "daily"),
        ({"cron": "0 * * * *"}, "hourly"),
        ({"cron": "0 */4 * * *"}, "intraday"),
        ({"cron": "0 7 * * 1"}, "weekly"),
        ({"cron": "0 7 1 * *"}, "monthly"),
        ({"between": ["01:00-02:00", "03:00-04:00"]}, "2x_daily"),
        ({"between": ["01:00-02:00"], "weekday": "monday"}, "weekly"),
        ({"between": ["01:00-02:00"], "day_of_month": 15}, "monthly"),
    ],
)
def test_cadence(config: Path, schedule: dict[str, Any], tag: str) -> None:
    change(config, "settlements", schedule={**schedule, "timezone": "UTC"})
    assert cadence(load_spec("settlements")) == tag


# -- in a separate process: the cost of a parse, and its imports


def in_fresh_process(script: str, home: Path, **environment: str) -> Any:
    """The JSON that ``script`` prints on its last line."""
    roots = os.pathsep.join(str(PROJECT_ROOT / name) for name in ("include", "plugins"))
    env = {**os.environ, **airflow_environment(home), "PYTHONPATH": roots, **environment}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


PARSE = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
import airflow.timetables.base
before = set(sys.modules)
wall, cpu = time.perf_counter(), time.process_time()
bag = DagBag(dag_folder=sys.argv[1] if len(sys.argv) > 1 else {dags!r})
spent = [time.perf_counter() - wall, time.process_time() - cpu]
print(json.dumps({{"spent": spent, "ids": bag.dag_ids, "errors": bag.import_errors,
                   "modules": sorted(set(sys.modules) - before)}}))
""".format(dags=str(PROJECT_ROOT / "dags"))

HEAVY = (
    "adbc",
    "alembic",
    "google",
    "httpx",
    "pandas",
    "playwright",
    "psycopg",
    "pyarrow",
    "sp_api",
    "slack_sdk",
)


def test_dag_files_import_no_driver_and_no_data_library(tmp_path: Path) -> None:
    told = in_fresh_process(PARSE, tmp_path)
    assert _reports(told) == REPORT_COUNT
    assert told["errors"] == {}
    assert [name for name in told["modules"] if name.split(".")[0].startswith(HEAVY)] == []
    assert "sellerops_airflow.dag_factory.reports" in told["modules"]


@pytest.mark.benchmark
def test_three_hundred_specs_are_parsed_within_five_seconds(tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(PROJECT_ROOT / "include" / "config", config)
    shutil.rmtree(config / "reports" / "amazon_ads")
    originals = sorted((config / REPORTS).glob("*.yaml"))
    for copy in range(300 - len(originals)):
        path = originals[copy % len(originals)]
        content = yaml.safe_load(path.read_text())
        content["tables"] = {f"{name}_{copy}": table for name, table in content["tables"].items()}
        path.with_stem(f"{path.stem}_{copy}").write_text(yaml.safe_dump(content))
    started = time.perf_counter()
    told = in_fresh_process(PARSE, tmp_path / "home", SELLEROPS_CONFIG_DIR=str(config))
    assert _reports(told) == 300
    assert told["errors"] == {}
    # CPU seconds, so that a busy machine does not fail this.
    assert told["spent"][1] < 5.0, f"{told['spent']} of {time.perf_counter() - started:.1f} s in all"


def _reports(told: dict[str, Any]) -> int:
    return sum(dag_id.startswith("report__") for dag_id in told["ids"])
