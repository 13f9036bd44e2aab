"""Rules for Postgres' errors, by SQLSTATE: of the destination, and of every destination's ledger.

https://www.postgresql.org/docs/current/errcodes-appendix.html. The server's message may quote a value, its
detail a whole row. Messages are shown only where their class quotes neither, and no rule keeps its cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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
from sellerops.destinations.error_rules import ErrorRule

# Passing states: connections, conflicting transactions, a full server, locks, a server that stops or fails
# over.
_PASSING = ("08", "40", "53", "55006", "55P03", "57", "58", "25P03", "25P04", "25006")
_REPORT_IT = "Nothing was stored. This is a bug in sellerops: report it with the archived document."
_MIGRATE = "Nothing was stored. `sellerops tables migrate <report> --check` shows the differences."
# COPY names the position: `COPY staged, line 3, column price: "..."`.
_COPY_POSITION = re.compile(r"COPY \w+, line \d+(?:, column (\w+))?")


def _no_ledger(error: psycopg.Error, where: str) -> SellerOpsError:
    if error.sqlstate == "42P01" and '"sellerops.' not in _message(error):
        return _other_table(error, where)
    return ConfigurationError(
        f"the database has no ledger of this version: {_message(error)}.",
        where=where,
        remedy="Run `sellerops ledger migrate`.",
    )


def _no_privilege(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the database user lacks a privilege: {_message(error)}.",
        where=where,
        remedy="Let it create schemas and tables in this database.",
    )


def _no_login(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the database refuses the login: {_message(error)}.",
        where=where,
        remedy="Correct user, password or database in the connection, then clear the task.",
    )


def _same_key(error: psycopg.Error, where: str) -> SellerOpsError:
    return CheckFailed(
        f"the table has the same key on two days: {_message(error)}.",
        where=where,
        remedy="Nothing was stored. Add the day column to `primary_key` in the spec, or use `merge`.",
    )


def _refused_by_table(error: psycopg.Error, where: str) -> SellerOpsError:
    rule = error.diag.constraint_name or error.diag.column_name or "?"
    return CheckFailed(
        f"the table's constraint `{rule}` refuses a row ({_name(error)}).",
        where=where,
        remedy=f"{_MIGRATE} If somebody added the constraint by hand, drop it.",
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


def _too_many_columns(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the table cannot have so many columns: {_message(error)}.",
        where=where,
        remedy="Nothing was stored. Remove columns from the spec's table, or from its `primary_key`.",
    )


def _too_large(error: psycopg.Error, where: str) -> SellerOpsError:
    return UnreadableDocument(
        f"a row exceeds Postgres' size limit: {_message(error)}.",
        where=where,
        remedy="Nothing was stored. Split wide lists into tables of their own in the spec (`rows`), then "
        "clear the load task.",
    )


def _depends(error: psycopg.Error, where: str) -> SellerOpsError:
    detail = (error.diag.message_detail or "").splitlines()
    more = f" ({detail[0]})" if detail else ""
    return ConfigurationError(
        f"another object of the database depends on the table: {_message(error)}{more}.",
        where=where,
        remedy="Nothing was changed. Drop that view, repeat this, then create the view again.",
    )


def _other_table(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the table does not match its spec: {_message(error)}.", where=where, remedy=_MIGRATE
    )


def _of_state(*prefixes: str, make: Callable[[psycopg.Error, str], SellerOpsError]) -> ErrorRule:
    return ErrorRule(
        lambda error: isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(prefixes), make
    )


def _is_passing(error: Exception) -> bool:
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate:
        return error.sqlstate.startswith(_PASSING)
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def _rules(server: str) -> tuple[ErrorRule, ...]:
    """By the first match. Messages of 0A000 and 2BP01 name views, those of 42 names and types: no values."""
    return (
        _of_state("42P01", "42883", "3F000", make=_no_ledger),
        _of_state("42501", make=_no_privilege),
        _of_state("28", "3D000", make=_no_login),
        _of_state("23505", make=_same_key),
        _of_state("23", make=_refused_by_table),
        _of_state("22", make=_unreadable),
        _of_state("54011", make=_too_many_columns),
        _of_state("54", make=_too_large),
        _of_state("0A000", "2BP01", make=_depends),
        _of_state("42", make=_other_table),
        ErrorRule(
            _is_passing,
            lambda error, where: RetryableError(f"{server} is unavailable: {_message(error)}.", where=where),
        ),
        ErrorRule(
            lambda error: isinstance(error, psycopg.Error),
            lambda error, where: GiveUpError(
                f"{server} refuses a statement ({_name(error)}).",
                where=where,
                remedy="Nothing was stored. Find the cause in the server's log, fix it, then clear the task.",
            ),
        ),
    )


def _message(error: psycopg.Error) -> str:
    """The first line of the server's own message; without a server, of the driver's."""
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


POSTGRES_RULES = _rules("Postgres")
# For a destination elsewhere: an unknown column or a wrong type can only mean an old ledger.
LEDGER_RULES = (_of_state("42703", "42804", make=_no_ledger), *_rules("the ledger"))
