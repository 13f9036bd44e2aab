"""Content faults for arrays of objects: reports and exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from amazon_sandbox.core.faults import FaultNotApplicable

RowOf = dict[str, Any]


def changed(rows: Iterable[RowOf], name: str, options: Mapping[str, Any]) -> Iterator[RowOf]:
    """The rows with a content fault applied. Raises FaultNotApplicable for one that only flat files have."""
    if name == "no_rows":
        return iter(())
    if name == "lines_reversed":
        return reversed(list(rows))
    if name == "lines_split":
        return (half for row in rows for half in _halves(row))
    if name not in _EDITS:
        raise FaultNotApplicable(f"fault {name!r}: it cannot be applied to a document of the Ads API")
    edit = _EDITS[name]
    return (edit(row, number, options) for number, row in enumerate(rows, 1))


def _added(row: RowOf, number: int, options: Mapping[str, Any]) -> RowOf:
    return {**row, str(options.get("column", "new-column")): options.get("value", "x")}


def _dropped(row: RowOf, number: int, options: Mapping[str, Any]) -> RowOf:
    gone = _column(row, options)
    return {key: value for key, value in row.items() if key != gone}


def _renamed(row: RowOf, number: int, options: Mapping[str, Any]) -> RowOf:
    old = _column(row, options)
    new = str(options.get("to", f"{old}New"))
    return {new if key == old else key: value for key, value in row.items()}


def _reordered(row: RowOf, number: int, options: Mapping[str, Any]) -> RowOf:
    return dict(reversed(row.items()))


def _as_text(row: RowOf, number: int, options: Mapping[str, Any]) -> RowOf:
    if number != int(options.get("row", 1)):
        return row
    first = next((key for key, value in row.items() if isinstance(value, int | float)), None)
    column = str(options["column"]) if "column" in options else first
    return row if column is None else {**row, column: options.get("value", "see note")}


def _zero(row: RowOf, number: int, options: Mapping[str, Any]) -> RowOf:
    return {
        key: 0 if isinstance(value, int | float) and not key.endswith("Id") else value
        for key, value in row.items()
    }


def _halves(row: RowOf) -> Iterator[RowOf]:
    """Two rows with the same dimensions that add up to the row; all money is in the first."""
    counts = {
        key: value
        for key, value in row.items()
        if isinstance(value, int) and not key.endswith("Id") and value > 1
    }
    if not counts:
        yield row
        return
    yield {**row, **{key: value - value // 2 for key, value in counts.items()}}
    rest = {
        key: 0 if isinstance(value, int | float) and not key.endswith("Id") else value
        for key, value in row.items()
    }
    yield {**rest, **{key: value // 2 for key, value in counts.items()}}


def _column(row: RowOf, options: Mapping[str, Any]) -> str:
    name = str(options["column"]) if "column" in options else list(row)[-1]
    if name not in row:
        raise FaultNotApplicable(f"the rows have no column {name!r}; they have {', '.join(row)}")
    return name


_EDITS = {
    "column_added": _added,
    "column_dropped": _dropped,
    "column_renamed": _renamed,
    "columns_reordered": _reordered,
    "number_as_text": _as_text,
    "zero_data": _zero,
}
