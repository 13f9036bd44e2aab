"""Reads and checks the files of ``include/config`` that reference tables mirror.

Imports little, because DAG files import it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sellerops.reference.cells import row_of
from sellerops.reference.csv_text import csv_lines
from sellerops.reference.problems import Problem, quoted, raise_problems
from sellerops.reference.table import ReferenceTable
from sellerops.reference.tables import TABLES
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import config_dir, parse_mapping, read_text, shown
from sellerops.settings.marketplaces import all_marketplaces, stock_pools
from sellerops.settings.spec_files import suggestion

Cells = tuple[str, Mapping[str, Any]]
_Reader = Callable[[ReferenceTable, str, Path, list[Problem]], Iterator[Cells]]


@dataclass(frozen=True)
class ConfigTable:
    """A table's file below the configuration folder, and the function that reads its text."""

    file: str
    read: _Reader


def config_rows(name: str) -> list[dict[str, Any]]:
    """The rows of a table according to its file. Raises InvalidRows with every problem of the file."""
    return rows_of_text(name, read_text(config_path(name)))


def config_path(name: str) -> Path:
    """The file of a table."""
    return config_dir() / CONFIG[name].file


def rows_of_text(name: str, text: str) -> list[dict[str, Any]]:
    """The rows of a table from the text of its file. Raises InvalidRows with every problem of the file."""
    declared, table, path = CONFIG[name], TABLES[name], config_path(name)
    problems: list[Problem] = []
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    places: dict[tuple[Any, ...], str] = {}
    for place, cells in declared.read(table, text, path, problems):
        row, wrong = row_of(table, cells, place)
        problems += wrong
        if wrong:
            continue
        key = tuple(row[name] for name in table.key)
        if key in rows:
            problems.append(Problem(place, f"repeats {places[key]}.", "Delete one of the two."))
        rows[key], places[key] = row, place
    raise_problems(problems, shown(path))
    return list(rows.values())


def _plain(table: ReferenceTable, text: str, path: Path, problems: list[Problem]) -> Iterator[Cells]:
    """A CSV with the table's columns."""
    yield from _csv(table, text, problems, list(table.columns))


def _by_marketplace(table: ReferenceTable, text: str, path: Path, problems: list[Problem]) -> Iterator[Cells]:
    """A CSV whose column ``marketplaces`` has codes and pools, separated by spaces: a row per marketplace."""
    columns = ["marketplaces", *(name for name in table.columns if name != "marketplace_id")]
    for place, cells in _csv(table, text, problems, columns):
        for marketplace_id in _ids(cells["marketplaces"], place, problems):
            yield place, {**cells, "marketplace_id": marketplace_id}


def _events(table: ReferenceTable, text: str, path: Path, problems: list[Problem]) -> Iterator[Cells]:
    """A CSV of periods, ``first_day`` to ``last_day``: one row per day and marketplace."""
    period = ReferenceTable(
        "period", "", table.origin, {"first_day": table.columns["day"], "last_day": table.columns["day"]}, ()
    )
    columns = ["marketplaces", "first_day", "last_day", "event", "kind", "source"]
    for place, cells in _csv(table, text, problems, columns):
        days, wrong = row_of(period, cells, place)
        problems += wrong
        if wrong:
            continue
        length = (days["last_day"] - days["first_day"]).days
        if not 0 <= length < 366:
            problems.append(Problem(place, "last_day is not within a year after first_day.", "Correct it."))
            continue
        for marketplace_id in _ids(cells["marketplaces"], place, problems):
            for number in range(length + 1):
                day = days["first_day"] + timedelta(days=number)
                yield place, {**cells, "marketplace_id": marketplace_id, "day": day}


def _settings(table: ReferenceTable, text: str, path: Path, problems: list[Problem]) -> Iterator[Cells]:
    """A YAML with ``defaults`` and, by account, ``accounts``: one row per configured account."""
    given = parse_mapping(text, path)
    accounts = load_accounts()
    parts = {"defaults": given.get("defaults") or {}}
    parts |= {f"accounts.{name}": values or {} for name, values in (given.get("accounts") or {}).items()}
    keys = [name for name in table.columns if name != "account_id"]
    for place, values in parts.items():
        account = place.partition(".")[2]
        if account and account not in accounts:
            problems.append(
                Problem(place, f"unknown account {quoted(account)}.", suggestion(account, list(accounts)))
            )
        for key in values:
            if key not in keys:
                problems.append(Problem(place, f"unknown key {quoted(key)}.", suggestion(str(key), keys)))
    for account in accounts:
        yield (
            f"accounts.{account}",
            {**parts["defaults"], **parts.get(f"accounts.{account}", {}), "account_id": account},
        )


def _pools(table: ReferenceTable, text: str, path: Path, problems: list[Problem]) -> Iterator[Cells]:
    """The stock pools from the loader of marketplaces.yaml, which has already checked them."""
    for name, members in stock_pools().items():
        for marketplace_id in members:
            yield f"stock_pools.{name}", {"marketplace_id": marketplace_id, "stock_pool": name}


def _csv(
    table: ReferenceTable, text: str, problems: list[Problem], columns: Sequence[str]
) -> Iterator[Cells]:
    required = [name for name in columns if name not in table.columns or table.columns[name].required]
    lines, wrong = csv_lines(text.encode(), columns, required, {})
    problems += wrong
    for line in lines:
        yield f"line {line.number}", line.cells


def _ids(text: str, place: str, problems: list[Problem]) -> list[str]:
    """Ids of the marketplaces in a cell such as ``US pan_eu``: codes, stock pools, or ``*`` for all."""
    places, pools = all_marketplaces(), stock_pools()
    found: list[str] = []
    for word in text.split():
        if word in places:
            found.append(places[word].id)
        elif word in pools:
            found += pools[word]
        elif word == "*":
            found += [each.id for each in places.values()]
        else:
            cause = f"unknown marketplace {quoted(word)}."
            problems.append(Problem(f"{place}, marketplaces", cause, suggestion(word, [*places, *pools])))
    return list(dict.fromkeys(found))


CONFIG: Mapping[str, ConfigTable] = {
    "account_setting": ConfigTable("account_settings.yaml", _settings),
    "fee_rule": ConfigTable("fee_rules.csv", _by_marketplace),
    "calendar_event": ConfigTable("calendar_events.csv", _events),
    "settlement_rule": ConfigTable("settlement_rules.csv", _plain),
    "finance_rule": ConfigTable("finance_rules.csv", _plain),
    "economics_rule": ConfigTable("economics_rules.csv", _plain),
    "stock_pool": ConfigTable("marketplaces.yaml", _pools),
}
