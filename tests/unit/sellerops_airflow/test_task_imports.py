"""Tasks repeat neither the imports made before the fork nor their selection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from support.airflow_home import PROJECT_ROOT, airflow_environment

# Airflow's task SDK executes the plugin files again in each task's process, under another module name.
AGAIN = """
import json, sys
path = sys.argv[1]
sys.argv = ["airflow", "scheduler"]
code = compile(open(path).read(), path, "exec")
read = []
sys.addaudithook(lambda event, args: read.append(str(args[0])) if event == "open" else None)
seen = []
for name in ("first", "second"):
    before = set(sys.modules)
    del read[:]
    exec(code, {"__name__": name})
    seen.append({"modules": sorted(set(sys.modules) - before), "files": sorted(set(read))})
print(json.dumps(seen))
"""


def test_the_plugin_imports_for_tasks_once_for_all_forked_processes(tmp_path: Path) -> None:
    roots = os.pathsep.join(str(PROJECT_ROOT / name) for name in ("include", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, str(PROJECT_ROOT / "plugins" / "sellerops_plugin.py")],
        env={**os.environ, **airflow_environment(tmp_path), "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout.strip().splitlines()[-1])
    assert {"pandas", "sellerops.collect", "jinja2.ext"} <= set(first["modules"])
    assert any(name.endswith("sales_and_traffic.yaml") for name in first["files"])
    assert second == {"modules": [], "files": []}
