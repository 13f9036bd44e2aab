"""Account settings that owners changed in the seller hub; they take precedence over account_settings.yaml.

They are stored in ``sellerops.hub_setting`` as ``account_settings``: texts by account and setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from sellerops.base.postgres import old_ledger
from sellerops.reference.cells import row_of
from sellerops.reference.problems import Problem, quoted, raise_problems
from sellerops.reference.tables import TABLES
from sellerops.settings.spec_files import suggestion

Connection = psycopg.Connection[Any]
Overrides = dict[str, dict[str, str]]
_NAME = "account_settings"
_TABLE = TABLES["account_setting"]


def read_overrides(connection: Connection) -> Overrides:
    """The changed settings by account. Raises ConfigurationError if the ledger's schema is too old."""
    try:
        with connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(
                "SELECT value FROM sellerops.hub_setting WHERE name = %s", (_NAME,)
            ).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise old_ledger(error, "sellerops.hub_setting") from error
    return dict(found[0]) if found else {}


def write_override(
    connection: Connection, account_id: str, name: str, value: str | None, user_name: str
) -> None:
    """Change a setting of an account; ``value`` None restores the file's value.

    Raises InvalidRows for an unknown setting or a wrong value.
    """
    connection.execute("LOCK TABLE sellerops.hub_setting IN SHARE ROW EXCLUSIVE MODE")
    overrides = read_overrides(connection)
    changed = {key: each for key, each in overrides.get(account_id, {}).items() if key != name}
    if value is not None:
        _check(account_id, name, value)
        changed[name] = value
    overrides[account_id] = changed
    kept = {account: values for account, values in overrides.items() if values}
    connection.execute(
        "INSERT INTO sellerops.hub_setting (name, value, changed_by) VALUES (%s, %s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_by = excluded.changed_by, "
        "changed_at = sellerops.now()",
        (_NAME, Jsonb(kept), user_name),
    )


def with_overrides(rows: list[dict[str, Any]], overrides: Overrides) -> list[dict[str, Any]]:
    """The rows of table ``account_setting`` with the changes. Raises InvalidRows for a wrong value."""
    return [_changed(row, overrides.get(row["account_id"], {})) for row in rows]


def _changed(row: dict[str, Any], changed: Mapping[str, str]) -> dict[str, Any]:
    known = {name: value for name, value in changed.items() if name in _TABLE.columns}
    cells, wrong = row_of(_TABLE, {"account_id": row["account_id"], **known}, "seller hub, settings")
    raise_problems(wrong, "sellerops.hub_setting")
    return {**row, **{name: cells[name] for name in known}}


def _check(account_id: str, name: str, value: str) -> None:
    names = [each for each in _TABLE.columns if each != "account_id"]
    if name not in names:
        problems = [Problem(name, f"unknown setting {quoted(name)}.", suggestion(name, names))]
    else:
        _, problems = row_of(_TABLE, {"account_id": account_id, name: value}, "")
    raise_problems(problems, f"settings of account {account_id}")
