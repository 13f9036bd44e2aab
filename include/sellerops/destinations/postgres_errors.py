"""Rules for Postgres' errors by SQLSTATE, for the destination and for every destination's ledger.

https://www.postgresql.org/docs/current/errcodes-appendix.html. The server's message may quote a value, and
its detail a whole row. Messages are shown only if their class quotes neither, and no rule keeps its cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors

from sellerops.base.errors import (
    CheckFailed,
    ConfigurationError,
    GiveUpError,
    RetryableError,
    SellerOpsError,
    UnreadableDocument,
)
from sellerops.destinations.error_rules import ErrorRule, translation

# Transient states: connections, conflicting transactions, a full server, locks, a server that stops or fails
# over.
_PASSING = ("08", "40", "53", "55006", "55P03", "57", "58", "25P03", "25P04", "25006")
_REPORT_IT = "Nothing was stored. This is a bug in sellerops: report it with the archived document."
_MIGRATE = "Nothing was stored. `sellerops tables migrate <report> --check` shows the differences."
# COPY names the position: `COPY staged, line 3, column price: "..."`.
_COPY_POSITION = re.compile(r"COPY \w+, line \d+(?:, column (\w+))?")


def _message(error: psycopg.Error) -> str:
    """The first line of the server's message, or of the driver's if the server sent none."""
    text = error.diag.message_primary or str(error)
    return next(iter(text.strip().splitlines()), type(error).__name__).rstrip(".")


def _name(error: psycopg.Error) -> str:
    state = error.sqlstate
    if not state:
        return type(error).__name__
    try:
        return f"{state} {errors.lookup(state).__name__}"
    except KeyError:
        return state


_other_table = translation(
    ConfigurationError, "the table does not match its spec: {}.", _MIGRATE, message=_message
)
_old_ledger = translation(
    ConfigurationError,
    "the database has no ledger of this version: {}.",
    "Run `sellerops ledger migrate`.",
    message=_message,
)


def _no_table(error: psycopg.Error, where: str) -> SellerOpsError:
    is_landing = error.sqlstate == "42P01" and '"sellerops.' not in _message(error)
    return (_other_table if is_landing else _old_ledger)(error, where)


def _refused_by_table(error: psycopg.Error, where: str) -> SellerOpsError:
    rule = error.diag.constraint_name or error.diag.column_name or "?"
    return CheckFailed(
        f"the table's constraint `{rule}` refuses a row ({_name(error)}).",
        where=where,
        remedy=f"{_MIGRATE} If the constraint was added by hand, drop it.",
    )


def _unreadable(error: psycopg.Error, where: str) -> SellerOpsError:
    position = _COPY_POSITION.match(error.diag.context or "")
    name = error.diag.column_name or (position.group(1) if position else None)
    column = f" of column `{name}`" if name else ""
    return UnreadableDocument(
        f"Postgres refuses a value{column} that was read from the document ({_name(error)}).",
        where=where,
        remedy=_REPORT_IT,
    )


def _depends(error: psycopg.Error) -> str:
    detail = (error.diag.message_detail or "").splitlines()
    return _message(error) + (f" ({detail[0]})" if detail else "")


def _is_lost_race(error: psycopg.Error) -> bool:
    """Whether two first loads granted or commented the same object at once. It has no SQLSTATE."""
    return error.sqlstate == "XX000" and _message(error).startswith("tuple concurrently")


def _is_passing(error: Exception) -> bool:
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate:
        return error.sqlstate.startswith(_PASSING) or _is_lost_race(error)
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def _of_state(*prefixes: str, translate: Callable[[Any, str], SellerOpsError]) -> ErrorRule:
    def matches(error: Exception) -> bool:
        return isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(prefixes)

    return ErrorRule(matches, translate)


def _by_state(
    *prefixes: str,
    kind: type[SellerOpsError],
    cause: str,
    remedy: str,
    message: Callable[[Any], str] = _message,
) -> ErrorRule:
    return _of_state(*prefixes, translate=translation(kind, cause, remedy, message=message))


# The first matching rule applies. Messages of 0A000 and 2BP01 name views, those of 42 names and types; none
# quotes a value.
_BY_STATE = (
    _of_state("42P01", "42883", "3F000", translate=_no_table),
    _by_state(
        "42501",
        kind=ConfigurationError,
        cause="the database user lacks a privilege: {}.",
        remedy="Allow it to create schemas and tables in this database.",
    ),
    _by_state(
        "28",
        "3D000",
        kind=ConfigurationError,
        cause="the database refuses the login: {}.",
        remedy="Correct user, password or database in the connection, then clear the task.",
    ),
    _by_state(
        "23505",
        kind=CheckFailed,
        cause="the table has the same key on two days: {}.",
        remedy="Nothing was stored. Add the day column to `primary_key` in the spec, or use `merge`.",
    ),
    _of_state("23", translate=_refused_by_table),
    _of_state("22", translate=_unreadable),
    _by_state(
        "54011",
        kind=ConfigurationError,
        cause="the table has too many columns: {}.",
        remedy="Nothing was stored. Remove columns from the spec's table, or from its `primary_key`.",
    ),
    _by_state(
        "54",
        kind=UnreadableDocument,
        cause="a row exceeds Postgres' size limit: {}.",
        remedy="Nothing was stored. Split wide lists into tables of their own in the spec (`rows`), then "
        "clear the load task.",
    ),
    _by_state(
        "0A000",
        "2BP01",
        kind=ConfigurationError,
        cause="another object of the database depends on the table: {}.",
        remedy="Nothing was changed. Drop that view, repeat this, then create the view again.",
        message=_depends,
    ),
    _of_state("42", translate=_other_table),
)


def _of_server(server: str) -> tuple[ErrorRule, ...]:
    """Rules for errors that no rule by state covers."""
    return (
        ErrorRule(
            _is_passing, translation(RetryableError, f"{server} is unavailable: {{}}.", message=_message)
        ),
        ErrorRule(
            lambda error: isinstance(error, psycopg.Error),
            translation(
                GiveUpError,
                f"{server} refuses a statement ({{}}).",
                "Nothing was stored. Find the cause in the server's log, fix it, then clear the task.",
                message=_name,
            ),
        ),
    )


POSTGRES_RULES = (*_BY_STATE, *_of_server("Postgres"))
# For destinations outside Postgres, where an unknown column or a wrong type can only mean an old ledger.
LEDGER_RULES = (
    _of_state("42703", "42804", translate=_old_ledger),
    *_BY_STATE,
    *_of_server("the ledger"),
)
