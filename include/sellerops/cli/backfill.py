"""`backfill plan`: what a backfill asks, how long the quota makes it take, and the command that starts it."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sellerops.accounts import Account, load_accounts
from sellerops.backfill import WindowKey, describe_seconds, plan_backfill
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import select, warehouse_is_known
from sellerops.errors import ConfigurationError
from sellerops.rate_limits import load_rate_limits
from sellerops.specs import PeriodKind, ReportSpec, load_spec


def add(commands: Any) -> None:
    parser = commands.add_parser("backfill", help="plan a backfill before Airflow runs it")
    actions = parser.add_subparsers(required=True, metavar="action")
    plan = actions.add_parser("plan", help="requests, finish time, what Amazon no longer serves")
    plan.add_argument("--report", required=True)
    plan.add_argument("--from", dest="first", required=True, type=date.fromisoformat, metavar="DAY")
    plan.add_argument("--to", dest="last", required=True, type=date.fromisoformat, metavar="DAY")
    plan.add_argument("--account", help="only this account")
    plan.set_defaults(run=_plan)


def _plan(options: argparse.Namespace) -> int:
    spec = load_spec(options.report)
    if options.first > options.last:
        raise ConfigurationError(
            f"--from {options.first} lies after --to {options.last}.", remedy="Swap them."
        )
    if spec.period.kind is PeriodKind.SNAPSHOT:
        print(f"{spec.name} is a snapshot: Amazon keeps no history of it, a backfill would find nothing.")
        return 0
    now = datetime.now(UTC)
    limits = load_rate_limits()
    plans = [
        plan_backfill(
            spec,
            account,
            first_day=options.first,
            last_day=options.last,
            now=now,
            limits=limits,
            held=_held(spec, account),
        )
        for account in _accounts(options.account)
    ]
    header = ("account", "runs", "slices", "requests", "in archive", "expired", "at least", "bound by")
    rows = [
        (
            p.account_id,
            p.runs,
            p.slices,
            p.requests,
            p.held,
            p.expired,
            describe_seconds(p.seconds),
            p.bound_by,
        )
        for p in plans
    ]
    print_table(header, rows, empty="No account collects this report.")
    finish = now + timedelta(seconds=max((p.seconds for p in plans), default=0))
    print(f"\nThe accounts run side by side; not before {finish:%Y-%m-%d %H:%M} UTC. Start it with:")
    print(
        f"  airflow backfill create --dag-id {spec.dag_id} --from-date {options.first}"
        f" --to-date {options.last + timedelta(days=1)}"
    )
    return 0


def _accounts(only: str | None) -> list[Account]:
    accounts = load_accounts()
    if only and only not in accounts:
        raise ConfigurationError(f"there is no account {only!r}.", remedy=f"Known: {', '.join(accounts)}.")
    return [account for account in accounts.values() if only in (None, account.id)]


def _held(spec: ReportSpec, account: Account) -> set[WindowKey]:
    """Windows whose archived document is young enough to be used again."""
    if not warehouse_is_known():
        return set()
    statement = """
        SELECT marketplace_ids, window_start, window_end FROM sellerops.report_request
        WHERE account_id = %s AND report_type = %s AND options = %s::jsonb AND status = 'ARCHIVED'
          AND reported_at >= sellerops.now() - %s"""
    found = select(
        statement, (account.id, spec.report_type, json.dumps(spec.request.options), spec.request.fresh_for)
    )
    return {
        (tuple(sorted(ids)), start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat())
        for ids, start, end in found
        if start and end
    }
