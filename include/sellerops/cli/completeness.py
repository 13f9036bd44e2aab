"""`completeness` and `gaps`: show which days are loaded or missing, and start runs that fill gaps."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, timedelta
from typing import Any

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.calendar.slices import days_label
from sellerops.cli import arguments
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.completeness import (
    Day,
    DayState,
    Fill,
    FillLimits,
    Gap,
    MarketplaceCalendar,
    claim_fills,
    find_gaps,
    mark_expired,
    read_calendars,
    release_fill,
)
from sellerops.ledger import Ledger
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.settings.specs import ReportSpec

_SHOWN = (
    DayState.LOADED, DayState.CONFIRMED_EMPTY, DayState.PARTIAL, DayState.QUARANTINED, DayState.LATE,
    DayState.FAILED, DayState.EXPIRED, DayState.MISSING,
)  # fmt: skip
_OPEN = (
    DayState.MISSING, DayState.FAILED, DayState.LATE, DayState.QUARANTINED, DayState.PARTIAL,
    DayState.EXPIRED,
)  # fmt: skip
_MOST_RANGES = 4


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "completeness", help="the state of each report's days, by account and marketplace"
    )
    _add_filters(parser)
    parser.add_argument("--day", type=arguments.day, help="only this day, with its load and request")
    parser.set_defaults(run=_completeness)
    gaps = commands.add_parser("gaps", help="days that are missing or failed")
    _add_filters(gaps)
    gaps.add_argument(
        "--fill", action="store_true", help="start runs that fill them (needs the airflow command)"
    )
    gaps.add_argument(
        "--most",
        type=int,
        default=FillLimits().per_day,
        help="start at most this many runs within 24 hours (default: %(default)s)",
    )
    gaps.set_defaults(run=_gaps)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", help="only this report")
    parser.add_argument("--account", help="only this account")
    parser.add_argument("--from", dest="first", type=arguments.day, metavar="DAY",
                        help="first day; later days count even if no run ever planned them")  # fmt: skip
    parser.add_argument("--to", dest="last", type=arguments.day, metavar="DAY")
    parser.add_argument("--json", action="store_true")


def _completeness(options: argparse.Namespace) -> int:
    if options.day:
        options.first = options.last = options.day
    with closing(open_ledger()) as ledger:
        calendars = _read_calendars(ledger, options)
    if options.json:
        print(json.dumps([_as_json(calendar) for calendar in calendars], indent=2))
    elif options.day:
        _print_day(calendars)
    else:
        _print_calendar(calendars)
    return 0


def _gaps(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        calendars = _read_calendars(ledger, options)
        found = find_gaps(calendars, ledger.clock().now())
        if options.fill:
            return _fill(ledger, calendars, found, FillLimits(per_day=options.most))
    if options.json:
        print(json.dumps([_gap_as_json(gap) for gap in found], indent=2))
        return 0
    rows = [
        (gap.spec.name, gap.account_id, ", ".join(gap.codes) or "all", gap.first_day, gap.last_day, gap.days,
         ", ".join(gap.states), "no" if gap.expired else "yes")
        for gap in found
    ]  # fmt: skip
    header = ("report", "account", "marketplaces", "from", "to", "days", "states", "can be filled")
    print_table(header, rows, empty="No gaps.")
    return 0


def _fill(
    ledger: Ledger, calendars: Sequence[MarketplaceCalendar], gaps: Iterable[Gap], limits: FillLimits
) -> int:
    airflow = shutil.which("airflow")
    if airflow is None:
        raise ConfigurationError(
            "the `airflow` command, which starts runs, is not installed here.",
            remedy="Run this where Airflow is installed, or trigger the DAG sellerops__completeness.",
        )
    expired = mark_expired(ledger, calendars)
    if expired:
        print(f"{expired} days marked as expired: Amazon no longer serves them.")
    fills = claim_fills(ledger, gaps, limits)
    for fill in fills:
        _trigger(ledger, airflow, fill)
        print(f"{fill.gap.label}: run {fill.run_id}")
    if not fills:
        print("Nothing to start: no gap can be filled, runs are in progress, or today's limit is reached.")
    return 0


def _trigger(ledger: Ledger, airflow: str, fill: Fill) -> None:
    conf = json.dumps(fill.conf)
    command = [airflow, "dags", "trigger", fill.gap.spec.dag_id, "--run-id", fill.run_id, "--conf", conf]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        release_fill(ledger, fill)
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise RetryableError(
            f"`airflow dags trigger` failed with exit code {done.returncode}: {' '.join(last)}",
            where=fill.gap.label,
            remedy="Fix the cause and run the command again; the gap is not claimed.",
        )


def _read_calendars(ledger: Ledger, options: argparse.Namespace) -> list[MarketplaceCalendar]:
    accounts = arguments.chosen_accounts(options.account)
    return [
        calendar
        for spec in arguments.chosen_specs(options.report)
        for calendar in read_calendars(ledger, spec, accounts, first_day=options.first, last_day=options.last)
    ]


def _print_calendar(calendars: Sequence[MarketplaceCalendar]) -> None:
    header = (
        "report",
        "account",
        "marketplace",
        "from",
        "to",
        *(each.lower() for each in _SHOWN),
        "open",
        "gaps",
    )
    rows = []
    for calendar in calendars:
        counts = calendar.counts
        in_progress = counts[DayState.PLANNED] + counts[DayState.REQUESTED]
        shown = (*(counts[state] for state in _SHOWN), in_progress)
        rows.append(
            (
                _name(calendar.spec),
                calendar.account.id,
                _code(calendar),
                calendar.days[0].day,
                calendar.days[-1].day,
                *shown,
                _ranges(calendar),
            )
        )
    print_table(
        header,
        rows,
        empty="No report has run yet. Use --from to count days from a given date.",
        optional=[each.lower() for each in _SHOWN] + ["open", "gaps"],
    )


def _name(spec: ReportSpec) -> str:
    return spec.name if spec.is_on else f"{spec.name} (off)"


def _print_day(calendars: Sequence[MarketplaceCalendar]) -> None:
    header = ("report", "account", "marketplace", "day", "state", "since", "load", "request", "run", "why")
    print_table(header, [_day_row(calendar, day) for calendar in calendars for day in calendar.days],
                empty="No run was due for this day, and the ledger has none.")  # fmt: skip


def _day_row(calendar: MarketplaceCalendar, day: Day) -> tuple[Any, ...]:
    row = day.row
    known = (None,) * 4 if row is None else (row.updated_at, row.load_id, row.request_id, row.run_id)
    if row is not None:
        why = row.error or ""
    else:
        why = f"due {day.expected.due:%Y-%m-%d %H:%M} UTC" if day.expected else ""
    texts = [str(each) if isinstance(each, int) else each for each in known]
    return (calendar.spec.name, calendar.account.id, _code(calendar), day.day, day.state.value, *texts, why)


def _ranges(calendar: MarketplaceCalendar) -> str:
    """``MISSING 2026-11-03..2026-11-05, FAILED 2026-11-09``."""
    stretches: list[tuple[DayState, date, date]] = []
    for day in calendar.days:
        if day.state not in _OPEN:
            continue
        if stretches and stretches[-1][0] is day.state and stretches[-1][2] == day.day - timedelta(days=1):
            stretches[-1] = (day.state, stretches[-1][1], day.day)
        else:
            stretches.append((day.state, day.day, day.day))
    stretches.sort(key=lambda each: _OPEN.index(each[0]))
    texts = [f"{state.value} {days_label(first, last)}" for state, first, last in stretches]
    more = f" and {len(texts) - _MOST_RANGES} more" if len(texts) > _MOST_RANGES else ""
    return ", ".join(texts[:_MOST_RANGES]) + more


def _as_json(calendar: MarketplaceCalendar) -> dict[str, Any]:
    return {
        "report": calendar.spec.name,
        "enabled": calendar.spec.is_on,
        "account": calendar.account.id,
        "marketplace": _code(calendar),
        "counts": {state.value: count for state, count in calendar.counts.items()},
        "days": [
            {
                "day": day.day.isoformat(),
                "state": day.state.value,
                "load_id": day.row.load_id if day.row else None,
                "request_id": day.row.request_id if day.row else None,
                "error": day.row.error if day.row else None,
                "due": day.expected.due.isoformat() if day.expected else None,
                "can_be_had": not (day.expected and day.expected.expired),
            }
            for day in calendar.days
        ],
    }


def _gap_as_json(gap: Gap) -> dict[str, Any]:
    return {
        "report": gap.spec.name,
        "account": gap.account_id,
        "marketplaces": list(gap.codes),
        "from": gap.first_day.isoformat(),
        "to": gap.last_day.isoformat(),
        "states": [state.value for state in gap.states],
        "can_be_filled": not gap.expired,
    }


def _code(calendar: MarketplaceCalendar) -> str:
    return marketplace_by_id(calendar.marketplace_id).code if calendar.marketplace_id else "all"
