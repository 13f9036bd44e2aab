"""`restock list|what-if|override|overrides|order`: what to order, and your own quantities."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.cli.arguments import day, require_known
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.demand.overrides import end_override, list_overrides, set_override
from sellerops.demand.proposals import due, newest_proposals, write_order
from sellerops.demand.reading import pools_of
from sellerops.demand.what_if import Change, what_if
from sellerops.settings.marketplaces import all_marketplaces, marketplace
from sellerops.settings.specs.destination_rules import MART_DESTINATIONS


def add(commands: Any) -> None:
    parser = commands.add_parser("restock", help="what to order, by when, and your own quantities")
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser("list", help="what to order, the most urgent first")
    action.add_argument("--account")
    action.add_argument("--all", action="store_true", help="also SKUs that need no order")
    action.add_argument("--limit", type=int, default=50)
    action.add_argument("--json", action="store_true")
    action.set_defaults(run=_list)
    action = actions.add_parser("what-if", help="a SKU's order under other assumptions; nothing is stored")
    _add_sku(action)
    action.add_argument("--service-level", type=float, help="probability of not running out, 0.5 to 0.995")
    action.add_argument("--lead-time", type=float, help="days from order to sellable")
    action.add_argument("--lead-time-sd", type=float, help="standard deviation of the lead time, in days")
    action.add_argument("--review-days", type=int, help="days between two orders")
    action.add_argument("--demand", type=float, default=1.0, help="multiply demand by this, for example 1.2")
    action.add_argument("--units", type=int, default=0, help="additional units at Amazon today")
    action.set_defaults(run=_what_if)
    action = actions.add_parser("override", help="set a SKU's order quantity until a given day, or end it")
    _add_sku(action)
    action.add_argument("--quantity", type=int, help="units to order; 0: order nothing")
    action.add_argument("--until", type=day, help="last day on which it holds")
    action.add_argument("--reason", default="", help="why, for whoever reads it later")
    action.add_argument("--author", default=getpass.getuser(), help="who decided (default: %(default)s)")
    action.add_argument("--end", action="store_true", help="end the SKU's override now")
    action.set_defaults(run=_override)
    action = actions.add_parser("overrides", help="quantities that people have set")
    action.add_argument("--account")
    action.set_defaults(run=_overrides)
    action = actions.add_parser("order", help="write what is due within a week as a purchase order (CSV)")
    action.add_argument("--account", required=True)
    action.add_argument("--supplier", help="only this supplier")
    action.add_argument("--output", type=Path, help="write to this file (default: print)")
    action.set_defaults(run=_order)


def _add_sku(action: argparse.ArgumentParser) -> None:
    action.add_argument("--account", required=True)
    action.add_argument(
        "--marketplace", required=True, help="code such as US; of a stock pool, any of its marketplaces"
    )
    action.add_argument("--sku", required=True, help="your SKU")


def _list(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        found = newest_proposals(connection, account_id=options.account)
    if not found:
        require_known(account=options.account)
    rows = found if options.all else due(found)
    if options.json:
        print(json.dumps(rows[: options.limit], default=str, indent=2))
        return 0
    codes = _codes()
    header = (
        "account", "marketplace", "SKU", "status", "order", "order by", "position", "a day", "stock-out",
        "cost", "currency", "Amazon says", "why", "missing",
    )  # fmt: skip
    lines = [
        (
            row["account_id"],
            codes.get(row["marketplace_id"], row["marketplace_id"]),
            row["sku"],
            row["order_status"],
            row["order_quantity"],
            row["order_by"],
            row["position"],
            _float(row["daily_units"], 1),
            row["stock_out_on"],
            _float(row["cash_needed"], 2),
            row["currency"],
            row["amazon_quantity"],
            row["override_reason"] or row["order_quantity_reason"],
            row["missing"],
        )
        for row in rows[: options.limit]
    ]
    empty = (
        "Nothing to order." if found else "No recommendations yet: they need a forecast (docs/restock.md)."
    )
    print_table(header, lines, empty=empty, optional=("why", "missing", "cost"))
    if len(rows) > options.limit:
        print(f"\n{len(rows) - options.limit} more: use --limit.")
    return 0


def _what_if(options: argparse.Namespace) -> int:
    place = _home(options)
    change = Change(
        options.service_level,
        options.lead_time,
        options.lead_time_sd,
        options.review_days,
        options.demand,
        options.units,
    )
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        rows = newest_proposals(connection, account_id=options.account, marketplace_id=place, sku=options.sku)
        if not rows:
            raise _unknown_sku(options)
        (row,) = rows
        now, then = what_if(connection, row, Change()), what_if(connection, row, change)
    lines = [
        (name, _shown(getattr(now, key), row["day"]), _shown(getattr(then, key), row["day"]))
        for name, key in (
            ("status", "status"),
            ("order by", "order_by"),
            ("reorder point", "reorder_point"),
            ("target", "target"),
            ("needed", "needed"),
            ("stock-out", "stock_out"),
            ("units lost", "lost_units"),
        )
    ]
    lines.insert(5, ("order", str(now.quantity.units), str(then.quantity.units)))
    print_table(("", "as it is", "what if"), lines, empty="")
    return 0


def _override(options: argparse.Namespace) -> int:
    place = _home(options)
    destinations = tuple(MART_DESTINATIONS.load())
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        if options.end:
            ended = end_override(
                connection,
                account_id=options.account,
                marketplace_id=place,
                sku=options.sku,
                author=options.author,
                destinations=destinations,
            )
            print("Ended." if ended else "The SKU has no override.")
            return 0
        if options.quantity is None or options.until is None:
            raise ConfigurationError(
                "an override needs a quantity and a last day.",
                where=f"{options.account}, SKU {options.sku}",
                remedy="Give --quantity, --until and --reason; or --end to end one.",
            )
        if not newest_proposals(
            connection, account_id=options.account, marketplace_id=place, sku=options.sku
        ):
            raise _unknown_sku(options)
        set_override(
            connection,
            account_id=options.account,
            marketplace_id=place,
            sku=options.sku,
            quantity=options.quantity,
            first_day=ledger.clock().now().date(),
            last_day=options.until,
            reason=options.reason,
            author=options.author,
            destinations=destinations,
        )
    print(f"Set. It holds until {options.until} and appears once the marts of group demand are rebuilt.")
    return 0


def _overrides(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        found = list_overrides(connection, options.account, ledger.clock().now().date())
    codes = _codes()
    print_table(
        ("account", "marketplace", "SKU", "order", "from", "until", "reason", "author"),
        [
            (
                each.account_id,
                codes.get(each.marketplace_id, each.marketplace_id),
                each.sku,
                each.quantity,
                each.first_day,
                each.last_day,
                each.reason,
                each.author,
            )
            for each in found
        ],
        empty="No overrides.",
    )
    return 0


def _order(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        rows = newest_proposals(connection, account_id=options.account)
    if not rows:
        require_known(account=options.account)
    chosen = [row for row in rows if options.supplier in (None, row["supplier"])]
    if options.output is None:
        write_order(chosen, _codes(), sys.stdout)
        return 0
    with options.output.open("w", encoding="utf-8", newline="") as file:
        count = write_order(chosen, _codes(), file)
    print(f"{count} lines written to {options.output}.")
    return 0


def _home(options: argparse.Namespace) -> str:
    """The id of the marketplace that represents the stock pool of ``--marketplace``."""
    require_known(account=options.account)
    given = marketplace(options.marketplace).id
    return pools_of(options.account).get(given, (given, ""))[0]


def _unknown_sku(options: argparse.Namespace) -> ConfigurationError:
    return ConfigurationError(
        f"SKU {options.sku!r} has no recommendation.",
        where=f"{options.account}, {options.marketplace}",
        remedy="See `sellerops restock list --all` for all SKUs.",
    )


def _codes() -> dict[str, str]:
    return {place.id: code for code, place in all_marketplaces().items()}


def _float(value: Any, places: int) -> float | None:
    return None if value is None else round(float(value), places)


def _shown(value: Any, today: date) -> str:
    if value is None:
        return "not within a year"
    if isinstance(value, int):
        return date.fromordinal(today.toordinal() + value).isoformat()
    return f"{value:.1f}" if isinstance(value, float) else str(value)
