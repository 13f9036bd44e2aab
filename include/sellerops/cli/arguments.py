"""Arguments shared by several commands."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError

if TYPE_CHECKING:
    from sellerops.settings.accounts import Account
    from sellerops.settings.specs import ReportSpec

# The help of arguments with these names, unless the command has its own text.
_MEANINGS = {
    "--report": "only this report (names: `sellerops specs list`)",
    "--account": "only this account from accounts.yaml",
    "--from": "first day, for example 2026-09-01",
    "--to": "last day, for example 2026-09-30",
    "--limit": "show at most this many (default: %(default)s)",
    "--json": "print JSON, for scripts",
    "--destination": "destination of the tables (default: %(default)s)",
    "--verdict": "only results with this verdict",
    "--state": "only slices in this state",
    "--all": "include decided documents",
    "report": "name of a report (`sellerops specs list`)",
    "check": "name of a check (`sellerops checks list`)",
    "id": "id from `sellerops quarantine list`",
}


def complete_help(parser: argparse.ArgumentParser) -> None:
    """Add the shared help to arguments without their own, and descriptions to subcommands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for line in action._choices_actions:
                below = action.choices[line.dest]
                below.description = below.description or _sentence(line.help or "")
                complete_help(below)
        elif action.help is None:
            name = action.option_strings[0] if action.option_strings else action.dest
            action.help = commands_as_typed(_MEANINGS[name]) if name in _MEANINGS else None


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def day(text: str) -> date:
    """Parse a date such as ``2026-09-01``. Raises argparse.ArgumentTypeError if it is invalid."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid date; use YYYY-MM-DD") from None


def at_least_one(text: str) -> int:
    """Parse a number of at least 1. Raises argparse.ArgumentTypeError if it is invalid."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return number


def chosen_accounts(name: str | None) -> list[Account]:
    """The account ``name``, or all accounts if it is None. Raises ConfigurationError if it is unknown."""
    from sellerops.settings.accounts import load_accounts

    accounts = load_accounts()
    require("account", name, accounts)
    return [account for account in accounts.values() if name in (None, account.id)]


def chosen_specs(name: str | None) -> list[ReportSpec]:
    """The spec of report ``name``, or all valid specs if it is None.

    Raises ConfigurationError if it is unknown.
    """
    from sellerops.settings.specs import load_spec, load_specs

    return [load_spec(name)] if name else load_specs()[0]


def require_known(*, report: str | None = None, account: str | None = None) -> None:
    """Raise ConfigurationError if a filter names an unknown report or account.

    Call it after a search found nothing: the ledger also has reports and accounts that are no longer
    configured.
    """
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_specs

    require("account", account, load_accounts())
    require("report", report, (spec.name for spec in load_specs()[0]) if report else ())


def require(what: str, name: str | None, known: Iterable[str]) -> None:
    """Raise ConfigurationError if ``name`` is given and not in ``known``."""
    names = list(known)
    if name and name not in names:
        close = difflib.get_close_matches(name, names, 3) or names[:10]
        raise ConfigurationError(
            f"unknown {what} {name!r}.",
            remedy=f"Use one of: {', '.join(close)}{', ...' if len(names) > len(close) else ''}."
            if close
            else f"There is no {what} yet.",
        )
