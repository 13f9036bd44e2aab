"""The whole demo, measured: how long until every report has ended, and what uses the processors meanwhile.

    PYTHONPATH=include:plugins python benchmarks/full_demo.py [--small] [--most-seconds 480] [--keep FOLDER]

Runs `python -m sellerops_runtime demo --once --full` in a folder and on ports of its own, and prints JSON:
seconds from the first trigger until the last report ended, CPU seconds of each part of the demo in that time,
task executions, slices, rows. Exits with 1 when it took longer than allowed, or a report failed. ``--small``
collects the six reports of the short demo. Needs an idle machine; CPU seconds say more than wall seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.ports import free_ports

MOST_SECONDS = 480.0
# The lines that the demo prints when it begins to collect, and when all reports have ended.
_BEGINS, _ENDS = "Collecting ", "Collected "
_SAMPLE_SECONDS = 2.0
_EXECUTION = re.compile(r"Workload finished")


@dataclass(frozen=True)
class Spent:
    """CPU seconds of the process itself, and of all that it has started, ended or not."""

    itself: float
    others: float

    @property
    def total(self) -> float:
        return self.itself + self.others


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="the six reports of the short demo")
    parser.add_argument("--most-seconds", type=float, default=MOST_SECONDS)
    parser.add_argument("--keep", type=Path, help="a folder for the demo's state and logs, which is kept")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        figures = measure(options.keep, full=not options.small)
    else:
        # Postgres may run as another user, who must be able to traverse the folder.
        with tempfile.TemporaryDirectory(prefix="sellerops-benchmark-", dir="/var/tmp") as folder:
            Path(folder).chmod(0o711)
            figures = measure(Path(folder) / "home", full=not options.small)
    print(json.dumps(figures, indent=2))
    in_time = figures["seconds"] <= options.most_seconds
    if not in_time:
        print(f"longer than {options.most_seconds:.0f} s", file=sys.stderr)
    return 0 if in_time and figures["exit_code"] == 0 else 1


def measure(home: Path, *, full: bool) -> dict[str, Any]:
    """Run the demo in ``home``; return its figures."""
    ports = free_ports(3)
    names = ("DEMO_UI_PORT", "DEMO_SANDBOX_PORT", "DEMO_POSTGRES_PORT")
    environment = {
        **os.environ,
        "DEMO_HOME": str(home),
        "PYTHONUNBUFFERED": "1",
        **{name: str(port) for name, port in zip(names, ports, strict=True)},
    }
    argv = [sys.executable, "-m", "sellerops_runtime", "demo", "--once", *(["--full"] if full else [])]
    said = home.with_name(f"{home.name}.said")
    with said.open("w", encoding="utf-8") as out:
        demo = subprocess.Popen(argv, env=environment, cwd=PROJECT_ROOT, stdout=out, stderr=subprocess.STDOUT)
        try:
            return _watch(demo, home, said)
        finally:
            if demo.poll() is None:
                demo.terminate()
                demo.wait(60)


def _watch(demo: subprocess.Popen[bytes], home: Path, said: Path) -> dict[str, Any]:
    began = ended = 0.0
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    executions = 0
    while demo.poll() is None:
        text = said.read_text(encoding="utf-8", errors="replace")
        if not began and _BEGINS in text:
            began, before = time.monotonic(), spent_by_part(demo.pid, home)
        if began and not ended:
            if _ENDS in text:
                ended = time.monotonic()
                executions = _executions(home)
            else:
                after = spent_by_part(demo.pid, home) or after
        time.sleep(_SAMPLE_SECONDS)
    text = said.read_text(encoding="utf-8", errors="replace")
    if not ended:
        print(text[-4000:], file=sys.stderr)
    cpu = {name: round(after.get(name, 0.0) - before.get(name, 0.0), 1) for name in after}
    total = sum(cpu.values())
    slices, rows = _collected(text)
    return {
        "seconds": round((ended or float("inf")) - began, 1),
        "exit_code": demo.returncode,
        "slices": slices,
        "rows": rows,
        "task_executions": executions,
        "cpu_seconds": {**cpu, "total": round(total, 1)},
        "cpu_seconds_per_execution": {
            "in_its_process": round(cpu.get("tasks", 0.0) / max(1, executions), 3),
            "all_parts": round(total / max(1, executions), 3),
        },
    }


def spent_by_part(demo: int, home: Path) -> dict[str, float]:
    """CPU seconds so far of each part of the demo in ``home``; empty while it is starting or stopping."""
    try:
        pids = {path.stem: json.loads(path.read_text())["pid"] for path in (home / "run").glob("*.json")}
        postmaster = int(next((home / "postgres").glob("data-*/postmaster.pid")).read_text().split()[0])
        scheduler, processor = spent(pids["airflow-scheduler"]), spent(pids["airflow-dag-processor"])
        return {
            "scheduler": scheduler.itself,
            "tasks": scheduler.others,
            "api-server": spent(pids["airflow-api-server"]).total,
            "dag-processor": processor.itself,
            "its parsing and callbacks": processor.others,
            "triggerer": spent(pids["airflow-triggerer"]).total,
            "local Amazon": spent(pids["amazon"]).total,
            "Postgres": spent(postmaster).total,
            "demo": spent(demo).itself,
        }
    except (OSError, KeyError, StopIteration, ValueError, psutil.NoSuchProcess):
        return {}


def spent(pid: int) -> Spent:
    process = psutil.Process(pid)
    own = process.cpu_times()
    others = own.children_user + own.children_system
    for each in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended; its parent's times include it from now on
            others += sum(each.cpu_times()[:4])  # its own, and those of its ended children
    return Spent(own.user + own.system, others)


def _executions(home: Path) -> int:
    """How often workers have run tasks: a task that waits in the triggerer is run twice."""
    log = home / "logs" / "airflow-scheduler.log"
    return len(_EXECUTION.findall(log.read_text(encoding="utf-8", errors="replace")))


def _collected(text: str) -> tuple[int, int]:
    """(slices, rows stored) in the line of totals below the demo's table."""
    sums: Counter[str] = Counter()
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["total"] and len(words) >= 6:
            slices, _in_file, stored = (int(word.replace(",", "")) for word in words[-5:-2])
            sums.update(slices=slices, stored=stored)
    return sums["slices"], sums["stored"]


if __name__ == "__main__":
    sys.exit(main())
