"""deploy/kubernetes: valid by Kubernetes' schemas, and in step with queues, image and chart values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from sellerops.settings import queues
from sellerops_airflow.dag_factory.placement import VARIABLE
from sellerops_runtime.celery import worker_environment
from sellerops_runtime.home import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "deploy" / "kubernetes"
INIT = FOLDER / "init.yaml"
VALUES: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))
TEMPLATES = {path.stem: path for path in sorted((FOLDER / "pod-templates").glob("*.yaml"))}
# The oldest and the newest that is supported.
VERSIONS = ("1.34", "1.37")


def documents(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    for name, value in (("LOGIN", "north"), ("REGISTRY", "registry.example.com"), ("VERSION", "1.0.0")):
        text = text.replace(name, value)
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "path", [*TEMPLATES.values(), FOLDER / "browser.yaml", INIT], ids=lambda path: path.stem
)
def test_each_manifest_follows_kubernetes_schema(path: Path, version: str) -> None:
    for document in documents(path):
        kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_found() -> None:
    (pod,) = documents(TEMPLATES["loads"])
    pod["spec"]["containers"][0]["resource"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, VERSIONS[0], strict=True)


def test_each_queue_has_a_template() -> None:
    assert set(TEMPLATES) == set(queues.ALL)


@pytest.mark.parametrize("queue", queues.ALL)
def test_a_tasks_pod_runs_our_image_without_airflows_keys_or_rights(queue: str) -> None:
    (pod,) = documents(TEMPLATES[queue])
    (container,) = pod["spec"]["containers"]
    # Airflow replaces command and arguments of this container.
    assert container["name"] == "base"
    assert not {"command", "args", "envFrom"} & set(container)
    assert container["image"] == "registry.example.com/sellerops:1.0.0"
    given = {each["name"]: each["value"] for each in container["env"]}
    assert worker_environment(given) == given
    config = VALUES["config"]
    assert given["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == config["core"]["execution_api_server_url"]
    assert given["AIRFLOW__API__BASE_URL"] == config["api"]["base_url"], "notices would link elsewhere"
    ours = {name: value for name, value in given.items() if name.startswith("SELLEROPS_")}
    # Only components that read DAG files look for templates.
    assert ours == {each["name"]: each["value"] for each in VALUES["env"] if each["name"] != VARIABLE}
    assert pod["spec"]["restartPolicy"] == "Never", "Airflow repeats tasks"
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    assert pod["metadata"]["labels"]["sellerops/queue"] == queue
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in pod["spec"]["volumes"]}


def test_the_image_has_the_user_that_pods_run_as() -> None:
    (pod,) = documents(TEMPLATES["default"])
    user = pod["spec"]["securityContext"]["runAsUser"]
    assert f"useradd --uid {user} --gid 0" in (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_values_name_the_templates_and_no_secret() -> None:
    environment = {each["name"]: each["value"] for each in VALUES["env"]}
    (mount,) = VALUES["volumeMounts"]
    assert environment[VARIABLE] == mount["mountPath"]
    default = VALUES["config"]["kubernetes_executor"]["pod_template_file"]
    assert default == f"{mount['mountPath']}/{queues.DEFAULT}.yaml"
    assert VALUES["executor"] == "KubernetesExecutor"
    assert {VALUES[name]["replicas"] for name in ("apiServer", "scheduler", "triggerer")} == {2}
    for name in ("fernetKeySecretName", "apiSecretKeySecretName", "jwtSecretName"):
        assert VALUES[name].startswith("sellerops-"), (
            "generated anew, it would make stored connections unreadable"
        )


def test_nobody_gets_in_with_a_password_of_the_chart() -> None:
    assert VALUES["createUserJob"]["defaultUser"]["enabled"] is False
    assert VALUES["config"]["core"]["auth_manager"] == "AUTH_MANAGER", "to be chosen: docs/many-machines.md"


def test_the_command_that_migrates_runs_what_compose_runs_in_a_pod_of_its_own() -> None:
    environment = {each["name"]: each["value"] for each in VALUES["env"]}
    path = PROJECT_ROOT / environment["SELLEROPS_MIGRATE_COMMAND"].split()[-1]
    (job,) = documents(path)
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    compose = yaml.safe_load((PROJECT_ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    assert container["command"] == compose["services"]["airflow-init"]["command"]
    secrets = {each["valueFrom"]["secretKeyRef"]["name"] for each in container["env"]}
    assert secrets == {VALUES["data"]["metadataSecretName"], VALUES["fernetKeySecretName"]}
    (task,) = documents(TEMPLATES[queues.DEFAULT])
    assert container["image"] == task["spec"]["containers"][0]["image"]
    assert pod["automountServiceAccountToken"] is False


def test_only_tasks_of_the_browser_queue_reach_a_browser() -> None:
    by_kind = {document["kind"]: document for document in documents(FOLDER / "browser.yaml")}
    (rule,) = by_kind["NetworkPolicy"]["spec"]["ingress"]
    (allowed,) = rule["from"]
    (pod,) = documents(TEMPLATES[queues.BROWSER])
    assert allowed["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    browser = by_kind["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]
    paths = {each["name"]: each["mountPath"] for each in browser["volumeMounts"]}
    task = {each["name"]: each["mountPath"] for each in pod["spec"]["containers"][0]["volumeMounts"]}
    assert paths["downloads"] == task["browser-downloads"]
