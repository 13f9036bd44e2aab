"""`backfill plan`: a backfill's requests, bottleneck, finish time, expired days, and cheaper alternatives."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sellerops.base.commands import as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.calendar.backfill import describe_seconds
from sellerops.cli.arguments import chosen_accounts, day
from sellerops.cli.existing import bucket_levels, count_asins, document_finder
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import select, warehouse_is_known
from sellerops.planning import AccountPlan, BackfillRequests, Plan, Proposal, make_plan, plan_requests
from sellerops.planning.plan import has_history
from sellerops.planning.proposals import proposals_for
from sellerops.rate_limits import RateLimitConfig, load_rate_limits
from sellerops.settings.specs import ReportSpec, enabled_specs, load_spec

_SHOWN = 5


def add(commands: Any) -> None:
    parser = commands.add_parser("backfill", help="plan a backfill before Airflow runs it")
    actions = parser.add_subparsers(required=True, metavar="action")
    plan = actions.add_parser(
        "plan", help="requests, bottleneck, finish time, expired days, cheaper alternatives"
    )
    plan.add_argument("--report", required=True, action="append", help="may be given several times")
    plan.add_argument("--from", dest="first", required=True, type=day, metavar="DAY")
    plan.add_argument("--to", dest="last", required=True, type=day, metavar="DAY")
    plan.add_argument("--account", help="only this account")
    plan.add_argument(
        "--asins", type=int, help="number of ASINs per marketplace (default: counted in sales_daily)"
    )
    plan.add_argument("--json", action="store_true")
    plan.set_defaults(run=_plan)


def _plan(options: argparse.Namespace) -> int:
    if options.first > options.last:
        raise ConfigurationError(f"--from {options.first} is after --to {options.last}.", remedy="Swap them.")
    asked = [load_spec(name) for name in dict.fromkeys(options.report)]
    for spec in asked:
        if not spec.is_on:
            because = f": {spec.off_because}" if spec.enabled else ""
            raise ConfigurationError(
                f"the report is switched off, so it has no DAG{because}.",
                where=spec.path,
                remedy="Correct that, then plan again."
                if because
                else "Set `enabled: true` there, then plan again.",
            )
    kept = [spec for spec in asked if has_history(spec)]
    without = [spec for spec in asked if not has_history(spec)]
    now, limits, specs = _now(), load_rate_limits(), enabled_specs()
    accounts = chosen_accounts(options.account)
    needs = [
        plan_requests(
            spec,
            account,
            first_day=options.first,
            last_day=options.last,
            now=now,
            find_document=document_finder(spec, account, now),
            asins=options.asins or (count_asins(account) if spec.request.split else None),
        )
        for spec in kept
        for account in accounts
    ]
    needs = [one for one in needs if one.slices]
    plan = make_plan(needs, now=now, limits=limits, levels=bucket_levels(), daily=specs)
    ways = _ways(options, kept, needs, now, limits, specs)
    if options.json:
        print(json.dumps(_as_json(options, plan, ways, [spec.name for spec in without]), indent=2))
        return 0
    for spec in without:
        why = (
            "collects all new files of the drop folder in every run"
            if spec.request.how == "dropped"
            else "is a snapshot: Amazon keeps no history"
        )
        print(f"{spec.name} {why}, so a backfill would collect nothing.")
    if kept:
        _print(options, plan, ways, kept)
    return 0


def _ways(
    options: argparse.Namespace,
    kept: list[ReportSpec],
    needs: list[BackfillRequests],
    now: datetime,
    limits: RateLimitConfig,
    specs: list[ReportSpec],
) -> list[Proposal]:
    groups = [[one for one in needs if one.spec.name == spec.name] for spec in kept]
    return [
        way
        for group in groups
        if group
        for way in proposals_for(
            group,
            first_day=options.first,
            last_day=options.last,
            now=now,
            limits=limits,
            specs=specs,
            asins=options.asins or count_asins(group[0].account),
        )
    ]


def _print(options: argparse.Namespace, plan: Plan, ways: list[Proposal], kept: list[ReportSpec]) -> None:
    header = ("account", "report", "runs", "slices", "requests", "in archive", "in Amazon's list", "expired")
    rows = [
        (
            account.account_id,
            one.spec.name,
            one.runs,
            one.slices,
            len(one.requests) * one.parts,
            one.archived,
            one.listed,
            len(one.expired),
        )
        for account in plan.accounts
        for one in account.reports
    ]
    print_table(header, rows, empty="No account collects this report.")
    if not rows:
        return
    print()
    print_table(
        ("account", "requests", "takes", "alone", "bound by", "schedules wait", "too late"),
        [
            (
                account.account_id,
                account.requests,
                describe_seconds(account.seconds),
                describe_seconds(account.least_seconds),
                account.bound_by,
                describe_seconds(account.schedule_wait.total_seconds()),
                len(account.too_late),
            )
            for account in plan.accounts
        ],
        empty="",
    )
    for account in plan.accounts:
        _print_lost(account)
    print(f"\nAccounts run in parallel; expected finish: {plan.finish:%Y-%m-%d %H:%M} UTC. Start it with:")
    for spec in kept:
        print(f"  {_command(options, spec)}")
    if ways:
        print("\nCheaper ways:")
    for way in ways:
        print(f"  {way.report}: {way.way}: {way.requests:,} requests, {describe_seconds(way.seconds)}")
        if way.loses:
            print(f"    drawback: {way.loses}")
        print(f"    {way.command}")


def _print_lost(account: AccountPlan) -> None:
    for one in account.reports:
        if one.expired:
            print(f"\n{account.account_id}, {one.spec.name}: no longer served: {_some(one.expired)}")
    if account.too_late:
        print(f"\n{account.account_id}: expire before they are collected: {_some(account.too_late)}")


def _some(labels: tuple[str, ...]) -> str:
    more = len(labels) - _SHOWN
    return ", ".join(labels[:_SHOWN]) + (f" and {more} more, to {labels[-1]}" if more > 0 else "")


def _as_json(
    options: argparse.Namespace, plan: Plan, ways: list[Proposal], snapshots: list[str]
) -> dict[str, Any]:
    return {
        "from": str(options.first),
        "to": str(options.last),
        "made_at": plan.made_at.isoformat(),
        "finish": plan.finish.isoformat(),
        "requests": plan.requests,
        "accounts": [
            {
                "account": account.account_id,
                "requests": account.requests,
                "seconds": round(account.seconds),
                "seconds_alone": round(account.least_seconds),
                "bound_by": account.bound_by,
                "schedule_wait_seconds": round(account.schedule_wait.total_seconds()),
                "too_late": list(account.too_late),
                "reports": [
                    {
                        "report": one.spec.name,
                        "runs": one.runs,
                        "slices": one.slices,
                        "requests": len(one.requests) * one.parts,
                        "in_archive": one.archived,
                        "in_amazons_list": one.listed,
                        "expired": list(one.expired),
                        "command": _command(options, one.spec),
                    }
                    for one in account.reports
                ],
            }
            for account in plan.accounts
        ],
        "proposals": [asdict(way) for way in ways],
        "snapshots": snapshots,
    }


def _command(options: argparse.Namespace, spec: ReportSpec) -> str:
    return as_typed(
        f"airflow backfill create --dag-id {spec.dag_id} --from-date {options.first}"
        f" --to-date {options.last + timedelta(days=1)}"
    )


def _now() -> datetime:
    """The time of the ledger's clock, which may be a local Amazon's; without a ledger, the system's time."""
    if not warehouse_is_known():
        return datetime.now(UTC)
    found: datetime = select("SELECT sellerops.now()", ())[0][0]
    return found.astimezone(UTC)
