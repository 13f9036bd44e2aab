"""Creates the pools of report DAGs in the scheduler, before it creates their task instances.

A task whose pool does not exist silently stays `scheduled`, and its run never ends; four such runs
(`max_active_runs`) block the report for every account. Tasks cannot reach Airflow's metadata, and pools
cannot be looked up while a DAG is parsed. The scheduler calls this hook for each task instance it creates
(Airflow 3.3, cluster policies), so the pool exists before the task. Airflow finds the hook through the entry
point `airflow.policy`; decision: docs/decisions/scheduler-creates-pools.md.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from airflow import settings
from airflow.policies import hookimpl

from sellerops.settings.logins import BROWSER_POOL

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

log = logging.getLogger(__name__)

SLOTS = 4
DESCRIPTION = "Limits concurrent tasks of one account at one source. You can change the slots."
# Two jobs of one login would wait for each other's browser on a worker.
BROWSER_SLOTS = 1
BROWSER_DESCRIPTION = "The browser of this login serves one job at a time. Keep the pool at one slot."
_WIDENED = (
    "The pool %s has %d slots. A login does one job at a time: more tasks only start and wait for each "
    "other. Set it to %d in Admin > Pools."
)
_PREFIXES = ("report__", "portal_")
DEFAULT_POOL = "default_pool"
# Pools may be deleted while the scheduler runs, so look again after this time; wait as long after a failure.
_KEEP_SECONDS = 60.0

_lock = threading.Lock()
_known: set[str] = set()
_known_until = 0.0
_quiet_until = 0.0

# Airflow 3.3.2 sets this only for hooks in airflow_local_settings.py and skips all others when it creates a
# run.
settings.task_instance_mutation_hook.is_noop = False  # type: ignore[attr-defined]


@hookimpl
def task_instance_mutation_hook(task_instance: Any) -> None:
    """Create the pool of a report's task if it is missing. Never raises, so the scheduler keeps running."""
    name = str(task_instance.pool)
    if not str(task_instance.dag_id).startswith(_PREFIXES) or name == DEFAULT_POOL:
        return
    try:
        _ensure(name)
    except Exception:
        log.exception("Cannot look up or create the pool %s", task_instance.pool)


def create_missing_pools(engine: Engine, names: set[str]) -> set[str]:
    """Create the missing pools in ``names`` and return their names. Existing pools are unchanged."""
    from airflow.models.pool import Pool
    from sqlalchemy import insert, select
    from sqlalchemy.exc import IntegrityError

    created = set()
    with engine.connect() as connection:
        found = connection.execute(select(Pool.pool, Pool.slots).where(Pool.pool.in_(names))).all()
    slots_of = {str(name): slots for name, slots in found}
    existing = set(slots_of)
    for name in sorted(existing):
        if name.startswith(BROWSER_POOL) and slots_of[name] != BROWSER_SLOTS:
            log.warning(_WIDENED, name, slots_of[name], BROWSER_SLOTS)
    for name in sorted(names - existing):
        slots, description = (
            (BROWSER_SLOTS, BROWSER_DESCRIPTION) if name.startswith(BROWSER_POOL) else (SLOTS, DESCRIPTION)
        )
        values = {"pool": name, "slots": slots, "description": description, "include_deferred": False}
        try:
            with engine.begin() as connection:
                connection.execute(insert(Pool).values(**values))
        except IntegrityError:
            continue  # another scheduler created it meanwhile
        created.add(name)
        log.warning("Created the pool %s with %d slots for a report's tasks", name, slots)
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
            return  # SQLite has one writer: this would wait for the transaction that calls the hook
        try:
            create_missing_pools(engine, {name})
        except Exception:
            _quiet_until = now + _KEEP_SECONDS
            raise
        _known.add(name)
