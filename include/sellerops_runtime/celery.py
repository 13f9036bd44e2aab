"""A Redis and Celery workers, which run Airflow's tasks instead of its LocalExecutor."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sellerops.settings import queues
from sellerops_runtime.errors import StartError
from sellerops_runtime.ports import LOOPBACK, free_port
from sellerops_runtime.processes import Component, wait_until

_PROGRAM = "redis-server"
_START_SECONDS = 60.0
# Names of components, as AirflowStack starts them. There are two of each but Redis, so that one may fail.
REDIS = "redis"
WORKERS = ("worker-1", "worker-2")
SCHEDULERS = ("scheduler", "scheduler-2")
TRIGGERERS = ("triggerer", "triggerer-2")
# Seconds. By default a worker waits forever, and a scheduler for two minutes, when Redis does not respond or
# a gateway has forgotten the connection (kombu, `socket_timeout`). docker-compose.celery.yaml sets the same.
_BROKER_LIMITS = {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 10}
# If the connection is lost while the scheduler queries results, the scheduler exits unless the query is
# repeated on a new connection. Sending a task is retried until Airflow's limit of one second: giving up
# earlier would fail a try of the task.
_LIMITS = {
    "redis_socket_timeout": 10,
    "redis_socket_connect_timeout": 10,
    "redis_socket_keepalive": True,
    "redis_retry_on_timeout": True,
    "task_publish_retry_policy": {"max_retries": None, "interval_start": 0.2, "interval_max": 0.5},
}
# Settings that workers do not need: they reach Airflow's metadata only through the api-server, with a token
# for each task. Anyone who has the last three could act as any user.
_NOT_FOR_WORKERS = frozenset(
    {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS",
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
    }
)


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """A component's environment without the secrets that workers do not need."""
    return {name: value for name, value in environment.items() if name not in _NOT_FOR_WORKERS}


def redis_server() -> str:
    """Path of the machine's Redis server. Raises StartError without one."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise StartError(
            f"Celery needs a Redis, and {_PROGRAM} is not installed.",
            remedy="Install it (Debian, Ubuntu: `apt-get install redis-server`; macOS: `brew install "
            "redis`), or start without CELERY=1.",
        )
    return program


@dataclass(frozen=True)
class Celery:
    """Two workers for all queues and their Redis on loopback; each worker runs ``slots`` tasks at a time."""

    slots: int = 3
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def address(self) -> str:
        """The broker's URL, with its password."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def settings(self) -> dict[str, object]:
        """Airflow's settings by section and key, for all its components."""
        return {
            "CORE__EXECUTOR": "CeleryExecutor",
            "CELERY__BROKER_URL": self.address,
            # The default is the metadata database, which workers do not need otherwise.
            "CELERY__RESULT_BACKEND": self.address,
            "CELERY__WORKER_CONCURRENCY": self.slots,
            # Seconds until another worker gets the tasks that a dead worker had received but not started.
            "CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": 3600,
            **{f"CELERY_BROKER_TRANSPORT_OPTIONS__{key}": value for key, value in _BROKER_LIMITS.items()},
            "CELERY__EXTRA_CELERY_CONFIG": json.dumps(_LIMITS),
            # Each attempt takes a second. After three, the default, a task that cannot be sent fails a try.
            "CELERY__TASK_PUBLISH_MAX_RETRIES": 600,
        }

    @staticmethod
    def worker_command(name: str) -> list[str]:
        """Airflow's command for the worker ``name``.

        The worker serves no logs, because all logs of one machine are in one folder.
        """
        return [
            *("celery", "worker", "--celery-hostname", f"{name}@%h", "--queues", ",".join(queues.ALL)),
            *("--skip-serve-logs", "--without-gossip"),
        ]

    def start_redis(self, *, env: Mapping[str, str], logs: Path, run_dir: Path, home: Path) -> Component:
        """Start Redis and wait until it listens. Raises StartError if it is not installed or exits."""
        home.mkdir(parents=True, exist_ok=True)
        settings = home / "redis.conf"
        settings.unlink(missing_ok=True)
        settings.touch(mode=0o600)  # as an argument, every user would see the password
        # Nothing is saved to disk: Airflow sends the tasks again that a Redis has lost.
        settings.write_text(
            f'bind {LOOPBACK}\nport {self.port}\nrequirepass {self.password}\nsave ""\nappendonly no\n',
            encoding="ascii",
        )
        redis = Component(
            REDIS, [redis_server(), str(settings)], env=env, log=logs / "redis.log", run_dir=run_dir, cwd=home
        )
        redis.start()
        wait_until(self._listens, _START_SECONDS, "Redis", watch=[redis])
        return redis

    def _listens(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1.0).close()
        except OSError:
            return False
        return True
