"""Imports rows that people provide, all or none, and exports rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from sellerops.base.errors import ConfigurationError
from sellerops.reference.cells import row_of
from sellerops.reference.csv_text import csv_lines
from sellerops.reference.edits import Edit, lock_table, stored_rows, write_rows
from sellerops.reference.known import Known
from sellerops.reference.problems import Problem, raise_problems
from sellerops.reference.table import OPEN_END, ReferenceTable
from sellerops.reference.tables import GIVEN
from sellerops.reference.validity import fitted
from sellerops.settings.spec_files import suggestion

Connection = psycopg.Connection[Any]
Row = dict[str, Any]
Placed = tuple[str, Row]
ALIASES = {
    "account": "account_id",
    "marketplace": "marketplace_id",
    "from": "from_currency",
    "to": "to_currency",
}


@dataclass(frozen=True)
class Import:
    """What an import changed, or with ``check`` would change.

    ``rows``: how many were given. ``ended``: how many stored rows now end earlier.
    """

    table: str
    rows: int
    edit: Edit
    ended: int = 0


def given_table(name: str) -> ReferenceTable:
    """The table ``name``, if people may edit it; else raises ConfigurationError with the nearest name."""
    if name not in GIVEN:
        raise ConfigurationError(
            f"unknown table {name!r}.", where="reference data", remedy=suggestion(name, sorted(GIVEN))
        )
    return GIVEN[name]


def import_csv(
    connection: Connection,
    table: ReferenceTable,
    content: bytes,
    *,
    source: str,
    edited_by: str = "",
    account: str | None = None,
    replace: bool = False,
    allow_unknown: bool = False,
    check: bool = False,
) -> Import:
    """Import a file, all of it or nothing. Raises InvalidRows that lists all problems with their lines.

    :param account: the account of rows that name none.
    :param replace: also delete stored rows that the file lacks, of the accounts that it names.
    :param allow_unknown: accept SKUs that no report contains yet.
    :param check: change nothing, only report what would change.
    """
    required = [
        name
        for name, each in table.columns.items()
        if each.required and not (name == "account_id" and account)
    ]
    lines, problems = csv_lines(content, list(table.columns), required, ALIASES)
    cells = [(f"line {line.number}", line.cells) for line in lines]
    return _import(connection, table, cells, problems, source=source, edited_by=edited_by, account=account,
                   replace=replace, allow_unknown=allow_unknown, check=check)  # fmt: skip


def import_rows(
    connection: Connection,
    table: ReferenceTable,
    rows: Sequence[Mapping[str, Any]],
    *,
    source: str,
    edited_by: str = "",
    allow_unknown: bool = False,
    check: bool = False,
) -> Import:
    """Import rows given as values by column, such as from JSON.

    Raises InvalidRows like ``import_csv``; it counts rows from 1.
    """
    problems = [
        Problem(f"row {number}", f"unknown column {name!r}.", suggestion(name, list(table.columns)))
        for number, row in enumerate(rows, 1)
        for name in row
        if ALIASES.get(name, name) not in table.columns
    ]
    cells = [
        (f"row {number}", {ALIASES.get(name, name): value for name, value in row.items()})
        for number, row in enumerate(rows, 1)
    ]
    return _import(connection, table, cells, problems, source=source, edited_by=edited_by, account=None,
                   replace=False, allow_unknown=allow_unknown, check=check)  # fmt: skip


def export_csv(table: ReferenceTable, rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as the text of a file that ``import_csv`` accepts; open ends and nulls are empty cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    for row in rows:
        writer.writerow([_shown(row[name]) for name in table.columns])
    return text.getvalue()


def _import(
    connection: Connection,
    table: ReferenceTable,
    cells: Sequence[tuple[str, Mapping[str, Any]]],
    problems: list[Problem],
    *,
    source: str,
    edited_by: str,
    account: str | None,
    replace: bool,
    allow_unknown: bool,
    check: bool,
) -> Import:
    with connection.transaction(force_rollback=check):
        lock_table(connection, table)
        known = Known.read(connection, with_skus="sku" in table.columns and not allow_unknown)
        placed: list[Placed] = []
        for place, given in cells:
            if account and not given.get("account_id"):
                given = {**given, "account_id": account}
            row, wrong = row_of(table, given, place)
            problems += wrong
            if not wrong:
                problems += known.problems(table, row, place)
                placed.append((place, row))
        problems += _duplicates(table, placed)
        stored, kept = stored_rows(connection, table), list[Row]()
        if replace:
            accounts = {row.get("account_id") for _, row in placed}
            kept = [row for row in stored if row.get("account_id") not in accounts]
            stored = []
        rows, ended = [row for _, row in placed], 0
        if table.has_validity:
            rows, overlaps = fitted(table, placed, stored)
            problems += overlaps
            ended = len(rows) - len(placed)
        raise_problems(problems, f"import of {table.name} ({source})")
        edit = write_rows(
            connection,
            table,
            [*rows, *kept],
            source=source,
            edited_by=edited_by,
            replace=replace,
        )
    return Import(table.name, len(placed), edit, ended)


def _duplicates(table: ReferenceTable, placed: Sequence[Placed]) -> list[Problem]:
    first: dict[tuple[Any, ...], str] = {}
    problems = []
    for place, row in placed:
        key = tuple(row[name] for name in table.key)
        if key in first:
            what = ", ".join(str(part) for part in key if part != "")
            problems.append(Problem(place, f"repeats {first[key]} ({what}).", "Delete one of the two."))
        first.setdefault(key, place)
    return problems


def _shown(value: Any) -> str:
    if value is None or value == OPEN_END:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
