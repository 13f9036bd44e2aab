"""Checks that a Celery worker takes each queue that this installation uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sellerops.base.redaction import redact
from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.settings.logins import load_logins
from sellerops.settings.queues import DEFAULT, MARTS
from sellerops.settings.specs import enabled_specs

if TYPE_CHECKING:
    from celery import Celery  # type: ignore[import-untyped]

NAME = "queues"
_ANSWER_SECONDS = 3.0


def examine_queues(installation: Installation) -> Iterator[Finding]:
    """One finding per queue; a single one with an executor that has no workers of its own."""
    executor = executor_name()
    if executor != "CeleryExecutor":
        yield Finding(NAME, State.OK, f"The {executor} runs the tasks of all queues.")
        return
    from airflow.providers.celery.executors.celery_executor import app

    try:
        taken = taken_queues(app)
    except OSError as error:
        cause = redact(str(error).strip() or type(error).__name__)
        yield Finding(
            NAME,
            State.FAILED,
            f"The broker does not answer ({cause}): no task reaches a worker.",
            "Start Redis, or correct [celery] broker_url. Airflow sends again what was queued.",
        )
        return
    yield from judge_queues(used_queues(), waiting_tasks(), taken)


def executor_name() -> str:
    """The class of the executor that runs tasks unless they name another, such as `LocalExecutor`."""
    from airflow.configuration import conf

    return str(conf.get("core", "executor")).split(",")[0].rpartition(".")[2]


def workers_by_queue() -> dict[str, list[str]]:
    """The Celery workers that take each queue; nothing if the broker does not answer."""
    from airflow.providers.celery.executors.celery_executor import app

    try:
        return taken_queues(app)
    except OSError:
        return {}


def used_queues() -> set[str]:
    """The queues of marts, of the reports that are on, and of the logins, if browser jobs are on."""
    specs, logins = enabled_specs(), load_logins()
    fetching = {spec.queue.fetch for spec in specs if spec.request.how != "downloaded"}
    browsers = {login.queue for login in logins.by_id.values()} if logins.enabled else set()
    return {DEFAULT, MARTS, *fetching, *(spec.queue.load for spec in specs), *browsers}


def waiting_tasks() -> dict[str, int]:
    """How many tasks wait for a worker, by queue."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    counted = (
        select(TaskInstance.queue, func.count())
        .where(TaskInstance.state == "queued")
        .group_by(TaskInstance.queue)
    )
    with create_session() as session:
        return {str(queue): int(count) for queue, count in session.execute(counted)}


def taken_queues(app: Celery) -> dict[str, list[str]]:
    """The workers that take each queue. Raises OSError when the broker does not answer."""
    from celery.exceptions import OperationalError  # type: ignore[import-untyped]

    # Without these, a broker that accepts connections but says nothing would block the check forever.
    limits = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), _ANSWER_SECONDS)
    with app.connection_for_write(transport_options=limits) as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=_ANSWER_SECONDS)
            inspect = app.control.inspect(timeout=_ANSWER_SECONDS, connection=connection)
            answers: Mapping[str, list[dict[str, Any]]] = inspect.active_queues() or {}
        except (OperationalError, *connection.connection_errors) as error:
            raise ConnectionError(str(error)) from error
    taken: dict[str, list[str]] = {}
    for worker, queues in sorted(answers.items()):
        for queue in queues:
            taken.setdefault(str(queue["name"]), []).append(worker)
    return taken


def judge_queues(
    used: set[str], waiting: Mapping[str, int], taken: Mapping[str, list[str]]
) -> Iterator[Finding]:
    """One finding per queue: if no worker takes it, failed while tasks wait and otherwise a warning."""
    for queue in sorted(used | waiting.keys()):
        workers, count = taken.get(queue, []), waiting.get(queue, 0)
        if workers:
            yield Finding(
                NAME, State.OK, f"Queue {queue}: {len(workers)} workers take it, {count} tasks wait."
            )
        else:
            yield Finding(
                NAME,
                State.FAILED if count else State.WARNING,
                f"Queue {queue}: no worker takes it, and {count or 'no'} tasks wait for one.",
                f"Start a worker with `--queues {queue}` (docs/many-machines.md).",
            )


__all__ = [
    "NAME",
    "examine_queues",
    "executor_name",
    "judge_queues",
    "taken_queues",
    "used_queues",
    "waiting_tasks",
    "workers_by_queue",
]
