"""Searches, sorts and pages tables that a page reads as a whole, with a few thousand rows at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from sellerops.read_models.tables import Direction, Paging, Table

_Row = TypeVar("_Row", bound=BaseModel)


def table_of(
    rows: Sequence[_Row], paging: Paging, row: type[_Row], totals: _Row | None = None
) -> Table[_Row]:
    """One page of ``rows`` in the requested order, by default as given; rows without a value come last."""
    found = [each for each in rows if _contains(each, paging.search.lower())] if paging.search else list(rows)
    if paging.sort:
        found = _sorted(found, paging.sort, paging.direction)
    end = None if paging.limit is None else paging.offset + paging.limit
    return Table[row](rows=found[paging.offset : end], totals=totals, row_count=len(found))  # type: ignore[valid-type]


def _contains(row: BaseModel, text: str) -> bool:
    return any(text in value.lower() for value in row.__dict__.values() if isinstance(value, str))


def _sorted(rows: list[_Row], column: str, direction: Direction) -> list[_Row]:
    known = [each for each in rows if getattr(each, column) is not None]
    unknown = [each for each in rows if getattr(each, column) is None]
    known.sort(key=lambda each: _key(getattr(each, column)), reverse=direction is Direction.DESCENDING)
    return known + unknown


def _key(value: Any) -> Any:
    return (
        value.casefold()
        if isinstance(value, str)
        else str(value)
        if isinstance(value, list | dict)
        else value
    )
