"""How much a whole system carries: sellers in many marketplaces, one virtual day, with so many workers.

    PYTHONPATH=include:plugins python benchmarks/capacity.py
        20 sellers in 23 marketplaces, all reports, a day: about 37,000 slices. At a processor second each
        that is five hours on two processors, and needs 20 GB of disk.
    ... --sellers 1 --workers 1 2 4 --every 4 --minutes 4 --most-minutes 15
        a fourth of the reports of one seller, three times: some 450 slices each
    ... --from-hour 10 --minutes 1440 --most-minutes 50 --setting TRIGGERER__CAPACITY=5000
        fifty minutes of the day from 10:00 UTC on, at the speed of a real clock
    ... --sellers 2 --seconds-per-slice 0.8 --most-minutes 90
        a whole day of two sellers, in which a slice is due every 0.8 seconds: some 50 minutes
    ... --keep FOLDER            keep the state and logs of the systems there

Each round starts its own Postgres, local Amazon and Airflow with Celery workers, one api-server,
dag-processor and triggerer. Quotas are Amazon's own. Both clocks run so fast that the day passes in
--minutes, or with --seconds-per-slice slowly where many slices are due (60 times as fast as a real clock at
most); each report's runs are triggered at the moments of that day that its schedule gives, from
--from-hour on. The day ends when all runs have ended, or is cut off after --most-minutes; costs are divided
by the slices that had ended until then. The listings, which other reports need, are collected before the day
and not counted.

Prints JSON for each round: tasks per hour, CPU seconds by part and per slice, how long tasks waited, the
scheduler's loop and heartbeats, parse time, triggers, transactions and rows of the ledger, calls, refusals
and quota used.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import psycopg
from fleets.day import Run, choose, runs_of, slices_of
from fleets.pace import Pace, pace, speed_at
from fleets.sampling import (
    Metrics,
    Sampler,
    cpu_by_part,
    difference,
    executions,
    percentile,
    rows_written,
    transactions,
)
from fleets.sellers import Fleet, as_accounts, make_fleet
from fleets.system import Size, System, load_average, running_system

from sellerops.base.clock import Clock
from sellerops.rate_limits import load_rate_limits
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops_runtime.demo import wait_for_dags
from sellerops_runtime.local_amazon import control
from sellerops_runtime.polling import Poller
from sellerops_runtime.report_selection import LISTINGS, needs_asins
from sellerops_runtime.rest import AirflowApi

DAY = date(2026, 11, 24)  # a Tuesday: 1,848 slices of a seller, more than on most days
_MINUTES_A_DAY = 24 * 60
_LOOK_EVERY = 5.0
_EVE_SECONDS = 1_800.0
# Faster, and claims of slices that wait for a processor run out.
_EVE_SPEED = 60.0
# Seconds from a task's readiness to the queue, and from the queue to its start. Not of tasks that have waited
# in the triggerer: only their first start is known.
_LAGS = """
    SELECT extract(epoch FROM queued_dttm - scheduled_dttm), extract(epoch FROM start_date - queued_dttm),
        extract(epoch FROM end_date - start_date)
    FROM task_instance WHERE operator <> 'FetchReportOperator' AND start_date >= %s AND end_date IS NOT NULL
"""
_ENDED = """
    SELECT operator, state, count(*) FROM task_instance WHERE end_date >= %s GROUP BY 1, 2 ORDER BY 1, 2
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sellers", type=int, default=20, help="each with an account per region")
    parser.add_argument("--own-accounts", action="store_true", help="11 a seller, as Amazon has them")
    parser.add_argument("--marketplaces", type=int, default=23)
    parser.add_argument("--every", type=int, default=1, help="take each n-th report only")
    parser.add_argument("--workers", type=int, nargs="+", default=[2], help="one round for each number")
    parser.add_argument("--slots", type=int, default=4, help="tasks of a worker at a time")
    parser.add_argument("--schedulers", type=int, choices=(1, 2), default=1)
    parser.add_argument("--from-hour", type=int, default=0, help="of the day, UTC: leave out earlier runs")
    parser.add_argument("--setting", action="append", default=[], help="of Airflow: SECTION__KEY=VALUE")
    parser.add_argument("--minutes", type=float, default=240.0, help="in which the virtual day passes")
    parser.add_argument("--seconds-per-slice", type=float, help="real ones, between two due")
    parser.add_argument("--most-minutes", type=float, default=420.0, help="of a round, from the first run")
    parser.add_argument("--keep", type=Path, help="a new folder for state and logs")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="sellerops-capacity-", dir="/var/tmp"))
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o711)
    try:
        for workers in options.workers:
            size = Size(workers, options.slots, options.schedulers, _settings(options.setting))
            figures = measure(base / f"workers-{workers}", size, options)
            print(json.dumps(figures, indent=2), flush=True)
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)
    return 0


def _settings(given: list[str]) -> dict[str, str]:
    """SECTION__KEY=VALUE as the variables of the environment that Airflow reads."""
    return {f"AIRFLOW__{name}": value for name, _, value in (each.partition("=") for each in given)}


def measure(folder: Path, size: Size, options: argparse.Namespace) -> dict[str, Any]:
    """One round: a system of this size, and the day."""
    fleet = make_fleet(options.sellers, options.marketplaces, own_accounts=options.own_accounts)
    specs = choose(options.every, as_accounts(fleet))
    eve = [] if not any(map(needs_asins, specs)) else [load_spec(LISTINGS)]
    names = tuple({spec.name for spec in [*specs, *eve]})
    start = datetime.combine(DAY, clock_time(options.from_hour), UTC)
    metrics = Metrics()
    try:
        began = time.monotonic()
        with running_system(
            folder, fleet, size, reports=names, moment=start - timedelta(hours=6), statsd=metrics.port
        ) as system:
            start_seconds = time.monotonic() - began
            with system.airflow.api(Poller(_EVE_SECONDS, watch=system.check_alive)) as api:
                wait_for_dags(api, [spec.dag_id for spec in [*specs, *eve]], Poller(_EVE_SECONDS))
                _eve(system, api, eve)
                day = _Day(system, api, specs, fleet, metrics, options)
                return {
                    "sellers": options.sellers,
                    "accounts": len(fleet),
                    "marketplaces": options.marketplaces,
                    "reports": len(specs),
                    "workers": size.workers,
                    "slots": size.slots,
                    "schedulers": size.schedulers,
                    "processors": os.cpu_count(),
                    "load_average_before": load_average(),
                    "seconds_to_start": round(start_seconds, 1),
                    **day.measure(start),
                }
    finally:
        metrics.close()


def _eve(system: System, api: AirflowApi, specs: list[ReportSpec]) -> None:
    """Collect what other reports need, as fast as quotas allow."""
    system.set_clock(speed=_EVE_SPEED)
    for spec in specs:
        api.set_paused(spec.dag_id, False)
        run = api.trigger(spec.dag_id, {}, f"eve__{spec.name}")
        api.wait_for_run(spec.dag_id, run, _EVE_SECONDS)


class _Day:
    """The day, in which runs are triggered and everything is measured."""

    def __init__(
        self,
        system: System,
        api: AirflowApi,
        specs: list[ReportSpec],
        fleet: Fleet,
        metrics: Metrics,
        options: argparse.Namespace,
    ) -> None:
        self._system, self._api, self._metrics = system, api, metrics
        self._specs = {spec.dag_id: spec for spec in specs}
        self._fleet, self._options = fleet, options
        self._late: list[float] = []

    def measure(self, start: datetime) -> dict[str, Any]:
        runs = [run for run in runs_of(self._specs.values(), start.date()) if run.at >= start]
        planned = sum(map(self._slices_of, runs))
        for dag_id in self._specs:
            self._api.set_paused(dag_id, False)
        speeds = self._speeds(runs, start)
        self._system.set_clock(speed=speeds[0][1], moment=start)
        before, began, since = self._counters(), time.monotonic(), datetime.now(UTC)
        self._metrics.forget()
        sampler = Sampler(self._system)
        ended = self._follow(runs, sampler, speeds)
        seconds = time.monotonic() - began
        until = self._system.ledger.clock().now()
        return {
            "from_hour": self._options.from_hour,
            "settings": self._options.setting,
            "runs": len(runs),
            "slices_planned": planned,
            "slices_due": sum(self._slices_of(run) for run in runs if run.at <= until),
            "speeds": {f"{moment:%H:%M}": speed for moment, speed in speeds},
            "runs_ended": ended,
            "seconds": round(seconds, 1),
            **self._used(before, seconds, since),
            "runs_triggered_late_seconds": {"median": percentile(self._late, 0.5), "most": max(self._late)},
            "sampled": sampler.figures(),
            "metrics": self._metrics.timings(
                "scheduler.scheduler_loop_duration",
                "scheduler.critical_section",
                "dag_processing.total_parse_time",
                "dag_processing.last_duration",
                "triggers.blocked_main_thread",
                "triggerer.",
            ),
        }

    def _slices_of(self, run: Run) -> int:
        spec = self._specs[run.dag_id]
        return sum(len(slices_of(spec, account, run)) for account in as_accounts(self._fleet))

    def _speeds(self, runs: list[Run], start: datetime) -> Pace:
        if per_slice := self._options.seconds_per_slice:
            return pace([(run.at, self._slices_of(run)) for run in runs], start, per_slice)
        return [(start, _MINUTES_A_DAY / self._options.minutes)]

    def _follow(self, runs: list[Run], sampler: Sampler, speeds: Pace) -> int:
        """Trigger each run when the virtual clock shows its time; return how many had ended in time."""
        waiting, began = list(runs), time.monotonic()
        while True:
            clock: Clock = self._system.ledger.clock()
            now = clock.now()
            if clock.speed != (speed := speed_at(speeds, now)):
                self._system.set_clock(speed=speed)
            while waiting and waiting[0].at <= now:
                run = waiting.pop(0)
                self._api.trigger(run.dag_id, {}, f"day__{run.nominal:%H%M}__{run.at:%H%M%S}")
                self._late.append(round((clock.now() - run.at).total_seconds() / clock.speed, 1))
            sampler.look()
            self._system.check_alive()
            ended = self._ended()
            if not waiting and ended == len(runs):
                return ended
            if time.monotonic() - began > self._options.most_minutes * 60:
                return ended
            time.sleep(_LOOK_EVERY)

    def _ended(self) -> int:
        with psycopg.connect(self._system.metadata, autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(*) FROM dag_run WHERE run_id LIKE 'day\\_\\_%' "
                "AND state IN ('success', 'failed')"
            ).fetchone()
        return int(row[0]) if row else 0

    def _counters(self) -> dict[str, Any]:
        return {
            "cpu": cpu_by_part(self._system),
            "executions": executions(self._system),
            "transactions": transactions(self._system),
            "rows": rows_written(self._system.warehouse),
            "slices": self._slices(),
            "calls": self._calls(),
        }

    def _slices(self) -> Counter[str]:
        """Mapped task instances that have ended, by operator and state."""
        with psycopg.connect(self._system.metadata, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT operator || ' ' || state, count(*) FROM task_instance WHERE map_index >= 0 "
                "AND state IN ('success', 'failed', 'skipped', 'upstream_failed') GROUP BY 1"
            ).fetchall()
        return Counter({str(name): int(number) for name, number in rows})

    def _calls(self) -> dict[str, int]:
        counts = control(self._system.amazon.url, "GET", "calls?limit=0")["counts"]
        return {
            f"{operation} {status}": number
            for operation, by_status in counts.items()
            for status, number in by_status.items()
        }

    def _used(self, before: dict[str, Any], seconds: float, since: datetime) -> dict[str, Any]:
        after = self._counters()
        cpu, slices = difference(after["cpu"], before["cpu"]), after["slices"] - before["slices"]
        # One task each, whether it was loaded, had no data or failed.
        ended = sum(number for name, number in slices.items() if name.startswith("LoadReportOperator"))
        ran = after["executions"] - before["executions"]
        ledger = difference(after["transactions"], before["transactions"])
        rows = difference(after["rows"], before["rows"])
        calls = difference(after["calls"], before["calls"])
        total, share = sum(cpu.values()), max(1, ended)
        return {
            "slices_ended": ended,
            "slices": dict(slices),
            "task_executions": ran,
            "task_executions_per_hour": round(ran / seconds * 3600),
            "slices_ended_per_hour": round(ended / seconds * 3600),
            "cpu_seconds": {
                **cpu,
                "total": round(total, 1),
                "of_all": round(total / seconds / (os.cpu_count() or 1), 2),
            },
            "cpu_seconds_per_slice": {name: round(used / share, 4) for name, used in cpu.items()}
            | {"total": round(total / share, 3)},
            "seconds_waited": self._waited(since),
            "transactions_per_slice": {name: round(number / share, 1) for name, number in ledger.items()},
            "ledger_rows_per_slice": round(sum(rows.values()) / share, 1),
            "ledger_rows": rows,
            "amazon": {
                "calls": calls,
                "refused": sum(number for name, number in calls.items() if name.endswith(" 429")),
                "most_used_share_of_a_day": self._quota(calls),
            },
        }

    def _waited(self, since: datetime) -> dict[str, Any]:
        with psycopg.connect(self._system.metadata, autocommit=True) as connection:
            rows = connection.execute(_LAGS, (since,)).fetchall()
            ended = connection.execute(_ENDED, (since,)).fetchall()
        names = ("ready_to_queued", "queued_to_started", "started_to_ended")
        return {
            **{
                name: {
                    share: percentile([float(row[place]) for row in rows if row[place] is not None], number)
                    for share, number in (("median", 0.5), ("p95", 0.95), ("most", 1.0))
                }
                for place, name in enumerate(names)
            },
            "ended": {f"{operator} {state}": number for operator, state, number in ended},
        }

    def _quota(self, calls: dict[str, int]) -> dict[str, float]:
        """Calls of an average account as a share of what Amazon allows in a day, by operation."""
        limits = load_rate_limits().operations
        used: Counter[str] = Counter()
        for name, number in calls.items():
            used[name.partition(" ")[0]] += int(number)
        shares = {
            name: number / len(self._fleet) / (limits[name].rate * 86_400 + limits[name].burst)
            for name, number in used.items()
            if name in limits
        }
        return {
            name: round(share, 3) for name, share in sorted(shares.items(), key=lambda each: -each[1])[:8]
        }


if __name__ == "__main__":
    sys.exit(main())
