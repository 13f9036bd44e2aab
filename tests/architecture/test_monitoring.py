"""Dashboard, alert rules, runbook and docs speak of the metrics that are sent, and of no others."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import airflow
import pytest
import yaml

from sellerops.doctor.registry import CHECKS
from sellerops.read_models.metrics.metric import Metric
from sellerops.read_models.metrics.registry import METRICS
from sellerops_airflow.doctor.registry import CHECKS as AIRFLOW_CHECKS
from sellerops_airflow.metrics.check_points import CHECK_STATE
from sellerops_airflow.metrics.sinks import SERIES
from sellerops_airflow.metrics.task_points import TASKS
from sellerops_runtime.home import PROJECT_ROOT

OURS: tuple[Metric, ...] = (*METRICS, TASKS, CHECK_STATE)
DASHBOARD = json.loads((PROJECT_ROOT / "deploy/grafana/sellerops.json").read_text(encoding="utf-8"))
ALERTS = PROJECT_ROOT / "deploy/prometheus/alerts.yaml"
RULES = [
    rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
RUNBOOK = (PROJECT_ROOT / "docs/runbook.md").read_text(encoding="utf-8")
HEALTH = (PROJECT_ROOT / "docs/health.md").read_text(encoding="utf-8")
_NAME = re.compile(r"\b(?:sellerops|airflow)_\w+")
_LABELS = re.compile(r"(\w+)=~?\"|(?:by|on) \(([^)]*)\)")


@cache
def sent() -> dict[str, set[str]]:
    """The labels of each name that Prometheus knows, ours and Airflow's."""
    ours = {metric.prometheus_name: set(metric.attributes) for metric in OURS}
    return {**ours, f"airflow_{SERIES.replace('.', '_')}": set(), **{name: set() for name in airflows()}}


def airflows() -> Iterator[str]:
    """The names that Airflow's own metrics have in Prometheus."""
    folder = Path(airflow.__file__).parent / "_shared/observability/metrics"
    for each in yaml.safe_load((folder / "metrics_template.yaml").read_text(encoding="utf-8"))["metrics"]:
        yield f"airflow_{each['name'].replace('.', '_')}{'_total' if each['type'] == 'counter' else ''}"


def panels() -> list[dict[str, Any]]:
    return [each for each in DASHBOARD["panels"] if each["type"] != "row"]


EXPRESSIONS = [
    *((f"panel {panel['title']}", target["expr"]) for panel in panels() for target in panel["targets"]),
    *((f"rule {rule['alert']}", rule["expr"]) for rule in RULES),
]


@pytest.mark.parametrize(("place", "expression"), EXPRESSIONS, ids=[place for place, _ in EXPRESSIONS])
def test_a_query_asks_for_what_is_sent(place: str, expression: str) -> None:
    names = set(_NAME.findall(expression))
    assert names
    assert names <= set(sent()), names - set(sent())
    allowed = {label for name in names for label in sent()[name]} | {"instance"}
    for label, listed in _LABELS.findall(expression):
        asked = {each.strip() for each in listed.split(",")} if listed else {label}
        assert asked <= allowed, (asked, allowed)


def test_the_dashboard_shows_every_metric() -> None:
    shown = {name for _, expression in EXPRESSIONS for name in _NAME.findall(expression)}
    assert {metric.prometheus_name for metric in OURS} <= shown


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= set(DASHBOARD)
    assert DASHBOARD["schemaVersion"] >= 36
    ids = [each["id"] for each in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {each["name"] for each in DASHBOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(panels()))) <= variables | {"__auto"}
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_has_an_entry_in_the_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["for"]
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    entry = RUNBOOK.partition(f"\n## {rule['alert']}\n")[2].partition("\n## ")[0]
    for part in ("Symptom", "Meaning", "Do"):
        assert re.search(rf"^\*\*{part}\.\*\*", entry, re.MULTILINE), part


def test_an_entry_of_the_runbook_has_a_rule() -> None:
    assert re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE) == [rule["alert"] for rule in RULES]


def test_docs_name_every_metric() -> None:
    for metric in OURS:
        names = ", ".join(f"`{each}`" for each in metric.attributes)
        assert (
            f"| `{metric.name}` | `{metric.unit}` | {names} | {metric.description} |" in HEALTH.splitlines()
        )


@pytest.mark.parametrize(
    ("text", "heading"), [(HEALTH, "| check | finds |"), (RUNBOOK, "| check | usual cause |")]
)
def test_docs_name_every_check_once(text: str, heading: str) -> None:
    table = text.partition(f"\n{heading}")[2].partition("\n\n")[0]
    told = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert sorted(told) == sorted(each.name for each in (*CHECKS, *AIRFLOW_CHECKS))


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize("words", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")])
def test_prometheus_accepts_the_rules(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *words], cwd=ALERTS.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
