"""The Airflow queues: which workers run a task, where there is more than one machine (docs/many-machines.md).

With the LocalExecutor the scheduler's machine runs the tasks of all queues.
"""

from __future__ import annotations

# Airflow's own: everything short, planning and fetching included.
DEFAULT = "default"
LOADS = "loads"
MARTS = "marts"
BROWSER = "browser"
ALL = (DEFAULT, LOADS, MARTS, BROWSER)
# Airflow's metadata has as many characters for it.
_LONGEST = 256


def check_queue(name: str) -> str:
    """The name of a queue. Raises ValueError for one that a worker's ``-q`` could not list."""
    if not name or len(name) > _LONGEST or not name.isprintable() or set(name) & set(", "):
        raise ValueError(f"{name!r} is not the name of a queue, such as {LOADS}")
    return name
