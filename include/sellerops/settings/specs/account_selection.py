"""Selects the accounts a report is collected for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from sellerops.base.errors import SpecError
from sellerops.settings.accounts import Account
from sellerops.settings.specs.report import ReportSpec


def accounts_for(spec: ReportSpec, accounts: Mapping[str, Account]) -> tuple[Account, ...]:
    """The accounts that match the spec and sell in one of its marketplaces.

    Raises SpecError if there is none.
    """
    chosen = tuple(
        account
        for account in accounts.values()
        if spec.source in account.sources
        and (spec.accounts == "all" or account.id in spec.accounts)
        and (
            spec.marketplaces == "all" or any(each.code in spec.marketplaces for each in account.marketplaces)
        )
    )
    if not chosen:
        raise SpecError(
            f"no account with source {spec.source} sells in these marketplaces.",
            where=f"{spec.path}, key `marketplaces`",
            remedy="Add the account, or the source to its `sources`, in config/accounts.yaml; or correct "
            "`marketplaces` or `accounts`.",
        )
    return chosen


def refuse_unknown_accounts(spec: ReportSpec, accounts: Mapping[str, Account]) -> None:
    """Raise SpecError if the spec names an unknown account."""
    for name in () if spec.accounts == "all" else spec.accounts:
        if name not in accounts:
            guess = difflib.get_close_matches(name, accounts, n=1)
            raise SpecError(
                f"unknown account {name!r}.",
                where=f"{spec.path}, key `accounts`",
                remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(accounts)}.",
            )
