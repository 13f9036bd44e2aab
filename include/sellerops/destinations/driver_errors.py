"""Postgres' errors by what a person does next, told by SQLSTATE. No text of ours holds a row or a value.

https://www.postgresql.org/docs/current/errcodes-appendix.html. The server's message may quote a value, its
detail a whole row: only messages of classes that cannot are shown, and no error of ours has the driver's as
its cause, which a task's log would print.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

# What passes: connections, transactions that met, a full server, locks, a server that stops or takes over.
_PASSING = ("08", "40", "53", "55006", "55P03", "57", "58", "25P03", "25P04", "25006")
_POSTGRES = "Postgres"
_REPORT_IT = "Nothing was stored. This program is wrong: report it with the archived document."
_MIGRATE = "Nothing was stored. `sellerops tables migrate <report> --check` says what differs."
# COPY says where it was: `COPY staged, line 3, column price: "..."`.
_COPY_PLACE = re.compile(r"COPY \w+, line \d+(?:, column (\w+))?")


@contextmanager
def typed_errors(where: str, server: str = _POSTGRES) -> Iterator[None]:
    """Raise what ``psycopg`` raises as an error of ours."""
    try:
        yield
    except SellerOpsError:
        raise
    except psycopg.Error as error:
        raise typed_error(error, where, server) from None


def typed_error(error: psycopg.Error, where: str, server: str = _POSTGRES) -> SellerOpsError:
    """The error of ours for one of the driver's."""
    state = error.sqlstate or ""
    if server != _POSTGRES and state in ("42703", "42804"):
        return _no_ledger(error, where)
    for prefix, make in _BY_STATE:
        if state.startswith(prefix):
            return make(error, where)
    is_away = not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    if is_away or state.startswith(_PASSING):
        return RetryableError(f"{server} did not do its part: {_message(error)}.", where=where)
    return GiveUpError(
        f"{server} refuses a statement ({_name(error)}).",
        where=where,
        remedy="Nothing was stored. Read the server's log of this time; clear the task once that is mended.",
    )


def _no_ledger(error: psycopg.Error, where: str) -> SellerOpsError:
    if error.sqlstate == "42P01" and '"sellerops.' not in _message(error):
        return _other_table(error, where)
    return ConfigurationError(
        f"the database holds no ledger of this version: {_message(error)}.",
        where=where,
        remedy="Run `sellerops ledger migrate`.",
    )


def _no_privilege(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the database user may not do this: {_message(error)}.",
        where=where,
        remedy="Let it create schemas and tables in this database.",
    )


def _no_login(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the database does not let us in: {_message(error)}.",
        where=where,
        remedy="Correct user, password or database in the connection, then clear the task.",
    )


def _same_key(error: psycopg.Error, where: str) -> SellerOpsError:
    return CheckFailed(
        f"the same key stands on two days of the table: {_message(error)}.",
        where=where,
        remedy="Nothing was stored. Add the day column to `primary_key` in the spec, or use `merge`.",
    )


def _refused_by_table(error: psycopg.Error, where: str) -> SellerOpsError:
    rule = error.diag.constraint_name or error.diag.column_name or "?"
    return CheckFailed(
        f"the table refuses a row by its rule `{rule}` ({_name(error)}).",
        where=where,
        remedy=f"{_MIGRATE} A rule that somebody added by hand is dropped by hand.",
    )


def _unreadable(error: psycopg.Error, where: str) -> SellerOpsError:
    place = _COPY_PLACE.match(error.diag.context or "")
    name = error.diag.column_name or (place.group(1) if place else None)
    told = f" in the column `{name}`" if name else ""
    return UnreadableDocument(
        f"Postgres does not take a value that was read{told} ({_name(error)}).",
        where=where,
        remedy=_REPORT_IT,
    )


def _too_many_columns(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the table cannot have so many columns: {_message(error)}.",
        where=where,
        remedy="Nothing was stored. Leave columns out of the spec's table, or out of its `primary_key`.",
    )


def _too_large(error: psycopg.Error, where: str) -> SellerOpsError:
    return UnreadableDocument(
        f"a row is larger than Postgres takes: {_message(error)}.",
        where=where,
        remedy="Nothing was stored. Split wide lists into tables of their own in the spec (`rows`), then "
        "clear the load task.",
    )


def _depends(error: psycopg.Error, where: str) -> SellerOpsError:
    detail = (error.diag.message_detail or "").splitlines()
    told = f" ({detail[0]})" if detail else ""
    return ConfigurationError(
        f"something in the database needs the table as it is: {_message(error)}{told}.",
        where=where,
        remedy="Nothing was changed. Drop that view, repeat this, and make the view again.",
    )


def _other_table(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the table is not as its spec: {_message(error)}.", where=where, remedy=_MIGRATE
    )


# The first prefix that fits. 0A000 and 2BP01 name views, 42 names and types of columns; none of them values.
_BY_STATE: tuple[tuple[str, Callable[[psycopg.Error, str], SellerOpsError]], ...] = (
    ("42P01", _no_ledger),
    ("42883", _no_ledger),
    ("3F000", _no_ledger),
    ("42501", _no_privilege),
    ("28", _no_login),
    ("3D000", _no_login),
    ("23505", _same_key),
    ("23", _refused_by_table),
    ("22", _unreadable),
    ("54011", _too_many_columns),
    ("54", _too_large),
    ("0A000", _depends),
    ("2BP01", _depends),
    ("42", _other_table),
)


def _message(error: psycopg.Error) -> str:
    """The server's own first line; of an error without a server, the driver's."""
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
