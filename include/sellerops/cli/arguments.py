"""What arguments of several commands have in common."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable
from datetime import date

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError

# What arguments of these names are for, where a command does not say it itself.
_MEANINGS = {
    "--report": "only this report, as `sellerops specs list` names it",
    "--account": "only this account of accounts.yaml",
    "--from": "first day, as 2026-09-01",
    "--to": "last day, as 2026-09-30",
    "--limit": "show at most this many (default: %(default)s)",
    "--json": "print JSON, for scripts",
    "--destination": "destination of the tables (default: %(default)s)",
    "--verdict": "only results with this verdict",
    "--state": "only slices in this state",
    "--all": "include decided ones",
    "report": "a report, as `sellerops specs list` names it",
    "check": "a check, as `sellerops checks list` names it",
    "id": "its number, as `sellerops quarantine list` shows it",
}


def complete_help(parser: argparse.ArgumentParser) -> None:
    """Give each argument without help its usual meaning, and each subcommand its line of the overview."""
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
    """A day as it is written everywhere here: ``2026-09-01``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid date; use YYYY-MM-DD") from None


def require_known(*, report: str | None = None, account: str | None = None) -> None:
    """Raise ConfigurationError where a filter names what is not configured.

    For a search that found nothing: the ledger also knows reports and accounts that once were configured.
    """
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_specs

    require("account", account, load_accounts())
    require("report", report, (spec.name for spec in load_specs()[0]) if report else ())


def require(what: str, name: str | None, known: Iterable[str]) -> None:
    """Raise ConfigurationError where ``name`` is given and none of those known."""
    names = list(known)
    if name and name not in names:
        close = difflib.get_close_matches(name, names, 3) or names[:10]
        raise ConfigurationError(
            f"unknown {what} {name!r}.",
            remedy=f"Use one of: {', '.join(close)}{', ...' if len(names) > len(close) else ''}.",
        )
