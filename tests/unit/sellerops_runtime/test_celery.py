"""The demo's Redis and workers: what is started, and that nobody else reaches or reads it."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from sellerops.settings import queues
from sellerops_runtime import celery as module
from sellerops_runtime.airflow import AirflowStack
from sellerops_runtime.celery import Celery, redis_server
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import Home
from sellerops_runtime.processes import Component, plain_environment, running_parts, stop_leftovers
from sellerops_runtime.progress import Progress
from sellerops_runtime.stack import Stack

SECRETS = ("DATABASE__SQL_ALCHEMY_CONN", "CORE__FERNET_KEY", "API__SECRET_KEY", "API_AUTH__JWT_SECRET")


def test_without_a_redis_the_demo_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(StartError, match="apt-get install redis-server"):
        redis_server()


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_redis_wants_its_password_listens_on_loopback_and_ends_with_the_demo(tmp_path: Path) -> None:
    import redis

    celery = Celery()
    component = celery.start_redis(
        env=plain_environment(os.environ), logs=tmp_path / "logs", run_dir=tmp_path / "run", home=tmp_path
    )
    try:
        assert redis.Redis.from_url(celery.address).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(host="127.0.0.1", port=celery.port).ping()
        assert redis.Redis.from_url(celery.address).config_get("bind") == {"bind": "127.0.0.1"}
        assert stat.S_IMODE((tmp_path / "redis.conf").stat().st_mode) == 0o600
        assert celery.password not in " ".join(component.argv)
        assert celery.password not in repr(celery)
        assert running_parts(tmp_path / "run") == ["redis"]
    finally:
        # As `make demo-stop` does after a demo that was killed.
        assert stop_leftovers(tmp_path / "run", 5.0) == ["redis"]
    assert component.exit_code is not None


@pytest.mark.parametrize("celery", [None, Celery()])
def test_each_component_is_started_once_and_with_celery_some_twice(
    celery: Celery | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Component] = []
    monkeypatch.setattr(Component, "start", lambda self: started.append(self))
    monkeypatch.setattr(module, "wait_until", lambda *_, **__: None)
    monkeypatch.setattr(module, "redis_server", lambda: "redis-server")
    stack = AirflowStack(
        tmp_path / "home", "postgresql://", tmp_path / "run", tmp_path / "logs", celery=celery
    )
    stack.start()
    commands = [component.argv[3] for component in started if component.name != "redis"]
    counts = {name: commands.count(name) for name in commands}
    assert counts == (
        {"api-server": 1, "dag-processor": 1, "scheduler": 2, "triggerer": 2, "celery": 2}
        if celery
        else {"api-server": 1, "dag-processor": 1, "scheduler": 1, "triggerer": 1}
    )
    assert len({component.name for component in started}) == len(started)
    assert set(stack.components) >= {*stack.schedulers, *stack.triggerers, *stack.workers}
    for component in started:
        if component.name.startswith("airflow-worker"):
            assert component.argv[component.argv.index("--queues") + 1] == ",".join(queues.ALL)
            secrets = {stack.env()[f"AIRFLOW__{key}"] for key in SECRETS}
            assert not secrets & set(component.env.values()), "a worker needs none of them"
    ports = [
        component.env["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"]
        for component in started
        if component.name.startswith("airflow-triggerer")
    ]
    assert len(set(ports)) == len(ports)
    executor = stack.env()["AIRFLOW__CORE__EXECUTOR"]
    assert executor == ("CeleryExecutor" if celery else "LocalExecutor")
    assert ("AIRFLOW__CELERY__BROKER_URL" in stack.env()) is bool(celery)


def test_beside_workers_the_demo_has_no_connection_to_airflows_metadata(tmp_path: Path) -> None:
    """Empty also removes the connection of an earlier start without workers."""
    home = Home(tmp_path)
    assert Stack(home, Progress(), celery=True).metadata_settings() == {"SELLEROPS_METADATA_HOST": ""}
    assert not list(tmp_path.rglob("password-*"))
