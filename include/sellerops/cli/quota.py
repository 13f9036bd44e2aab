"""`quota`: current bucket levels, learned cooldowns, and requests saved by reuse."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

from sellerops.calendar.backfill import describe_seconds
from sellerops.cli.arguments import require_known
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger, select
from sellerops.ledger.listings import reuses
from sellerops.rate_limits import QuotaLedger, load_rate_limits


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "quota", help="current bucket levels, learned cooldowns, requests saved by reuse"
    )
    parser.add_argument("--account")
    parser.set_defaults(run=_quota)


def _quota(options: argparse.Namespace) -> int:
    statement = """
        SELECT account_id, application, operation, coalesce(learned_rate, rate), learned_rate IS NOT NULL,
               burst, burst - sellerops.quota_missing(b, sellerops.now()), granted, refused, refused_at
        FROM sellerops.quota_bucket b
        WHERE %(account)s::text IS NULL OR account_id = %(account)s
        ORDER BY account_id, operation"""
    buckets = select(statement, {"account": options.account})
    if not buckets:
        require_known(account=options.account)
    header = (
        "account",
        "application",
        "operation",
        "per minute",
        "from",
        "burst",
        "left",
        "granted",
        "refused",
        "last refusal",
    )
    rows = [
        (
            account,
            application,
            operation,
            rate * 60,
            "Amazon" if learned else "config",
            burst,
            round(left, 1),
            *rest,
        )
        for account, application, operation, rate, learned, burst, left, *rest in buckets
    ]
    print_table(header, rows, empty="No calls so far.", optional=("refused", "last refusal"))
    _print_learned(options.account)
    _print_saved(options.account)
    return 0


def _print_learned(account: str | None) -> None:
    with closing(open_ledger()) as ledger:
        learned = QuotaLedger(ledger, load_rate_limits()).learned_cooldowns(account)
    if not learned:
        return
    print("\nCooldowns learned from refusals:")
    rows = [
        (
            one.account_id,
            one.report_type,
            describe_seconds(one.published.total_seconds()),
            describe_seconds(one.in_force.total_seconds()),
            one.refusals,
            one.refused_at,
            one.evidence[0]["reason"] if one.evidence else "",
        )
        for one in learned
    ]
    header = ("account", "report type", "published", "in force", "refusals", "last", "Amazon said")
    print_table(header, rows, empty="")


def _print_saved(account: str | None) -> None:
    with closing(open_ledger()) as ledger:
        saved = ledger.database.run(lambda connection: reuses(connection, account))
    if not saved:
        return
    print("\nRequests saved by reusing existing reports:")
    rows = [(row["account_id"], row["report"], row["found_in"], row["saved"]) for row in saved]
    print_table(("account", "report", "found in", "saved"), rows, empty="")
