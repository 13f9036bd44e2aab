"""Runs Airflow on one machine as separate components: api-server, scheduler, dag-processor and triggerer.

With Celery, also runs workers and a Redis, and two schedulers and two triggerers.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sellerops_runtime import celery as celery_parts
from sellerops_runtime.celery import Celery
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.polling import Poller
from sellerops_runtime.ports import LOOPBACK, free_ports
from sellerops_runtime.processes import Component, plain_environment, stop_all, wait_until
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.settings import write_passwords

USER = "admin"
_HEALTHY_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


@dataclass
class AirflowStack:
    """One Airflow in folder ``home``, with its metadata database at SQLAlchemy URL ``database_url``.

    Every component gets ``environment`` in addition to the variables it needs. Call migrate, start and
    wait_healthy, in this order. ``celery``: runs the tasks instead of the scheduler.
    """

    home: Path
    database_url: str
    run_dir: Path
    logs: Path
    port: int = 0
    dags_folder: Path = PROJECT_ROOT / "dags"
    plugins_folder: Path = PROJECT_ROOT / "plugins"
    include_folder: Path = PROJECT_ROOT / "include"
    password: str = "admin"
    parallelism: int = 8
    environment: Mapping[str, str] = field(default_factory=dict)
    celery: Celery | None = None
    components: dict[str, Component] = field(default_factory=dict, init=False)
    _commands: set[subprocess.Popen[str]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        ports = free_ports(2 + len(celery_parts.TRIGGERERS))
        self.port = self.port or ports[0]
        self._worker_log_port = ports[1]
        # A triggerer serves the logs of its triggers while they run.
        self._trigger_log_ports = dict(zip(celery_parts.TRIGGERERS, ports[2:], strict=True))

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def api(self, poller: Poller | None = None) -> AirflowApi:
        if poller is None:
            return AirflowApi(self.url, USER, self.password)
        return AirflowApi(self.url, USER, self.password, poller=poller)

    def env(self) -> dict[str, str]:
        """A component's complete environment, without the caller's own Airflow settings."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "PG"))}
        local = ",".join(
            filter(None, [inherited.get("NO_PROXY", inherited.get("no_proxy", "")), LOOPBACK, "localhost"])
        )
        airflow = {
            "CORE__DAGS_FOLDER": self.dags_folder,
            "CORE__PLUGINS_FOLDER": self.plugins_folder,
            "CORE__LOAD_EXAMPLES": False,
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": self.parallelism,
            # By default Airflow discards what it parses within 30 s of an earlier change. The next parse
            # would store it, but the demo parses only when a file changes.
            "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": 0,
            # Off by default, because users who may edit connections can then make the api-server call any
            # address. Here there is one user on one machine, who wants the *Test* button.
            "CORE__TEST_CONNECTION": "Enabled",
            "CORE__FERNET_KEY": self._secret("fernet_key", _fernet_key),
            "CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # resolving the full name may be slow
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": self.home / "passwords.json",
            "DATABASE__SQL_ALCHEMY_CONN": self.database_url,
            "DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "sellerops.base.postgres.AIRFLOW_NETWORK",
            "API__HOST": LOOPBACK,
            "API__PORT": self.port,
            "API__BASE_URL": self.url,
            "API__WORKERS": 1,
            "API__DEFAULT_WRAP": True,  # wrap log lines, so that error messages are shown in full
            "API__SECRET_KEY": self._secret("api_secret_key", secrets.token_urlsafe),
            "API_AUTH__JWT_SECRET": self._secret("jwt_secret", lambda: secrets.token_urlsafe(48)),
            "DAG_PROCESSOR__REFRESH_INTERVAL": 5,
            "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": 600,
            "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": 2,
            "LOGGING__BASE_LOG_FOLDER": self.logs / "tasks",
            "LOGGING__WORKER_LOG_SERVER_PORT": self._worker_log_port,
            "LOGGING__TRIGGER_LOG_SERVER_PORT": self._trigger_log_ports["triggerer"],
            "USAGE_DATA_COLLECTION__ENABLED": False,
            **(self.celery.settings() if self.celery else {}),
        }
        return {
            **inherited,
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(self.include_folder), str(self.plugins_folder)]),
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": local,
            "no_proxy": local,
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",  # macOS: the executor forks
            **{f"AIRFLOW__{key}": str(value) for key, value in airflow.items()},
            **self.environment,
        }

    def migrate(self) -> None:
        """Migrate the metadata database to this Airflow's schema."""
        self.run_once("airflow-migrate", [sys.executable, "-m", "airflow", "db", "migrate"])

    def run_once(
        self,
        name: str,
        argv: list[str],
        *,
        extra_env: Mapping[str, str] | None = None,
        seconds: float = 600.0,
    ) -> str:
        """Run a command in Airflow's environment and return its output. Raises StartError when it fails."""
        self._prepare()
        environment = {**self.env(), **(extra_env or {})}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            argv, env=environment, cwd=self.home, stdout=pipe, stderr=pipe, text=True
        ) as command:
            self._commands.add(command)
            try:
                out, err = command.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as error:
                command.kill()
                raise StartError(
                    f"{name} had not ended after {seconds:.0f} s and was killed.",
                    remedy="Start again when the machine has less to do; see whether Postgres answers.",
                ) from error
            except BaseException:
                command.kill()
                raise
            finally:
                self._commands.discard(command)
        (self.logs / f"{name}.log").write_text(out + err, encoding="utf-8")
        if command.returncode != 0:
            last = "\n".join((out + err).strip().splitlines()[-15:])
            raise StartError(f"{name} failed:\n{last}", where=str(self.logs / f"{name}.log"))
        return out

    def abort(self) -> None:
        """Kill the commands that run_once runs in other threads; all are safe to interrupt."""
        for command in list(self._commands):
            command.kill()

    @property
    def schedulers(self) -> tuple[str, ...]:
        """The names of the schedulers."""
        return celery_parts.SCHEDULERS if self.celery else ("scheduler",)

    @property
    def triggerers(self) -> tuple[str, ...]:
        """The names of the triggerers."""
        return celery_parts.TRIGGERERS if self.celery else ("triggerer",)

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the components that run tasks."""
        return celery_parts.WORKERS if self.celery else ("scheduler",)

    def start(self) -> None:
        """Start all components, after migrate; wait_healthy waits until they work."""
        self._prepare()
        if self.celery:
            self.start_component(celery_parts.REDIS)
        workers = celery_parts.WORKERS if self.celery else ()
        for name in ("api-server", "dag-processor", *self.schedulers, *self.triggerers, *workers):
            self.start_component(name)

    def start_component(self, name: str) -> Component:
        """Start or restart one component by Airflow's name for it; the second of a kind ends in ``-2``."""
        if self.celery and name == celery_parts.REDIS:
            component = self.celery.start_redis(
                env=plain_environment(os.environ), logs=self.logs, run_dir=self.run_dir, home=self.home
            )
        else:
            component = Component(
                f"airflow-{name}",
                [sys.executable, "-m", "airflow", *self._command(name)],
                env=self._environment_of(name),
                log=self.logs / f"airflow-{name}.log",
                run_dir=self.run_dir,
                cwd=self.home,
            )
            component.start()
        self.components[name] = component
        return component

    def _command(self, name: str) -> list[str]:
        if self.celery and name in celery_parts.WORKERS:
            return self.celery.worker_command(name)
        return [name.removesuffix("-2")]

    def _environment_of(self, name: str) -> dict[str, str]:
        if name in celery_parts.WORKERS:
            return celery_parts.worker_environment(self.env())
        port = self._trigger_log_ports.get(name)
        own = {"AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port)} if port else {}
        return {**self.env(), **own}

    def wait_healthy(self, seconds: float = 600.0) -> None:
        """Wait until every component reports healthy. Raises StartError with the log of one that exited."""
        with self.api() as api:
            wait_until(
                lambda: all(api.health().get(part) == "healthy" for part in _HEALTHY_PARTS),
                seconds,
                "Airflow",
                watch=list(self.components.values()),
            )

    def stop(self) -> None:
        stop_all(self.components.values())
        self.components.clear()

    def _prepare(self) -> None:
        for folder in (self.home, self.logs, self.run_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)  # it holds the keys
        write_passwords(self.home / "passwords.json", {USER: self.password})

    def _secret(self, name: str, make: Callable[[], str]) -> str:
        """A secret of this Airflow, generated once and kept in its home."""
        path = self.home / f"{name}.secret"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(make(), encoding="ascii")
        return path.read_text(encoding="ascii")


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
