"""`ads profiles|columns`: an account's advertising profiles, and the columns that Amazon Ads refused."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.cli.arguments import chosen_accounts
from sellerops.cli.credentials import credentials_of
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.amazon_ads.profiles import discover
from sellerops.sources.amazon_ads.refused_columns import refused_columns
from sellerops.sources.common.sessions import run_blocking

_SOURCE = "amazon_ads"


def add(commands: Any) -> None:
    parser = commands.add_parser("ads", help="Amazon Ads: profiles, refused columns")
    actions = parser.add_subparsers(required=True, metavar="action")
    profiles = actions.add_parser(
        "profiles", help="list the profiles from Amazon; also checks the connections"
    )
    profiles.add_argument("--account")
    profiles.set_defaults(run=_profiles)
    columns = actions.add_parser(
        "columns", help="columns that Amazon refused, and when they are requested again"
    )
    columns.set_defaults(run=_columns)


def _profiles(options: argparse.Namespace) -> int:
    accounts = [each for each in chosen_accounts(options.account) if _SOURCE in each.sources]
    if not accounts:
        raise ConfigurationError(
            (
                f"account {options.account} does not use {_SOURCE}."
                if options.account
                else f"no account uses {_SOURCE}."
            ),
            where="config/accounts.yaml",
            remedy=f"Add {_SOURCE} to the account's `sources`.",
        )
    rows = []
    with closing(open_ledger()) as ledger:
        limits = QuotaLedger(ledger, load_rate_limits())
        for account in accounts:
            client = AdsClient(account, credentials_of(account, _SOURCE), ledger, limits)
            found = run_blocking(lambda client=client: discover(client, client.ledger))  # type: ignore[misc]
            wanted = {each.id for each in account.marketplaces}
            for each in found:
                difference = each.mismatch or ("" if each.marketplace_id in wanted else "not collected")
                rows.append(
                    (
                        account.id,
                        each.country_code,
                        each.profile_id,
                        each.currency_code,
                        each.timezone,
                        each.name,
                        difference,
                    )
                )
    header = ("account", "country", "profile", "currency", "time zone", "name", "differs")
    print_table(header, rows, empty="The authorization covers no seller profile.")
    return 0


def _columns(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        found = refused_columns(ledger)
    rows = [
        (
            one.report_type,
            one.group_by,
            one.column_name,
            one.account_id,
            one.profile_id,
            one.first_seen,
            one.retry_at,
            one.reason[:80],
        )
        for one in found
    ]
    header = (
        "report type",
        "group by",
        "column",
        "account",
        "profile",
        "first seen",
        "next try",
        "reason",
    )
    print_table(header, rows, empty="Amazon Ads has refused no columns.")
    return 0
