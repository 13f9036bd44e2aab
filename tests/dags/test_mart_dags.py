"""One DAG per group of marts, started by the assets of what its marts read; only what changed is rebuilt."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped
from support.fake_runtime import task_context

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.ledger import Ledger
from sellerops.marts.specs import GROUPS, load_marts
from sellerops_airflow.dag_factory.marts import raise_for_invalid_marts
from sellerops_airflow.operators import marts as operators
from sellerops_airflow.runs.assets import mart_asset, table_asset

MART = "traffic_day"


@pytest.fixture
def runtime(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    with ledger.connection() as connection:
        connection.execute(
            "INSERT INTO sellerops.load (report, account_id, table_name, destination, rows_in_file, stored, "
            "rejected, inserted, updated, unchanged, superseded, replaced, seconds, started_at) "
            "VALUES ('x', 'northwind_na', 'x.y', 'postgres', 0, 0, 0, 0, 0, 0, 0, 0, 0, sellerops.now())"
        )
    runtime = SimpleNamespace(ledger=ledger, conninfo=ledger.database.conninfo)
    monkeypatch.setattr(operators, "get_runtime", lambda: runtime)
    return ledger


def look(bag: DagBag, context: dict[str, Any]) -> set[str]:
    """The marts that the task leaves to be built."""
    task = bag.dags["marts__daily"].get_task("look")
    try:
        task.execute(context)
    except DownstreamTasksSkipped as skipped:
        return set(task.downstream_task_ids) - set(skipped.tasks)
    return set(task.downstream_task_ids)


def context_of(task_id: str, **params: Any) -> Any:
    given = {"from_day": None, "to_day": None, "account": None, "full": False, **params}
    return {**task_context(dag_id="marts__daily", task_id=task_id, map_index=-1), "params": given}


def test_each_group_is_started_by_what_its_marts_read(bag: DagBag) -> None:
    marts = load_marts()
    assert {mart.group for mart in marts} <= set(GROUPS)
    for group in {mart.group for mart in marts}:
        own = {mart.name: mart for mart in marts if mart.group == group}
        dag = bag.dags[f"marts__{group}"]
        assert set(dag.task_ids) == {"look", *own}
        assert dag.max_active_runs == 1
        read = {name for mart in own.values() for name in mart.inputs} - set(own)
        expected = {
            (table_asset(name) if "." in name else mart_asset(name)).uri
            for name in read
            if not name.startswith("reference.")
        }
        assert {asset.uri for asset in dag.timetable.asset_condition.objects} == expected
        for name, mart in own.items():
            task = dag.get_task(name)
            assert {"look", *(one for one in mart.marts_read if one in own)} == task.upstream_task_ids
            assert [outlet.uri for outlet in task.outlets] == [mart_asset(name).uri]


def test_only_what_changed_is_built_and_a_cleared_task_builds_it_again(bag: DagBag, runtime: Ledger) -> None:
    build = bag.dags["marts__daily"].get_task(MART)
    assert MART in look(bag, context_of("look")), "a new mart is built in full"
    assert build.execute(context_of(MART))["spans"] == 1
    assert build.execute(context_of(MART))["spans"] == 1, "cleared: the same days again"
    other = context_of(MART)
    other["ti"].run_id = "another"
    with pytest.raises(AirflowSkipException, match="no input has changed"):
        build.execute(other)
    assert MART not in look(bag, other | {"params": context_of("look")["params"]})


def test_days_are_rebuilt_by_hand(bag: DagBag, runtime: Ledger) -> None:
    look(bag, context_of("look"))
    with runtime.connection() as connection:
        connection.execute("DELETE FROM sellerops.mart_pending")
    asked = context_of("look", from_day="2026-11-01", to_day="2026-11-03", account="northwind_na")
    assert MART in look(bag, asked)
    with runtime.connection() as connection:
        rows = connection.execute(
            "SELECT account_id, first_day, last_day FROM sellerops.mart_pending WHERE mart = %s", (MART,)
        ).fetchall()
    assert [tuple(dict(row).values()) for row in rows] == [
        ("northwind_na", date(2026, 11, 1), date(2026, 11, 3))
    ]
    with pytest.raises(ConfigurationError, match="not a valid date"):
        look(bag, context_of("look", from_day="1.11.2026"))


def test_an_invalid_mart_is_shown_in_the_ui_and_stops_no_other(bag: DagBag, tmp_path: Path) -> None:
    raise_for_invalid_marts()
    (tmp_path / "broken.sql").write_text("-- description: A mart.\n-- group: weekly\nSELECT 1 AS one\n")
    with pytest.raises(SpecError, match=r"broken\.sql") as caught:
        raise_for_invalid_marts(tmp_path)
    assert "group" in str(caught.value)
    assert not any("marts_check" in name for name in bag.import_errors)
