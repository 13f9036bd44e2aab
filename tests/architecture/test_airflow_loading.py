"""What Airflow does with plugins/ and dags/ on loading, and what this project does about it."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.airflow_home import PROJECT_ROOT, airflow_environment, prepare_airflow

prepare_airflow()

from airflow._shared.module_loading import find_path_from_directory  # noqa: E402
from airflow.triggers.base import BaseTrigger  # noqa: E402
from airflow.utils.file import might_contain_dag  # noqa: E402

PLUGINS, DAGS = PROJECT_ROOT / "plugins", PROJECT_ROOT / "dags"
PACKAGE = PLUGINS / "sellerops_airflow"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
DAG_FILES = sorted(DAGS.glob("*.py"))


def shown_to_airflow(folder: Path) -> set[str]:
    """The Python files of a folder that its .airflowignore leaves to Airflow."""
    found = find_path_from_directory(str(folder), ".airflowignore", "glob")
    return {str(Path(path).relative_to(folder)) for path in found if path.endswith(".py")}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts).removesuffix(".__init__")


def imports_at_load(path: Path) -> Iterator[str]:
    """Modules imported when ``path`` is, the type checker's aside."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_anywhere(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_there_is_something_to_guard() -> None:
    assert len(MODULES) > 15
    names = {path.name for path in DAG_FILES}
    assert {"maintenance.py", "quarantine.py", "report_dags_1.py", "report_specs_check.py"} <= names


# -- plugins/: Airflow runs every .py it is shown, under its bare name


def test_airflow_is_shown_only_the_files_that_register_plugins() -> None:
    shown = shown_to_airflow(PLUGINS)
    assert "sellerops_plugin.py" in shown
    assert all("/" not in name and name.endswith("_plugin.py") for name in shown)


def test_every_plugin_class_is_in_such_a_file() -> None:
    for path in MODULES:
        assert "AirflowPlugin" not in path.read_text(encoding="utf-8"), path


def test_airflow_loads_the_plugin_with_its_timetable_and_no_listener() -> None:
    from airflow import plugins_manager

    from sellerops_airflow.promised_time import PromisedTime
    from sellerops_airflow.timetables import ReportTimetable

    plugins, errors = plugins_manager._get_plugins()
    assert errors == {}
    (ours,) = [plugin for plugin in plugins if plugin.name == "sellerops"]
    assert ours.timetables == [ReportTimetable]
    assert ours.deadline_references == [PromisedTime]
    # A registered listener turns operators that end from their trigger into import errors (Airflow 3.3.2).
    assert not ours.listeners
    name = "sellerops_airflow.timetables.ReportTimetable"
    assert plugins_manager.get_timetables_plugins()[name] is ReportTimetable


def test_the_package_is_no_second_copy_of_itself() -> None:
    """Airflow adds plugins/ to the path; a root among its parents would give each class a second name."""
    for folder in ("include", "plugins", "dags"):
        assert not (PROJECT_ROOT / folder / "__init__.py").exists()
    for path in MODULES:
        assert (path.parent / "__init__.py").exists(), path.parent
        assert not any(
            name.split(".")[0] in {"plugins", "include", "dags"} for name in imports_anywhere(path)
        )


# -- dags/


def test_airflow_does_not_pass_over_a_dag_file() -> None:
    """It skips, without a word, a file whose text does not name airflow and dag."""
    assert shown_to_airflow(DAGS) == {path.name for path in DAG_FILES}
    for path in DAG_FILES:
        assert might_contain_dag(str(path), safe_mode=True), path


def test_dag_files_hold_no_logic() -> None:
    """They say what runs and when: no class, no function that is not a task, no import of a driver."""
    for path in DAG_FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.ClassDef | ast.Lambda), path
            if isinstance(node, ast.FunctionDef):
                (decorator,) = [ast.unparse(each).split("(")[0] for each in node.decorator_list]
                assert decorator in ("task", "task_group"), node.name
        roots = {name.split(".")[0] for name in imports_at_load(path)}
        assert roots <= {"__future__", "airflow", "datetime", "sellerops_airflow", "typing"}, path


# -- the package


def test_tasks_use_the_task_sdk_and_never_airflows_database() -> None:
    # The scheduler evaluates a deadline's reference and creates pools, with its own session and engine. The
    # api-server's pages look up what tasks returned, which questions are open and which DAGs are paused, and
    # start runs through its own route, which asks for a session. The doctor's checks run there and by hand.
    in_components = (
        *("promised_time.py", "pools.py", "pages/task_slices.py"),
        *("dashboard/airflow_links.py", "dashboard/runs.py", "metrics/task_points.py"),
        # A program of its own, with the metadata's address; the task only starts it.
        "housekeeping/metadata_cleaning.py",
    )
    outside = [path for path in MODULES if "doctor" not in path.parts]
    others = [path for path in outside if not str(path).endswith(in_components)]
    assert len(others) == len(outside) - len(in_components)
    for path in others:
        for name in imports_anywhere(path):
            assert not name.startswith(("airflow.models", "airflow.settings", "airflow.utils.session")), (
                path,
                name,
            )


def test_drivers_are_imported_where_they_are_used() -> None:
    heavy = {
        "google",
        "httpx",
        "pandas",
        "playwright",
        "psycopg",
        "pyarrow",
        "slack_sdk",
        "sp_api",
    }
    inner = (
        "sellerops.ledger",
        "sellerops.collect",
        "sellerops.destinations",
        "sellerops.formats",
        "sellerops.sources",
    )
    for path in [*MODULES, *DAG_FILES]:
        for name in imports_at_load(path):
            assert name.split(".")[0] not in heavy, (path, name)
            # The standard provider is a part of Airflow; its operators are small and bring no driver.
            if not name.startswith("airflow.providers.standard."):
                assert not name.startswith((*inner, "airflow.providers")), (path, name)


QUIET = """
import importlib, json, os, socket, sys
def forbidden(*args, **kwargs):
    raise AssertionError("the network, a connection or a variable was asked for at import")
import airflow.sdk
from airflow.sdk import BaseHook, Connection, Variable
socket.socket.connect = forbidden
BaseHook.get_connection = Connection.get = Variable.get = forbidden
names = json.loads(sys.argv[1])
for name in names:
    importlib.import_module(name)
for path in json.loads(sys.argv[2]):
    exec(compile(open(path).read(), path, "exec"), {"__name__": "a_dag_file"})
print(len(names))
"""


def test_nothing_is_asked_for_at_import(tmp_path: Path) -> None:
    """No Variable, no connection, no network; DAG files are read again and again by several processes."""
    names = [name_of(path) for path in MODULES]
    roots = os.pathsep.join(str(PROJECT_ROOT / name) for name in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", QUIET, json.dumps(names), json.dumps([str(path) for path in DAG_FILES])],
        env={**os.environ, **airflow_environment(tmp_path), "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == str(len(names))


def test_triggers_live_where_the_triggerer_finds_them() -> None:
    """It does not know the DAG folder; what it stores is a path it can import again."""
    found = []
    for path in (PACKAGE / "triggers").glob("*.py"):
        module = importlib.import_module(name_of(path))
        for name, item in inspect.getmembers(module, inspect.isclass):
            if issubclass(item, BaseTrigger) and item is not BaseTrigger:
                assert item.__module__ == name_of(path)
                found.append(name)
    assert sorted(found) == [
        *("CancelTrigger", "ConfirmContentUpdateTrigger", "DecisionTrigger", "FollowTrigger"),
        *("InboundStepTrigger", "InboundTrigger", "NotificationsTrigger", "OfferContentUpdateTrigger"),
        *("OneRunTrigger", "ReportTrigger", "SpApiReportTrigger", "ValidateRequestTrigger"),
    ]


def test_the_connection_type_is_registered_under_the_folders_name() -> None:
    """Airflow takes a provider only when its package-name is the distribution's."""
    from sellerops_airflow.provider_info import get_provider_info

    (folder,) = PLUGINS.glob("*.dist-info")
    metadata = (folder / "METADATA").read_text(encoding="utf-8")
    info = get_provider_info()
    assert f"Name: {info['package-name']}\n" in metadata
    assert folder.name == f"{info['package-name'].replace('-', '_')}-{info['versions'][0]}.dist-info"
    points = (folder / "entry_points.txt").read_text(encoding="utf-8")
    assert "sellerops_airflow.provider_info:get_provider_info" in points
    assert "[airflow.policy]\nsellerops = sellerops_airflow.dag_factory.pools" in points
    kinds = info["connection-types"]
    assert [kind["connection-type"] for kind in kinds] == [
        "amazon_sp",
        "amazon_ads",
        "seller_portal",
        "sellerops_notifications",
        "sellerops_storage",
        "sellerops_clickup",
        "sellerops_telegram",
    ]
    for kind in kinds:
        module, _, name = kind["hook-class-name"].rpartition(".")
        assert getattr(importlib.import_module(module), name).conn_type == kind["connection-type"]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_modest(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
