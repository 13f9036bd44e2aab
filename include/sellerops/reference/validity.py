"""Periods of validity: rows about the same thing must not overlap; an open row ends where the next begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sellerops.reference.problems import Problem
from sellerops.reference.table import OPEN_END, ReferenceTable

Row = dict[str, Any]
_DAY = timedelta(days=1)


def fitted(
    table: ReferenceTable, given: Sequence[tuple[str, Row]], stored: Sequence[Row]
) -> tuple[list[Row], list[Problem]]:
    """The rows to write so that given and stored rows do not overlap, and the overlaps that remain.

    A given row replaces the stored row with the same key. An open row, given or stored, ends the day before
    the next one begins; a row with its own end that overlaps the next one is a problem.

    :param given: rows with their places in the import.
    """
    problems = [
        Problem(f"{place}, valid_to", f"is before {row['valid_from']}.", "Swap the two dates.")
        for place, row in given
        if row["valid_to"] < row["valid_from"]
    ]
    replaced = {_key(table, row) for _, row in given}
    members: dict[tuple[Any, ...], list[tuple[str, Row]]] = defaultdict(list)
    for place, row in given:
        members[_thing(table, row)].append((place, row))
    for row in stored:
        if _key(table, row) not in replaced and _thing(table, row) in members:
            members[_thing(table, row)].append(("", row))
    written: list[Row] = []
    for found in members.values():
        found.sort(key=lambda each: each[1]["valid_from"])
        for (place, row), following in zip(found, [*found[1:], None], strict=True):
            end = row["valid_to"]
            if following and end >= following[1]["valid_from"]:
                if end == OPEN_END:
                    end = following[1]["valid_from"] - _DAY
                else:
                    problems.append(_overlap(place, row, *following))
            if place or end != row["valid_to"]:
                written.append({**row, "valid_to": end})
    return written, problems


def _overlap(place: str, row: Row, next_place: str, following: Row) -> Problem:
    at, other = (place, following) if place else (next_place, row)
    whose = next_place if place and next_place else "the stored row"
    period = f"{other['valid_from']} to {_shown(other['valid_to'])}"
    return Problem(
        f"{at}, valid_from",
        f"overlaps {whose} of the same SKU, which holds from {period}.",
        "End the earlier one before the later one begins; with an empty valid_to it ends by itself.",
    )


def _shown(end: date) -> str:
    return "now on" if end == OPEN_END else str(end)


def _key(table: ReferenceTable, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.key)


def _thing(table: ReferenceTable, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the period is about: the row's key without ``valid_from``."""
    return tuple(row[name] for name in table.key if name != "valid_from")
