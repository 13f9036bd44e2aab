"""Tasks repeat neither the imports made before the fork nor their selection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.airflow_home import PROJECT_ROOT, airflow_environment

# Airflow's task SDK executes the plugin files again in each task's process, under another module name.
AGAIN = """
import json, sys
path = sys.argv[1]
sys.argv = ["airflow", sys.argv[2]]
code = compile(open(path).read(), path, "exec")
read = []
sys.addaudithook(lambda event, args: read.append(str(args[0])) if event == "open" else None)
seen = []
for name in ("first", "second"):
    before = set(sys.modules)
    del read[:]
    exec(code, {"__name__": name})
    seen.append({"modules": sorted(set(sys.modules) - before), "files": sorted(set(read))})
tls = sys.modules.get("sellerops.sources.common.tls")
for each in seen:
    each["certificates"] = tls.tls_context.cache_info().currsize if tls else 0
print(json.dumps(seen))
"""


def test_the_plugin_imports_for_tasks_once_for_all_forked_processes(tmp_path: Path) -> None:
    first, second = executed_twice("scheduler", tmp_path)
    assert {"pandas", "sellerops.collect", "jinja2.ext"} <= set(first["modules"])
    assert any(name.endswith("sales_and_traffic.yaml") for name in first["files"])
    assert second == {"modules": [], "files": [], "certificates": 1}


def test_the_dag_processor_reads_all_specs_once_for_what_it_forks(tmp_path: Path) -> None:
    first, second = executed_twice("dag-processor", tmp_path)
    assert "sellerops_airflow.dag_factory.reports" in first["modules"]
    assert "pandas" not in first["modules"]
    assert any(name.endswith("sales_and_traffic.yaml") for name in first["files"])
    assert second == {"modules": [], "files": [], "certificates": 0}


WORKER = """
import json, sys
sys.argv = ["airflow", *sys.argv[1:]]
import sellerops_airflow.celery_start
from celery.signals import worker_init
assert "pandas" not in sys.modules
worker_init.send(None)
import airflow.sdk.execution_time.supervisor, airflow.sdk.execution_time.task_runner
before = set(sys.modules)

# What a task's process does first, which Airflow forks from here.
path, sys.argv = sys.argv.pop(), ["airflow", "supervisor"]
exec(compile(open(path).read(), path, "exec"), {"__name__": "in a task"})
import airflow.dag_processing.dagbag
import sellerops.collect
from sellerops.base.yaml_parser import _parsed
from sellerops.rate_limits import load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
parsed = _parsed.cache_info().misses
load_rate_limits(), load_accounts(), load_spec("all_orders")
print(json.dumps([len(set(sys.modules) - before), _parsed.cache_info().misses - parsed]))
"""


def test_a_celery_worker_imports_and_reads_for_tasks_before_it_forks_them(tmp_path: Path) -> None:
    """It loads no plugins: only the tasks would, each for itself."""
    plugin = str(PROJECT_ROOT / "plugins" / "sellerops_plugin.py")
    assert json.loads(run(WORKER, tmp_path, "celery", "worker", plugin)) == [0, 0]
    modules, files = json.loads(run(WORKER, tmp_path, "celery", "flower", plugin))
    assert modules > 500
    assert files > 3


def run(program: str, home: Path, *arguments: str) -> str:
    roots = os.pathsep.join(str(PROJECT_ROOT / name) for name in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **airflow_environment(home), "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rpartition("\n")[2]


def executed_twice(component: str, home: Path) -> list[dict[str, Any]]:
    """What a component imports and opens when Airflow executes the plugin file, and when it does so again."""
    told = run(AGAIN, home, str(PROJECT_ROOT / "plugins" / "sellerops_plugin.py"), component)
    found: list[dict[str, Any]] = json.loads(told)
    return found
