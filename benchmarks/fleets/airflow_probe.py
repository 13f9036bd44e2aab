"""Measures what Airflow's parts do with the DAGs of many accounts. Run it as a program, in fresh processes.

``parse``: the dag-processor's parse of all reports, and their size; ``dag REPORT``: the same of one report,
which the triggerer reads for every wait; ``task REPORT TASK``: what one task's process reads; ``examine
REPORT SLICES``: how long the scheduler takes to examine one run in Airflow's metadata. Prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import airflow.sdk  # noqa: F401 - all of Airflow's processes have it already


def main() -> None:
    what, *arguments = sys.argv[1:]
    probes: dict[str, Callable[..., dict[str, Any]]] = {
        "parse": parse,
        "dag": dag,
        "task": task,
        "examine": examine,
    }
    print(json.dumps(probes[what](*arguments)))


def parse() -> dict[str, Any]:
    from sellerops_airflow.dag_factory.reports import PARTS, build_part

    build_part(1)  # imports
    by_part, dags = [], []
    for part in PARTS:
        begun = time.process_time()
        dags += build_part(part).dags
        by_part.append(time.process_time() - begun)
    from airflow.serialization.serialized_objects import DagSerialization

    begun = time.process_time()
    stored = {dag.dag_id: DagSerialization.to_dict(dag) for dag in dags}
    serialized = time.process_time() - begun
    sizes = sorted(len(json.dumps(each)) for each in stored.values())
    begun = time.process_time()
    for each in stored.values():
        DagSerialization.from_dict(each)
    return {
        "dags": len(dags),
        "tasks": sum(len(dag.tasks) for dag in dags),
        "parse_cpu_seconds": round(sum(by_part), 2),
        "parse_cpu_seconds_of_the_slowest_file": round(max(by_part), 2),
        "serialize_cpu_seconds": round(serialized, 2),
        "deserialize_cpu_seconds": round(time.process_time() - begun, 2),
        "serialized_megabytes": round(sum(sizes) / 1e6, 1),
        "largest_dag_megabytes": round(sizes[-1] / 1e6, 2),
    }


def dag(dag_id: str) -> dict[str, Any]:
    """CPU seconds for parsing one report's DAG."""
    from airflow.serialization.serialized_objects import DagSerialization

    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_spec
    from sellerops_airflow.dag_factory.reports import build_dag

    spec, accounts = load_spec(dag_id), load_accounts()
    build_dag(spec, {name: accounts[name] for name in list(accounts)[:3]})  # imports
    begun = time.process_time()
    built = build_dag(spec, accounts)
    built_at = time.process_time()
    stored = DagSerialization.to_dict(built)
    stored_at = time.process_time()
    DagSerialization.from_dict(stored)
    return {
        "tasks": len(built.tasks),
        "megabytes": round(len(json.dumps(stored)) / 1e6, 2),
        "build_cpu_seconds": round(built_at - begun, 3),
        "serialize_cpu_seconds": round(stored_at - built_at, 3),
        "read_cpu_seconds": round(time.process_time() - stored_at, 3),
    }


def task(dag_id: str, task_id: str) -> dict[str, Any]:
    """CPU seconds until a forked task process has its task, and those that its whole DAG would take.

    Imports are already done, as they are before the fork.
    """
    from sellerops_airflow.dag_factory.reports import dags_to_parse, part_of

    def build(only: str) -> Any:
        os.environ |= {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": dag_id, "_AIRFLOW_PARSING_CONTEXT_TASK_ID": only}
        (built,) = dags_to_parse(part_of(dag_id)).dags
        return built

    figures: dict[str, Any] = {}
    for name, only in (("own_tasks", task_id), ("whole_dag", "")):
        seconds = []
        for _ in range(4):
            begun = time.process_time()
            built = build(only)
            seconds.append(time.process_time() - begun)
        figures[name] = {"tasks": len(built.tasks), "cpu_seconds": round(min(seconds[1:]), 4)}
    return figures


def examine(dag_id: str, slices: str) -> dict[str, Any]:
    """Examine a run in which each account has planned this many slices, all waiting for Amazon."""
    from airflow.models.dagbag import DBDagBag
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskmap import TaskMap
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import func, select, text

    _store(dag_id)
    figures: dict[str, Any] = {}
    with create_session() as session:
        begun = time.process_time()
        stored = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        assert stored is not None
        figures["read_dag_cpu_seconds"] = round(time.process_time() - begun, 3)
        run = stored.create_dagrun(
            run_id=f"probe__{slices}",
            run_after=datetime.now(UTC),
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.RUNNING,
            session=session,
        )
        run.dag = stored
        session.flush()
        for ti in run.get_task_instances(session=session):
            if ti.task_id.endswith("plan_slices"):
                ti.state = TaskInstanceState.SUCCESS
                session.add(TaskMap(dag_id, ti.task_id, run.run_id, -1, int(slices), None))
        session.flush()
        _timed(run, session, figures, "first_examination")
        session.execute(
            text(
                "UPDATE task_instance SET state = 'deferred' "
                "WHERE run_id = :run AND task_id LIKE '%fetch_report'"
            ),
            {"run": run.run_id},
        )
        session.expire_all()
        run.dag = stored
        _timed(run, session, figures, "examination_while_all_wait")
        figures["task_instances"] = session.scalar(
            select(func.count()).select_from(TaskInstance).where(TaskInstance.run_id == run.run_id)
        )
    return figures


def _timed(run: Any, session: Any, figures: dict[str, Any], name: str) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    run.update_state(session=session, execute_callbacks=False)
    session.flush()
    figures[name] = {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _store(dag_id: str) -> None:
    """Write the DAG to Airflow's metadata, as the dag-processor does."""
    from airflow.dag_processing.collection import update_dag_parsing_results_in_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils.session import create_session

    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_spec
    from sellerops_airflow.dag_factory.reports import build_dag

    built = build_dag(load_spec(dag_id), load_accounts())
    built.fileloc, built.relative_fileloc = __file__, "probe.py"
    with create_session() as session:
        session.merge(DagBundleModel(name="probe"))
        session.flush()
        update_dag_parsing_results_in_db(
            "probe", None, [LazyDeserializedDAG.from_dag(built)], {}, None, set(), session
        )


if __name__ == "__main__":
    main()
