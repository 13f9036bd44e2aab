"""What a year adds to the ledger, counted from the schedules without running anything.

Counts, for a number of accounts that sell in all marketplaces of all regions, the runs, slices, requests and
loads of every enabled report, from its schedule and the slices of one run. Prints a table by family.

    PYTHONPATH=include:plugins python benchmarks/growth.py [--accounts 20]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from croniter import croniter

from sellerops.calendar.slices import plan_slices
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.marketplaces import Marketplace, all_marketplaces
from sellerops.settings.specs import ReportSpec, enabled_specs

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 28


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20)
    number = parser.parse_args().accounts
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for account in one_of_each_region():
        for spec in enabled_specs():
            if spec.source not in account.sources or not spec.request.has_api:
                continue
            runs = runs_per_day(spec) * 365 * number
            slices = len(plan_slices(spec, account, run_at=NOW, now=NOW)) * runs
            for each, amount in enumerate((runs, slices, slices * len(spec.tables))):
                sums[spec.family][each] += amount
    print(f"{number} accounts in {len(all_marketplaces())} marketplaces, one destination, a year")
    print(f"{'family':<18}{'runs of accounts':>18}{'slices = requests':>20}{'loads':>14}")
    total = [sum(column) for column in zip(*sums.values(), strict=True)]
    for name, values in [*sorted(sums.items()), ("all", total)]:
        print(f"{name:<18}{values[0]:>18,.0f}{values[1]:>20,.0f}{values[2]:>14,.0f}")


def one_of_each_region() -> list[Account]:
    """An account of every region with all of its marketplaces and sources."""
    known = load_accounts().values()
    pattern = next(iter(known))
    sources = tuple(dict.fromkeys(name for each in known for name in each.sources))
    regions: dict[str, list[Marketplace]] = defaultdict(list)
    for each in all_marketplaces().values():
        regions[each.region].append(each)
    return [
        replace(pattern, id=region.lower(), region=region, marketplaces=tuple(marketplaces), sources=sources)
        for region, marketplaces in regions.items()
    ]


def runs_per_day(spec: ReportSpec) -> float:
    schedule = spec.schedule
    if schedule is None:
        return 0.0
    if schedule.cron:
        times = croniter(schedule.cron, NOW)
        until = NOW + timedelta(days=DAYS)
        count = 0
        while times.get_next(datetime) <= until:
            count += 1
        return count / DAYS
    if schedule.weekday:
        return len(schedule.between) / 7
    return len(schedule.between) * (12 / 365 if schedule.day_of_month else 1)


if __name__ == "__main__":
    main()
