"""Two Celery workers: one is killed in the middle of a load, and the other one loads the slice once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from celery import Celery
from support.system import PATIENT, System

from sellerops.settings import queues
from sellerops_airflow.doctor.queues import taken_queues
from sellerops_runtime.celery import WORKERS, worker_environment
from sellerops_runtime.processes import Component, plain_environment, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

ON_WORKERS = "report__amazon_sp__on_workers"


@pytest.fixture
def workers(system: System) -> Iterator[dict[str, Component]]:
    """Two workers by name, which run only this file's report unless all tests run on them."""
    stack, celery = system.airflow.stack, system.celery
    if stack.celery:
        yield {name: stack.components[name] for name in WORKERS}
        for name in WORKERS:
            if stack.components[name].exit_code is not None:
                system.airflow.start(name)
        return
    if celery is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    redis = celery.start_redis(
        env=plain_environment(os.environ), logs=stack.logs, run_dir=stack.run_dir, home=stack.home
    )
    started = {
        name: Component(
            f"airflow-{name}",
            [sys.executable, "-m", "airflow", *celery.worker_command(name)],
            env=worker_environment(stack.env()),
            log=stack.logs / f"airflow-{name}.log",
            run_dir=stack.run_dir,
            cwd=stack.home,
        )
        for name in WORKERS
    }
    try:
        for worker in started.values():
            worker.start()
        yield started
    finally:
        for worker in started.values():
            worker.kill()
        # Redis stays until all stops: the scheduler ends without its broker.
        stack.components["redis"] = redis


def test_a_worker_that_is_killed_while_it_loads_costs_no_row_and_no_report(
    system: System, workers: dict[str, Component]
) -> None:
    day = (datetime.now(UTC) - timedelta(days=12)).date().isoformat()
    system.airflow.wait_for_dags(ON_WORKERS)
    with psycopg.connect(system.warehouse) as blocking:
        # Every load writes here before it commits: the task waits in the middle of its transaction.
        blocking.execute("LOCK TABLE sellerops.load IN SHARE MODE")
        run_id = system.airflow.run(ON_WORKERS, {"from_day": day, "to_day": day})
        wait_until(
            lambda: _is_held_up(system) and bool(_load(system, run_id)["pid"]),
            PATIENT,
            "a load that waits",
            watch=[*workers.values()],
        )
        victim = _worker_of(system, run_id, workers)
        assert {queue: len(names) for queue, names in _taken(system).items()} == dict.fromkeys(queues.ALL, 2)
        victim.kill()
    assert _load(system, run_id)["state"] == "running", "Airflow has not noticed yet"
    assert {len(names) for names in _taken(system).values()} == {1}, "the doctor has"
    wait_until(lambda: _is_repeated(system, run_id), PATIENT, "the second try")
    assert system.airflow.api.wait_for_run(ON_WORKERS, run_id, PATIENT)["state"] == "success"
    assert _load(system, run_id)["try_number"] == 2
    loads = system.select(
        "SELECT table_name, count(*) FROM sellerops.load WHERE report = 'on_workers' GROUP BY 1"
    )
    assert loads and {count for _, count in loads} == {1}
    rows = system.select(
        "SELECT count(*), count(DISTINCT (marketplace_id, child_asin)) FROM amazon_sp.on_workers_sales_daily"
    )
    assert rows[0][0] == rows[0][1] > 0


def _is_held_up(system: System) -> bool:
    """Whether a load waits for our lock."""
    return bool(
        system.select(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND query ILIKE '%%sellerops.load%%'"
        )
    )


def _taken(system: System) -> dict[str, list[str]]:
    """The workers that take each queue, as the doctor finds them."""
    assert system.celery
    return taken_queues(Celery(broker=system.celery.address))


def _load(system: System, run_id: str) -> dict[str, object]:
    (found,) = system.tasks(ON_WORKERS, run_id, "load_postgres")
    return found


def _worker_of(system: System, run_id: str, workers: dict[str, Component]) -> Component:
    """The worker in whose session the load runs."""
    session = os.getsid(int(str(_load(system, run_id)["pid"])))
    return next(worker for worker in workers.values() if worker.pid == session)


def _is_repeated(system: System, run_id: str) -> bool:
    """Whether the load has been started again. Moves what Airflow compares with its clock into the past: the
    heartbeat that is missing for five minutes, and the end of a try that is repeated after a minute.
    """
    with psycopg.connect(system.metadata) as connection:
        connection.execute(
            "UPDATE task_instance SET last_heartbeat_at = last_heartbeat_at - interval '1 hour',"
            " end_date = end_date - interval '1 hour' WHERE dag_id = %s AND run_id = %s AND try_number = 1"
            " AND state IN ('running', 'up_for_retry')",
            (ON_WORKERS, run_id),
        )
    return _load(system, run_id)["try_number"] == 2
