"""Valid values for every column of a spec, and objects with a value at a path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sellerops.formats import times
from sellerops.formats.paths import Selector, Step, is_selected
from sellerops.settings.specs import ColumnType, ReportSpec, TableSpec

ROWS = 3


class Cell(NamedTuple):
    """A value as a flat file writes it and as JSON has it."""

    text: str
    value: Any


def cells(spec: ReportSpec, table: TableSpec) -> dict[str, list[Cell]]:
    """For each column ``ROWS`` values of its type, different in each column and, where they can be, row."""
    found = {
        name: [_cell(spec, column.type, place, row) for row in range(ROWS)]
        for place, (name, column) in enumerate(table.columns.items())
    }
    if table.marketplace_from:
        found[table.marketplace_from] = [Cell("Amazon.com", "Amazon.com")] * ROWS
    for check in table.checks:
        found[check.group_by] = [Cell("1", "1")] * ROWS
        found[check.total] = [Cell("3.00", 3.00), *[Cell("", None)] * (ROWS - 1)]
        found[check.amount] = [Cell("", None), *[Cell(f"{each}.00", each) for each in (1, 2)]]
    for name, column in table.columns.items():
        if (column.source or "").startswith("/"):
            found[name] = [found[name][0]] * ROWS  # an ancestor has one value for all
        elif (column.source or "").endswith("[]"):
            found[name] = [Cell(f'["{cell.text}"]', cell.text) for cell in found[name]]
    return found


def facts_for(table: TableSpec) -> dict[str, str]:
    """A value for each fact that the table takes from the request or the page."""
    return {
        fact: "2026-11-02" if table.columns[name].type is ColumnType.DATE else "1"
        for name, fact in table.facts.items()
    }


def _cell(spec: ReportSpec, kind: ColumnType, place: int, row: int) -> Cell:
    number = place * 10 + row + 1
    # A whole second of a day within the window, another for each column and row.
    moment = datetime(2026, 11, 2 + row, place // 60 % 24, place % 60, tzinfo=UTC)
    if kind is ColumnType.INTEGER:
        return Cell(str(number), number)
    if kind is ColumnType.DECIMAL:
        return Cell(f"{number}.25", number + 0.25)
    if kind is ColumnType.BOOLEAN:
        return Cell("true", True)
    if kind is ColumnType.DATE:
        return _written(spec, moment.replace(hour=0, minute=0, day=2 + (place + row) % 25), times.parse_date)
    if kind is ColumnType.TIMESTAMP:
        return _written(spec, moment, times.parse_timestamp)
    text = f"größer {number} «ñ»"
    return Cell(text, text)


def _written(spec: ReportSpec, moment: datetime, parse: Any) -> Cell:
    """The moment in the first of the spec's ways that can say it."""
    for pattern in spec.format.timestamps:
        if pattern == times.ISO:
            text = moment.date().isoformat() if parse is times.parse_date else moment.isoformat()
        else:
            text = moment.strftime(pattern)
        if parse(text, spec.format.timestamps) in (moment, moment.date()):
            return Cell(text, text)
    raise AssertionError(f"{spec.name}: none of {spec.format.timestamps} can say {moment}")


def put(target: dict[str, Any], steps: Sequence[Step], value: Any) -> None:
    """Set ``value`` at a path, making what is missing on the way; a second time beside the first."""
    step, rest = steps[0], steps[1:]
    if step.selector is None or step.selector == Selector():
        if rest:
            inner = target.get(step.key)
            if not isinstance(inner, dict):
                inner = target[step.key] = {} if inner is None else {"": inner}
            put(inner, rest, value)
        elif isinstance(target.get(step.key), dict):
            target[step.key][""] = value
        else:
            key = step.key
            while key in target:
                key += "\x01"
            target[key] = value
        return
    entries = target.setdefault(step.key, [])
    if rest:
        put(_entry(entries, step.selector), rest, value)
    else:
        entries[step.selector.place or 0 :] = [value]  # a list of plain values


def _entry(entries: list[dict[str, Any]], selector: Selector) -> dict[str, Any]:
    for place, entry in enumerate(entries):
        if is_selected(entry, place, selector):
            return entry
    if selector.key is None:
        entries.extend({} for _ in range((selector.place or 0) + 1 - len(entries)))
    else:
        entries.append({selector.key: selector.value})
    return entries[-1]
