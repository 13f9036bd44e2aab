"""`alerts list|show|run|snooze|acknowledge|check`: business alerts outside the Airflow UI."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sellerops.alerts.running import Evaluation, evaluate_alerts
from sellerops.alerts.specs import SETTINGS, alerts_and_failures, load_alert, settings_problems
from sellerops.alerts.store import Alert, acknowledge, ended_alerts, open_alerts, snooze
from sellerops.base.errors import ConfigurationError
from sellerops.cli.arguments import day, require
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger, reader_conninfo
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces


def add(commands: Any) -> None:
    parser = commands.add_parser("alerts", help="business alerts: open ones, snooze, acknowledge")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser(
        "list", help="open alerts, most money at stake first; --ended: the most recently ended"
    )
    action.add_argument("--account", help="only this account")
    action.add_argument("--alert", help="only this alert (name of a file in config/alerts)")
    action.add_argument("--ended", action="store_true", help="alerts that have ended")
    action.add_argument("--limit", type=int, default=60)
    action.add_argument("--json", action="store_true", help="print JSON with all figures, for scripts")
    action.set_defaults(run=_list)
    action = actions.add_parser("run", help="evaluate now; sends no notices. Exit code 1 if one fails")
    action.add_argument("alert", nargs="*", help="names (default: all alerts)")
    action.set_defaults(run=_run)
    for name, run, text in (
        ("snooze", _snooze, "send no notices about alerts until a given day, even if they end and come back"),
        ("acknowledge", _acknowledge, "note that somebody takes care of alerts"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", type=int, nargs="+", help="ids from `sellerops alerts list`")
        action.add_argument("--note", default="", help="reason, stored with the alert")
        action.add_argument("--by", help="who decides (default: the user of this shell)")
        action.set_defaults(run=run)
        if name == "snooze":
            until = action.add_mutually_exclusive_group(required=True)
            until.add_argument(
                "--until", type=day, help="last day of the snooze (UTC), for example 2026-12-24"
            )
            until.add_argument("--days", type=int, help="number of days from now")
    actions.add_parser("check", help="check the files and thresholds of alerts").set_defaults(run=_check)


def _list(options: argparse.Namespace) -> int:
    require("account", options.account, list(load_accounts()))
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        now = ledger.clock().now()
        if options.ended:
            found = ended_alerts(connection, options.limit)
        else:
            found = open_alerts(connection, account=options.account, name=options.alert)[: options.limit]
    if options.json:
        print(json.dumps([vars(each) for each in found], default=str, indent=2))
        return 0
    header = (
        "id",
        "severity",
        "alert",
        "account",
        "where",
        "about",
        "a day",
        "",
        "since",
        "state",
        "summary",
    )
    print_table(header, [_row(each, now) for each in found], empty="No alerts.", optional=("state",))
    return 0


def _row(alert: Alert, now: datetime) -> tuple[Any, ...]:
    codes = {each.id: each.code for each in all_marketplaces().values()}
    return (
        str(alert.id),
        alert.severity,
        alert.name,
        alert.account_id,
        codes.get(alert.marketplace_id, alert.marketplace_id),
        alert.subject,
        alert.money_per_day,
        alert.currency,
        alert.opened_at,
        _state(alert, now),
        alert.summary,
    )


def _state(alert: Alert, now: datetime) -> str:
    if alert.ended_at:
        return f"ended {alert.ended_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    if alert.snoozed_until and alert.snoozed_until > now:
        return f"snoozed until {alert.snoozed_until.astimezone(UTC):%Y-%m-%d}"
    return f"acknowledged by {alert.acknowledged_by}" if alert.acknowledged_at else ""


def _run(options: argparse.Namespace) -> int:
    wanted = [load_alert(name) for name in options.alert] or None
    reader = reader_conninfo()
    with closing(open_ledger()) as ledger:
        done = evaluate_alerts(ledger, reader, wanted)
    header = ("alert", "account", "open", "opened", "ended", "not evaluated")
    print_table(header, [_outcome(each) for each in done], empty="No alerts.")
    for each in done:
        if each.error:
            print(f"error: {each.error}", file=sys.stderr)
    return 1 if any(each.error for each in done) else 0


def _outcome(each: Evaluation) -> tuple[Any, ...]:
    counts = (each.changes.open, each.changes.opened, each.changes.ended) if each.changes else ("", "", "")
    return (each.alert.name, each.account_id, *counts, each.reason)


def _snooze(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        now = ledger.clock().now()
        if options.until:
            until = datetime.combine(options.until + timedelta(days=1), time(), UTC)
        else:
            until = now + timedelta(days=options.days)
        if until <= now:
            raise ConfigurationError(
                "the snooze would already be over.", where="alerts", remedy="Use a later day."
            )
        found = snooze(connection, options.id, until, options.by or getpass.getuser(), options.note)
    print(f"{len(found)} alerts are snoozed until {until:%Y-%m-%d %H:%M} UTC.")
    return 0


def _acknowledge(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        found = acknowledge(connection, options.id, options.by or getpass.getuser(), options.note)
    print(f"{len(found)} alerts are acknowledged.")
    return 0


def _check(options: argparse.Namespace) -> int:
    alerts, failures = alerts_and_failures()
    lines = [str(each.error) for each in failures]
    lines += [f"alerts.yaml, {line}" for line in settings_problems(SETTINGS.read(), alerts)]
    for line in lines:
        print(f"error: {line}", file=sys.stderr)
    print(f"{len(alerts)} alerts are valid.")
    return 1 if lines else 0
