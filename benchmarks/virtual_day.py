"""The day of many sellers without Airflow: ledger, quotas and the local Amazon, with Amazon's own limits.

    PYTHONPATH=include:plugins python benchmarks/virtual_day.py
        7 sellers, which have 21 accounts, in 23 marketplaces, all reports: about 12,900 slices, an hour on
        two processors
    ... --sellers 2                               3,700 slices
    ... --sellers 20 --every 12                   a twelfth of the reports of 20 sellers

Some processes share the accounts and do for each slice what its tasks and its trigger would do, at the
moments that the schedules give. Both clocks run so fast that a slice is due every --seconds-per-slice, at
most 60 times as fast as a real one: where many are due, slowly. Listings, which other reports need, are
collected the evening before and not counted. Prints JSON: statements, rows of the ledger by
table and CPU seconds per slice; calls, refusals and the share of Amazon's quota that the day uses, by
operation, of the account that uses most; by how much of the clock's time slices were late.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from capacity import DAY
from fleets.day import choose, runs_of, slices_of
from fleets.pace import pace, speed_at
from fleets.sampling import difference, percentile, rows_written
from fleets.sellers import Fleet, as_accounts, make_fleet, write_config
from fleets.servers import Servers, running_servers
from fleets.system import load_average
from full_demo import spent

from sellerops.rate_limits import load_rate_limits
from sellerops.settings.specs import ReportSpec
from sellerops_runtime.report_selection import LISTINGS, needs_asins

_GIVEN = "SELLEROPS_BENCH_SHARE"
_PROGRAM = Path(__file__).parent / "fleets" / "collecting.py"
_SPEED_OF_THE_EVENING = 300.0
_USED = """
    SELECT account_id, operation, count(*) AS calls, count(*) FILTER (WHERE status = 429) AS refused
    FROM sellerops.api_call WHERE called_at >= %s GROUP BY 1, 2
"""
_BY_HOUR = """
    SELECT operation, max(calls) FROM (
        SELECT account_id, operation, date_trunc('hour', called_at), count(*) AS calls
        FROM sellerops.api_call WHERE called_at >= %s GROUP BY 1, 2, 3) AS hours
    GROUP BY 1
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sellers", type=int, default=7, help="each with an account per region")
    parser.add_argument("--own-accounts", action="store_true", help="11 a seller, as Amazon has them")
    parser.add_argument("--marketplaces", type=int, default=23)
    parser.add_argument("--every", type=int, default=1, help="take each n-th report only")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds-per-slice", type=float, default=0.25, help="real ones, between two due")
    options = parser.parse_args()
    fleet = make_fleet(options.sellers, options.marketplaces, own_accounts=options.own_accounts)
    with tempfile.TemporaryDirectory(prefix="sellerops-benchmark-", dir="/var/tmp") as name:
        folder = Path(name)
        write_config(folder / "config", fleet)
        os.environ |= {"SELLEROPS_CONFIG_DIR": str(folder / "config"), "AIRFLOW_HOME": name}
        with running_servers(folder, fleet) as servers:
            print(json.dumps(measure(servers, folder, fleet, options), indent=2))
    return 0


def measure(servers: Servers, folder: Path, fleet: Fleet, options: argparse.Namespace) -> dict[str, Any]:
    specs = choose(options.every, as_accounts(fleet))
    midnight = datetime.combine(DAY, clock_time(), UTC)
    given = {
        "conninfo": servers.ledger.database.conninfo,
        "archive": f"{folder}/archive",
        "midnight": midnight.isoformat(),
        "credentials": servers.credentials(),
    }
    if any(map(needs_asins, specs)):
        evening = midnight - timedelta(hours=6)
        servers.set_clock(speed=_SPEED_OF_THE_EVENING, moment=evening)
        asked = given | {"midnight": evening.isoformat(), "reports": [LISTINGS], "at_once": True}
        _run(asked, fleet, options.processes, lambda: None)
    before = _rows(servers), servers.control.get("/_sandbox/calls?limit=0").json()["counts"], _cpu(servers)
    speeds = pace(_due(specs, fleet), midnight, options.seconds_per_slice)
    servers.set_clock(speed=speeds[0][1], moment=midnight)

    def keep_pace() -> None:
        clock = servers.ledger.clock()
        if clock.speed != (speed := speed_at(speeds, clock.now())):
            servers.set_clock(speed=speed)

    day = given | {"reports": [spec.dag_id for spec in specs], "at_once": False}
    shares = _run(day, fleet, options.processes, keep_pace)
    return _figures(servers, fleet, specs, midnight, shares, before) | {
        "sellers": options.sellers,
        "marketplaces": options.marketplaces,
        "processes": options.processes,
        "seconds_per_slice": options.seconds_per_slice,
        "speeds": {f"{moment:%H:%M}": speed for moment, speed in speeds},
        "load_average": load_average(),
    }


def _run(
    given: dict[str, Any], fleet: Fleet, processes: int, meanwhile: Callable[[], None]
) -> list[dict[str, Any]]:
    """The shares' figures; accounts are dealt out in turn, so that each process has some of every region.

    ``meanwhile``: called about every second until they have ended.
    """
    shares = [dict(list(fleet.items())[number::processes]) for number in range(processes)]
    running = [
        subprocess.Popen(
            [sys.executable, str(_PROGRAM)],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([*sys.path[1:], str(_PROGRAM.parents[1])]),
                _GIVEN: json.dumps(given | {"fleet": share}),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
        if share
    ]
    while any(one.poll() is None for one in running):
        meanwhile()
        time.sleep(1.0)
    said = [one.communicate()[0] for one in running]
    if any(one.returncode for one in running):
        raise RuntimeError("a process that collects has failed; its traceback is above")
    return [json.loads(text.splitlines()[-1]) for text in said]


def _rows(servers: Servers) -> dict[str, int]:
    time.sleep(1.1)  # Postgres writes its statistics once a second
    return rows_written(servers.ledger.database.conninfo)


def _cpu(servers: Servers) -> dict[str, float]:
    return {"Postgres": spent(servers.postgres).total, "local Amazon": spent(servers.amazon).total}


def _figures(
    servers: Servers,
    fleet: Fleet,
    specs: list[ReportSpec],
    midnight: datetime,
    shares: list[dict[str, Any]],
    before: tuple[dict[str, int], dict[str, Any], dict[str, float]],
) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for share in shares:
        outcomes.update(share["outcomes"])
        errors.update(share["errors"])
    slices = sum(outcomes.values())
    cpu = difference(_cpu(servers), before[2]) | {
        "collecting": round(sum(share["cpu_seconds"] for share in shares), 1)
    }
    rows = difference(_rows(servers), before[0])
    late = [each for share in shares for each in share["late"]]
    with servers.ledger.connection() as connection:
        used = [tuple(row.values()) for row in connection.execute(_USED, (midnight,)).fetchall()]
        hours = {row["operation"]: row["max"] for row in connection.execute(_BY_HOUR, (midnight,)).fetchall()}
    calls: Counter[str] = Counter()
    for _, operation, number, _ in used:
        calls[operation] += number
    return {
        "reports": len(specs),
        "accounts": len(fleet),
        "slices": slices,
        "slices_planned": sum(number for _, number in _due(specs, fleet)),
        "outcomes": dict(outcomes),
        "errors": dict(errors.most_common(12)),
        "seconds": max(share["seconds"] for share in shares),
        "cpu_seconds": cpu,
        "cpu_seconds_per_slice": {name: round(value / slices, 4) for name, value in cpu.items()},
        "statements_per_slice": round(sum(share["statements"] for share in shares) / slices, 1),
        "rows_landed": sum(share["rows"] for share in shares),
        "loads": sum(share["loads"] for share in shares),
        "ledger_rows_per_slice": round(sum(rows.values()) / slices, 1),
        "ledger_rows": rows,
        "virtual_minutes_late": {
            "median": round(percentile(late, 0.5) / 60, 1),
            "p95": round(percentile(late, 0.95) / 60, 1),
            "most": round(max(late) / 60, 1),
        },
        "calls": sum(calls.values()),
        "calls_per_slice": {name: round(number / slices, 3) for name, number in calls.most_common(12)},
        "refused": sum(refused for *_, refused in used),
        "quota": _quota(used, hours),
    }


def _due(specs: list[ReportSpec], fleet: Fleet) -> list[tuple[datetime, int]]:
    """How many slices are due at each moment of the day."""
    by_id, accounts = {spec.dag_id: spec for spec in specs}, as_accounts(fleet)
    return [
        (run.at, sum(len(slices_of(by_id[run.dag_id], account, run)) for account in accounts))
        for run in runs_of(specs, DAY)
    ]


def _quota(used: list[tuple[Any, ...]], hours: dict[str, int]) -> dict[str, Any]:
    """The operations of which an account uses most of what Amazon allows in a day."""
    limits = load_rate_limits()
    most: dict[str, tuple[float, str, int]] = {}
    for account, operation, number, _ in used:
        limit = limits.limit(operation)
        share = number / (limit.rate * 86_400)
        most[operation] = max(most.get(operation, (0.0, "", 0)), (share, account, number))
    return {
        operation: {
            "account": account,
            "calls": number,
            "share_of_a_day": round(share, 3),
            "hours_that_the_quota_needs": round(
                max(0.0, number - limits.limit(operation).burst) / limits.limit(operation).rate / 3600, 2
            ),
            "most_calls_in_an_hour": hours[operation],
        }
        for operation, (share, account, number) in sorted(most.items(), key=lambda each: -each[1][0])[:10]
    }


if __name__ == "__main__":
    sys.exit(main())
