"""The pools that report DAGs name, created by the scheduler before it creates their task instances.

A task whose pool does not exist stays `scheduled`, without a word to anybody, and its runs never end: four of
them (`max_active_runs`) keep every other account's runs of that report waiting. Tasks have no access to
Airflow's metadata, and pools cannot be looked up when a DAG is parsed. The scheduler calls this hook for each
task instance it creates (Airflow 3.3, cluster policies), and so the pool is there before the task can be.
Found through the entry point `airflow.policy`; decision: docs/decisions/scheduler-creates-pools.md.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from airflow import settings
from airflow.policies import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

log = logging.getLogger(__name__)

SLOTS = 4
DESCRIPTION = "Tasks of one account at one source at a time. Change the slots as you like."
_PREFIX = "report__"
# A pool may be deleted while the scheduler runs; after a failure the metadata is left alone as long.
_KEEP_SECONDS = 60.0

_lock = threading.Lock()
_known: set[str] = set()
_known_until = 0.0
_quiet_until = 0.0

# Airflow 3.3.2 does so for hooks of airflow_local_settings.py only, and skips others when it creates a run.
settings.task_instance_mutation_hook.is_noop = False  # type: ignore[attr-defined]


@hookimpl
def task_instance_mutation_hook(task_instance: Any) -> None:
    """Create the pool of a report's task if there is none. Never raises: the scheduler goes on."""
    if not str(task_instance.dag_id).startswith(_PREFIX):
        return
    try:
        _ensure(str(task_instance.pool))
    except Exception:
        log.exception("The pool %s could not be looked up or created", task_instance.pool)


def create_missing_pools(engine: Engine, names: set[str]) -> set[str]:
    """Create those of ``names`` that are no pools yet; the names created. Existing pools stay as they are."""
    from airflow.models.pool import Pool
    from sqlalchemy import insert, select
    from sqlalchemy.exc import IntegrityError

    created = set()
    with engine.connect() as connection:
        there = set(connection.scalars(select(Pool.pool).where(Pool.pool.in_(names))))
    for name in sorted(names - there):
        values = {"pool": name, "slots": SLOTS, "description": DESCRIPTION, "include_deferred": False}
        try:
            with engine.begin() as connection:
                connection.execute(insert(Pool).values(**values))
        except IntegrityError:
            continue  # another scheduler was faster
        created.add(name)
        log.warning("Created the pool %s with %d slots: a report's tasks name it", name, SLOTS)
    return created


def _ensure(name: str) -> None:
    global _known_until, _quiet_until
    with _lock:
        now = time.monotonic()
        if now >= _known_until:
            _known.clear()
            _known_until = now + _KEEP_SECONDS
        if name in _known or now < _quiet_until:
            return
        engine: Engine = settings.get_engine()  # type: ignore[no-untyped-call]
        if engine.dialect.name == "sqlite":
            return  # one writer at a time: it would wait for the transaction that calls
        try:
            create_missing_pools(engine, {name})
        except Exception:
            _quiet_until = now + _KEEP_SECONDS
            raise
        _known.add(name)
