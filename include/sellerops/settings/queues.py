"""The Airflow queues: which workers run a task if there are several machines (docs/many-machines.md).

With the LocalExecutor, the scheduler's machine runs the tasks of all queues.
"""

from __future__ import annotations

# Airflow's default queue: runs everything short, including planning and fetching.
DEFAULT = "default"
LOADS = "loads"
MARTS = "marts"
BROWSER = "browser"
ALL = (DEFAULT, LOADS, MARTS, BROWSER)
# The length of the queue column in Airflow's metadata database.
_LONGEST = 256


def check_queue(name: str) -> str:
    """Return ``name`` unchanged. Raises ValueError if a worker's ``-q`` option could not list it."""
    if not name or len(name) > _LONGEST or not name.isprintable() or set(name) & set(", "):
        raise ValueError(f"{name!r} is not the name of a queue, such as {LOADS}")
    return name
