"""`quota`: every bucket as it stands: what it allows, what is left, what was granted and refused."""

from __future__ import annotations

import argparse
from typing import Any

from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import select


def add(commands: Any) -> None:
    parser = commands.add_parser("quota", help="the quota buckets as they stand")
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
    header = (
        "account",
        "application",
        "operation",
        "a minute",
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
    print_table(header, rows, empty="No call was made yet.")
    return 0
