"""Selects the accounts for which a report is collected, and gives the reason if there are none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sellerops.base.errors import SpecError
from sellerops.settings.accounts import Account
from sellerops.settings.specs.report import ReportSpec

if TYPE_CHECKING:
    from sellerops.settings.logins import Logins


# Files that do not come from an API exist only where somebody has set up a login or the drop folder.
ON_DEMAND = ("downloaded", "dropped")


def accounts_for(spec: ReportSpec, accounts: Mapping[str, Account]) -> tuple[Account, ...]:
    """The accounts that match the spec and sell in one of its marketplaces.

    Raises SpecError if there is none, unless ``off_because`` already gives the reason.
    """
    chosen = _matching(spec, accounts)
    if not chosen and not spec.off_because:
        raise SpecError(
            f"no account with source {spec.source} sells in these marketplaces.",
            where=f"{spec.path}, key `marketplaces`",
            remedy="Add the account, or the source to its `sources`, in config/accounts.yaml; or correct "
            "`marketplaces` or `accounts`.",
        )
    return chosen


def narrow_to_usable(spec: ReportSpec, accounts: Mapping[str, Account], logins: Logins) -> ReportSpec:
    """The spec limited to the accounts for which it can run here.

    A ``downloaded`` report needs a login with its role for the account, a ``dropped`` one the account's
    source ``folder``. If no account qualifies, ``off_because`` says why; this is not an error. Other specs
    are returned unchanged.
    """
    if spec.request.how not in ON_DEMAND:
        return spec
    matching = _matching(spec, accounts)
    if spec.request.how == "dropped":
        reason = "" if matching else f"no account has the source `{spec.source}` (config/accounts.yaml)"
        return spec.model_copy(update={"off_because": reason})
    role = spec.request.login or ""
    usable = tuple(each.id for each in matching if logins.for_report(each.id, role))
    if not logins.enabled:
        reason = "browser jobs are switched off (`enabled` in config/logins.yaml)"
    elif not usable:
        reason = f"no login has the role `{role}` (config/logins.yaml)"
    else:
        return spec.model_copy(update={"accounts": usable, "off_because": ""})
    return spec.model_copy(update={"off_because": reason})


def is_switched_on(spec: ReportSpec, accounts: Mapping[str, Account], logins: Logins) -> bool:
    """Whether the report has a DAG and expected days with these accounts and logins."""
    return narrow_to_usable(spec, accounts, logins).is_on


def _matching(spec: ReportSpec, accounts: Mapping[str, Account]) -> tuple[Account, ...]:
    return tuple(
        account
        for account in accounts.values()
        if spec.source in account.sources
        and (spec.accounts == "all" or account.id in spec.accounts)
        and (
            spec.marketplaces == "all" or any(each.code in spec.marketplaces for each in account.marketplaces)
        )
    )


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
