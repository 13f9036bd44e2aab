"""docker-compose.celery.yaml over docker-compose.yaml: valid together, and in step with the queues."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.compose import assert_confined, assert_documents_wait_on_a_disk, in_memory

from sellerops.settings import queues
from sellerops_runtime.celery import Celery, worker_environment
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.settings import read_settings, substitute_variables

OVER = PROJECT_ROOT / "docker-compose.celery.yaml"
# What a later file replaces; of other lists it appends the items, as Compose's rules for merging say.
_REPLACED = {"command", "entrypoint", "test"}
_RESET = object()


class _Loader(yaml.SafeLoader):
    """Knows Compose's ``!reset``, which takes back what an earlier file says."""


_Loader.add_constructor("!reset", lambda *_: _RESET)


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Both files as Compose reads them together."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        if value is _RESET:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(under, dict):
            result[key] = merged(under, value)
        elif isinstance(value, list) and isinstance(under, list) and key not in _REPLACED:
            result[key] = [*under, *value]
        else:
            result[key] = value
    return result


BASE = yaml.safe_load((PROJECT_ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
TEXT = OVER.read_text(encoding="utf-8")
COMPOSE = merged(BASE, yaml.load(TEXT, _Loader))
SERVICES = COMPOSE["services"]
WORKERS = {
    name: each for name, each in SERVICES.items() if each.get("command", [])[1:3] == ["celery", "worker"]
}


def queues_of(worker: dict[str, Any]) -> set[str]:
    command = worker["command"]
    return set(command[command.index("--queues") + 1].split(","))


def check(content: dict[str, Any], path: Path) -> subprocess.CompletedProcess[str]:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*command, path], capture_output=True, text=True, check=False)


def test_both_files_together_follow_the_compose_specification(tmp_path: Path) -> None:
    done = check(COMPOSE, tmp_path / "docker-compose.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = merged(COMPOSE, {"services": {"redis": {"healthchek": {}}}})
    assert check(wrong, tmp_path / "wrong.yaml").returncode != 0


def test_each_queue_has_its_workers_and_the_browsers_come_with_their_profile() -> None:
    taken = {name: queues_of(worker) for name, worker in WORKERS.items()}
    assert set().union(*taken.values()) == set(queues.ALL)
    assert sum(map(len, taken.values())) == len(queues.ALL), "a queue of its own for each kind of work"
    for name, worker in WORKERS.items():
        assert worker.get("profiles", []) == (["portal"] if queues_of(worker) == {queues.BROWSER} else []), (
            name
        )


def test_every_airflow_component_uses_the_same_executor_and_broker() -> None:
    airflow = {
        name: each["environment"]
        for name, each in SERVICES.items()
        if each.get("command", [""])[0] == "airflow"
    }
    assert len(airflow) == 4 + len(WORKERS)
    for key in ("CORE__EXECUTOR", "CELERY__BROKER_URL", "CELERY__RESULT_BACKEND"):
        assert len({environment[f"AIRFLOW__{key}"] for environment in airflow.values()}) == 1, key
    address = airflow["airflow-worker"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert {environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] for environment in airflow.values()} == {
        address
    }


def test_every_component_has_the_demos_limits_for_a_silent_redis() -> None:
    limits = {
        f"AIRFLOW__{key}": value
        for key, value in Celery().settings().items()
        if key.startswith("CELERY_BROKER_TRANSPORT")
        or key in ("CELERY__EXTRA_CELERY_CONFIG", "CELERY__TASK_PUBLISH_MAX_RETRIES")
    }
    assert {"SOCKET_TIMEOUT", "SOCKET_CONNECT_TIMEOUT", "TASK_PUBLISH_MAX_RETRIES"} <= {
        key.rpartition("__")[2] for key in limits
    }
    for service in SERVICES.values():
        if service.get("command", [""])[0] == "airflow":
            own = {key: service["environment"].get(key) for key in limits}
            assert {key: json.loads(value) for key, value in own.items()} == {
                key: json.loads(str(value)) for key, value in limits.items()
            }


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_a_worker_gets_no_key_of_airflow_and_no_address_of_its_metadata(name: str) -> None:
    own = WORKERS[name]["environment"]
    everything = SERVICES["airflow-scheduler"]["environment"]
    assert own.keys() <= worker_environment(everything).keys()
    assert not {key for key, value in own.items() if "@postgres" in str(value)}
    assert WORKERS[name]["image"] == SERVICES["airflow-scheduler"]["image"]
    assert "env_file" not in WORKERS[name]


def test_no_connection_leads_to_airflows_metadata() -> None:
    """Tasks may ask for every connection: one to that database would be worth as much as its address."""
    for name in ("airflow-init", "amazon-accounts"):
        environment = SERVICES[name]["environment"]
        database = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].rpartition("/")[2]
        loaded = substitute_variables(read_settings(), environment)
        assert "connection sellerops_metadata" in loaded.skipped, name
        assert loaded.settings.connections
        assert database not in {each.conn_schema for each in loaded.settings.connections}
        assert environment["SELLEROPS_METADATA_HOST"] == "", "unset would keep the connection of before"


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_messages_of_a_worker_print_the_links_and_commands_of_the_scheduler(name: str) -> None:
    own, scheduler = WORKERS[name]["environment"], SERVICES["airflow-scheduler"]["environment"]
    same = [key for key in scheduler if not key.startswith("AIRFLOW__") or key == "AIRFLOW__API__BASE_URL"]
    assert {"AIRFLOW__API__BASE_URL", "SELLEROPS_COMMAND", "SELLEROPS_MIGRATE_COMMAND"} <= set(same)
    assert {key: own.get(key) for key in same} == {key: scheduler[key] for key in same}


def test_no_container_writes_to_its_image_or_keeps_powers_that_it_does_not_need() -> None:
    assert_confined(SERVICES)


def test_documents_wait_on_a_disk_and_what_is_small_in_memory() -> None:
    assert_documents_wait_on_a_disk(SERVICES)


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_a_worker_has_the_code_the_archive_and_the_logs_of_the_others(name: str) -> None:
    """Only those of the browsers need the browsers' downloads."""
    theirs = set(SERVICES["airflow-scheduler"]["volumes"])
    own = set(WORKERS[name]["volumes"])
    downloads = {mount for mount in theirs if mount.startswith("browser-downloads:")}
    settings = {mount for mount in theirs if mount.startswith("./airflow_settings.yaml")}
    expected = theirs - settings - (set() if queues_of(WORKERS[name]) == {queues.BROWSER} else downloads)
    assert own == expected


def test_two_of_each_component_that_may_fail_and_one_address_before_the_api_servers() -> None:
    for name in ("api-server", "scheduler", "triggerer", "worker", "worker-loads"):
        service = SERVICES["airflow-worker" + name[6:] if name.startswith("worker") else f"airflow-{name}"]
        assert service["deploy"]["replicas"] == 2
        assert "ports" not in service, "two cannot publish one port"
        assert not {"container_name", "hostname"} & set(service)
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    assert published["caddy"] == BASE["services"]["airflow-api-server"]["ports"]
    assert "redis" not in published
    upstream = (PROJECT_ROOT / "deploy" / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    assert "dynamic a {$API_SERVER:airflow-api-server}" in upstream
    command = SERVICES["caddy"]["command"]
    folder = {mount.split(":")[1]: mount.split(":")[0] for mount in SERVICES["caddy"]["volumes"]}
    path = Path(command[command.index("--config") + 1])
    assert (PROJECT_ROOT / folder[str(path.parent)] / path.name).is_file()


def test_redis_wants_a_password_that_no_argument_shows() -> None:
    service = SERVICES["redis"]
    assert "requirepass" in service["command"][-1]
    assert "$$REDIS_PASSWORD" in service["command"][-1], "substituted in the container, not in the command"
    assert service["user"] == "redis"
    written = re.search(r"> (\S+)/redis\.conf ", service["command"][-1])
    assert written
    # Memory has the rights of the folder below it: /tmp is for everybody, /run is root's.
    assert written[1] == "/tmp"
    assert written[1] in in_memory(service)
    assert service["image"].startswith("redis:7.2-bookworm@sha256:")


def test_what_the_file_asks_for_is_in_the_example_and_made_by_compose_env() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    assert asked == {"REDIS_PASSWORD"}
    assert re.search(
        r"^REDIS_PASSWORD=$", (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    made = re.search(r"^COMPOSE_SECRETS := (.*)$", makefile, re.MULTILINE)
    assert made
    assert asked <= set(made[1].split())


def test_every_foreign_image_is_named_by_its_digest_which_make_images_renews() -> None:
    foreign = [each["image"] for each in SERVICES.values() if not each.get("build")]
    for name in foreign:
        assert re.fullmatch(r"[\w.-]+:[\w.-]+@sha256:[0-9a-f]{64}", name), name
    assert f"docker-compose.yaml {OVER.name}" in (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_mount_is_a_volume_declared_or_a_path_of_the_project() -> None:
    named = [mount for each in SERVICES.values() for mount in each.get("volumes", [])]
    mounts = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", mount).split(":")[0] for mount in named]
    for mount in mounts:
        assert (PROJECT_ROOT / mount).exists() if mount.startswith(".") else mount in COMPOSE["volumes"], (
            mount
        )
    for name, each in SERVICES.items():
        assert set(each.get("depends_on", {})) <= set(SERVICES), name
