"""Synchronises the reference tables that mirror files of ``include/config`` when the files change.

If a file has a problem, its table stays as it was, and the caller reports the problem.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection
from typing import Any

import psycopg

from sellerops.base.errors import ConfigurationError
from sellerops.reference.account_overrides import read_overrides, with_overrides
from sellerops.reference.config_files import CONFIG, config_path, rows_of_text
from sellerops.reference.edits import Edit, lock_table, write_rows
from sellerops.reference.filling import fill_calendar, fill_rates, has_changed
from sellerops.reference.tables import TABLES
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import read_text
from sellerops.settings.marketplaces import all_marketplaces

log = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]


def synchronise(connection: Connection, names: Collection[str]) -> list[ConfigurationError]:
    """Bring tables up to date with their files, the current day and published rates; returns the failures.

    It is fast if nothing has changed. Call it outside a transaction.

    :param names: reference tables by name; tables that people fill are left alone.
    """
    failures: list[ConfigurationError] = []
    order = sorted({*names, *(["account_setting"] if "fx_rate" in names else [])})
    for name in order:
        try:
            with connection.transaction():
                edit = _synchronise_one(connection, name)
        except ConfigurationError as error:
            log.warning("%s keeps its rows: %s", name, error)
            failures.append(error)
        else:
            if edit.has_changes:
                log.info("reference table %s: %s", name, edit)
    return failures


def _synchronise_one(connection: Connection, name: str) -> Edit:
    if name == "calendar":
        return fill_calendar(connection)
    if name == "fx_rate":
        return fill_rates(connection)
    if name not in CONFIG:
        return Edit()
    table, text = TABLES[name], read_text(config_path(name))
    context = "".join(sorted(load_accounts())) + "".join(each.id for each in all_marketplaces().values())
    lock_table(connection, table)
    overrides = read_overrides(connection) if name == "account_setting" else {}
    if overrides:
        context += json.dumps(overrides, sort_keys=True)
    if not has_changed(connection, name, hashlib.sha256(f"{text}{context}".encode()).hexdigest()):
        return Edit()
    rows = with_overrides(rows_of_text(name, text), overrides) if overrides else rows_of_text(name, text)
    return write_rows(connection, table, rows, source=f"config/{CONFIG[name].file}", replace=True)
