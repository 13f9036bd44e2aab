"""The system to break: the demo's stack with its own reports, which collect the same days in both systems."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from sellerops.settings.config_files import config_dir
from sellerops_runtime.chaos.network import Network, is_separate, mount_small_disk
from sellerops_runtime.chaos.target import Target
from sellerops_runtime.home import Home
from sellerops_runtime.postgres import EmbeddedPostgres
from sellerops_runtime.progress import Progress
from sellerops_runtime.signals import ignore_interrupts
from sellerops_runtime.stack import Stack

# Seconds, instead of ten minutes, so that the watchdog reports in a round what would otherwise take a night.
PATIENCE = 200
SPEED = 60.0
_DISK_MEGABYTES = 96
SALES, BACKFILLED, ORDERS, SNAPSHOTS = "chaos_sales", "chaos_backfilled", "chaos_orders", "chaos_snapshots"
# Due in leap years only, so in practice only this program starts these runs.
_BY_HAND = {"cron": "0 7 29 2 *", "timezone": "UTC"}
# A collected slice is never requested again, so a second report for it is a defect.
_ONCE = "30d"


class ChaosStack(Stack):
    """The demo's stack with shorter timeouts, in which Airflow checks connections before it uses them."""

    def __init__(self, home: Home, progress: Progress, *, celery: bool = False) -> None:
        super().__init__(home, progress, celery=celery)
        # The demo's Postgres may lose the last half second when it crashes; a real server does not.
        self.postgres = EmbeddedPostgres(home.postgres, settings={"synchronous_commit": "on"})

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            # The demo's Postgres restarts only together with Airflow; this one does not.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_PRE_PING": "True",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "90",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
            # Ten minutes by default as well. After it, Airflow sends the tasks again that a Redis has lost.
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(PATIENCE),
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "60",
            "SELLEROPS_WATCHDOG_PATIENCE": str(PATIENCE),
            "TMPDIR": str(temporary(self.home)),
        }


@contextmanager
def running_system(folder: Path, progress: Progress, *, celery: bool) -> Iterator[ChaosStack]:
    """A started stack in ``folder``, with its archive on a small disk if we may mount one."""
    home = Home(folder)
    with home.locked():
        if is_separate():
            mount_small_disk(home.archive, _DISK_MEGABYTES)
        temporary(home).mkdir(exist_ok=True)
        temporary(home).chmod(0o1777)
        stack = ChaosStack(home, progress, celery=celery)
        try:
            stack.start()
            yield stack
        finally:
            ignore_interrupts()
            stack.stop()


def target_of(stack: Stack, network: Network | None) -> Target:
    """The stack as a target of faults."""

    def jump(hours: float) -> None:
        moment = stack.amazon.clock().now() + timedelta(hours=hours)
        stack.ledger.set_clock(stack.amazon.set_clock(speed=SPEED, at_least=moment))

    archive = stack.home.archive if is_separate() else None
    return Target(
        stack.airflow,
        stack.postgres,
        (stack.amazon.url, stack.amazon.component.pid),
        jump,
        archive=archive,
        network=network,
    )


def temporary(home: Home) -> Path:
    """The folder for the temporary files of all components."""
    return home.path / "tmp"


def write_config(folder: Path) -> Path:
    """Write the shipped configuration with only a few reports, which are copies with tables of their own."""
    shutil.copytree(config_dir(), folder)
    reports = folder / "reports"
    originals = {
        name: yaml.safe_load((reports / "amazon_sp" / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("all_orders", "fba_manage_inventory", "sales_and_traffic")
    }
    for path in reports.glob("*/*.yaml"):
        if path.name != "defaults.yaml":
            path.unlink()
    na, eu = "northwind_na", "northwind_eu"
    sales = originals["sales_and_traffic"]
    _write(reports, SALES, sales, accounts=[na], marketplaces=["US", "CA", "MX"], schedule=_BY_HAND)
    _write(reports, BACKFILLED, sales, accounts=[eu], marketplaces=["DE"], lookback="1d")
    _write(reports, ORDERS, originals["all_orders"], accounts=[na, eu], schedule=_BY_HAND)
    often = {"cron": "*/2 * * * *", "timezone": "UTC"}
    snapshots = originals["fba_manage_inventory"]
    _write(reports, SNAPSHOTS, snapshots, accounts=[na], marketplaces=["MX"], schedule=often, history="30d")
    return folder


def _write(reports: Path, name: str, original: dict[str, Any], **changes: Any) -> None:
    spec = {key: value for key, value in original.items() if key != "due"}
    period = {key: changes.pop(key) for key in ("lookback", "history") if key in changes}
    spec["period"] = {**spec["period"], **period}
    if name != SNAPSHOTS:
        spec["request"] = {**spec["request"], "fresh_for": _ONCE}
    spec["tables"] = {f"{name}_{table}": columns for table, columns in spec["tables"].items()}
    text = yaml.safe_dump({**spec, **changes}, sort_keys=False)
    (reports / "amazon_sp" / f"{name}.yaml").write_text(text, encoding="utf-8")


def dag_id(report: str) -> str:
    return f"report__amazon_sp__{report}"
