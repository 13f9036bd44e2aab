"""`notices routes|pending|faults`: who gets which notice, pending messages, and open faults."""

from __future__ import annotations

import argparse
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from sellerops.cli.arguments import require
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.ledger.notices import Delivery, deliveries, open_faults
from sellerops.notices import Event, Routes
from sellerops.notices.routes import ROUTES, unknown_names
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_specs

_LONGEST = 70


def add(commands: Any) -> None:
    parser = commands.add_parser("notices", help="who gets which notice, pending messages, open faults")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser("routes", help="show the routes of notices.yaml; checks the file")
    action.add_argument("--account", help="only this account")
    action.add_argument("--family", help="only this report family")
    action.set_defaults(run=_routes)
    action = actions.add_parser("pending", help="messages that are pending or were given up")
    action.add_argument("--limit", type=int, default=50)
    action.set_defaults(run=_pending)
    action = actions.add_parser("faults", help="open faults that people were notified about")
    action.set_defaults(run=_faults)


def _routes(options: argparse.Namespace) -> int:
    routes = ROUTES.read()
    families = sorted({spec.family for spec in load_specs()[0]})
    accounts = list(load_accounts())
    require("report family", options.family, families)
    require("account", options.account, accounts)
    print_table(
        ("event", "family", "account", "channels"),
        _table(
            routes,
            [options.family] if options.family else families,
            [options.account] if options.account else accounts,
        ),
        empty="No rules.",
    )
    wrong = unknown_names(routes, families, accounts)
    for line in wrong:
        print(f"notices.yaml, {line}")
    return 1 if wrong else 0


def _table(routes: Routes, families: list[str], accounts: list[str]) -> list[tuple[str, ...]]:
    """One row per event, and one per family and account whose channels differ from the event's."""
    rows: list[tuple[str, ...]] = []
    for event in Event:
        found = {
            (family, account): _shown(routes, event, family, account)
            for family in families
            for account in accounts
        }
        usual = _shown(routes, event, "", "")
        rows.append((event.value, "", "", usual))
        rows += [
            (event.value, family, account, shown)
            for (family, account), shown in found.items()
            if shown != usual
        ]
    return rows


def _shown(routes: Routes, event: Event, family: str, account: str) -> str:
    targets = routes.targets(event, family, [account] if account else [])
    return ", ".join(f"{each.channel} ({each.kind} {each.to})" for each in targets) or "nobody"


def _pending(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        found = ledger.database.run(lambda c: deliveries(c, ["WAITING", "GIVEN_UP"], options.limit))
    print_table(
        ("id", "state", "channel", "notice", "since", "tries", "next", "last error"),
        [_line(each) for each in found],
        empty="All messages were delivered.",
    )
    return 0


def _line(each: Delivery) -> tuple[Any, ...]:
    headline = str(each.message.get("text", "")).split("\n", 1)[0][:_LONGEST]
    following = _moment(each.next_try_at) if each.state == "WAITING" else "-"
    error = (each.last_error or "")[:_LONGEST]
    place = f"{each.channel} ({each.target})"
    return each.id, each.state, place, headline, _moment(each.created_at), each.attempts, following, error


def _faults(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        found = ledger.database.run(open_faults)
    print_table(
        ("since", "seen", "last", "notified", "event", "what"),
        [
            (
                _moment(each.opened_at),
                each.times,
                _moment(each.seen_at),
                _moment(each.told_at),
                each.event,
                each.headline,
            )
            for each in found
        ],
        empty="No open faults.",
    )
    return 0


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
