"""Rules for Postgres' errors while a mart is built, where the statement is a mart's SELECT, not a load.

Unlike in loads, messages and details may be shown, because marts hold no personal data.
"""

from __future__ import annotations

import re

import psycopg

from sellerops.base.errors import CheckFailed, ConfigurationError, SellerOpsError
from sellerops.destinations.error_rules import ErrorRule
from sellerops.destinations.postgres_errors import POSTGRES_RULES

_KEY = re.compile(r"\((?P<names>.*?)\)=\((?P<values>.*)\)")


def _message(error: psycopg.Error) -> str:
    text = error.diag.message_primary or str(error)
    return next(iter(text.strip().splitlines()), type(error).__name__).rstrip(".")


def _file(where: str) -> str:
    return f"include/marts/{where.removeprefix('mart ')}.sql"


def _twice(error: psycopg.Error, where: str) -> SellerOpsError:
    found = _KEY.search(error.diag.message_detail or "")
    row = f"({found['names']}) = ({found['values']})" if found else "its grain"
    return CheckFailed(
        f"two rows have the same grain: {row}.",
        where=where,
        remedy=f"Nothing was changed. Group the SELECT of {_file(where)} by its grain, or name a further "
        "column in `grain`; then clear the task.",
    )


def _without_day(error: psycopg.Error, where: str) -> SellerOpsError:
    return CheckFailed(
        f"a row has no {error.diag.column_name}, so it belongs to no partition.",
        where=where,
        remedy=f"Nothing was changed. Leave such rows out of the SELECT of {_file(where)}, or give them a "
        "value; then clear the task.",
    )


def _refused(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"Postgres refuses its SELECT: {_message(error)}.",
        where=where,
        remedy=f"Nothing was changed. Correct {_file(where)}, then clear the task.",
    )


def _depended_on(error: psycopg.Error, where: str) -> SellerOpsError:
    objects = "; ".join((error.diag.message_detail or _message(error)).splitlines())
    return ConfigurationError(
        f"Postgres cannot drop the table of a former mart: {objects}.",
        where=where,
        remedy="Drop that view, or make it read another mart (docs/mart-tables.md).",
    )


def _of_another(error: psycopg.Error, where: str) -> SellerOpsError:
    return ConfigurationError(
        f"the table of a former mart belongs to another role: {_message(error)}.",
        where=where,
        remedy=f"Drop it as its owner, or as a superuser: DROP TABLE {where}.",
    )


def _state(error: Exception) -> str:
    return (error.sqlstate or "") if isinstance(error, psycopg.Error) else ""


MART_RULES = (
    ErrorRule(lambda error: _state(error) == "23505", _twice),
    ErrorRule(lambda error: _state(error) == "23502", _without_day),
    # 22: the data, such as a division by zero; 42: syntax, names and types.
    ErrorRule(lambda error: _state(error).startswith(("22", "42")), _refused),
    *POSTGRES_RULES,
)
# For dropping the table of a former mart.
DROP_RULES = (
    ErrorRule(lambda error: _state(error) == "2BP01", _depended_on),
    ErrorRule(lambda error: _state(error) == "42501", _of_another),
    *POSTGRES_RULES,
)
