"""The inputs of a figure: the columns and the rows from which its value is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from sellerops.marts.inputs import declared_columns
from sellerops.marts.lineage import all_column_sources
from sellerops.marts.specs import MartSpec, load_mart
from sellerops.marts.templates import is_reference
from sellerops.marts.tracing.keys import Keys
from sellerops.marts.trees import Columns
from sellerops.settings.specs import ColumnType

InputKind = Literal["mart", "landed", "reference"]
_MOST_COLUMNS = 8
_NUMBERS = (ColumnType.DECIMAL, ColumnType.INTEGER)


@dataclass(frozen=True)
class FigureInput:
    """An input of a mart.

    ``makes_value``: whether the figure's value is made from columns of the input. ``columns``: these columns,
    or, if the input only decides which rows count or the mart is computed, some that describe it. ``keys``:
    the rows that are read.
    """

    name: str
    kind: InputKind
    columns: tuple[str, ...]
    makes_value: bool
    keys: Keys


def figure_inputs(mart: MartSpec, column: str, keys: Keys) -> list[FigureInput]:
    """The inputs of a column of a mart, those that make its value first."""
    sources = _sources(mart)
    found = [_input(mart, name, column, sources, keys) for name in mart.inputs]
    return sorted(found, key=lambda each: (not each.makes_value, each.kind == "reference", each.name))


def _input(
    mart: MartSpec,
    name: str,
    column: str,
    sources: Mapping[str, frozenset[tuple[str, str]]],
    keys: Keys,
) -> FigureInput:
    given = mart.inputs[name]
    columns = declared(name)
    made_of = sources.get(column, frozenset())
    own = [each for source, each in made_of if source == name and not _is_key(each)]
    # Numbers come first, and among them the column with the figure's own name.
    own.sort(key=lambda each: (columns.get(each) not in _NUMBERS, each != column, each))
    renamed = {_named(mart, name, key, sources, columns): value for key, value in keys.values.items()}
    read = keys.read_by(given)
    looked_up: dict[str, str] = {}
    if "." not in name and given.day in load_mart(name).lookup_days:
        # The input is partitioned by another day, which may be any later one.
        if read.first_day and read.first_day == read.last_day:
            looked_up = {str(given.day): read.first_day.isoformat()}
        read = replace(read, first_day=None if looked_up else read.first_day, last_day=None)
    return FigureInput(
        name=name,
        kind="reference" if is_reference(name) else "landed" if "." in name else "mart",
        columns=tuple(own[:_MOST_COLUMNS]) or _telling(columns),
        makes_value=bool(own),
        keys=Keys(
            read.accounts,
            read.marketplaces,
            read.first_day,
            read.last_day,
            {**{name: value for name, value in renamed.items() if name}, **looked_up},
        ),
    )


def _named(
    mart: MartSpec,
    name: str,
    key: str,
    sources: Mapping[str, frozenset[tuple[str, str]]],
    columns: Columns,
) -> str:
    """The input's name for a key of the mart (`sku`: `seller_sku`, `msku`); empty if it has none."""
    known = sorted(column for source, column in sources.get(key, ()) if source == name)
    candidates = [*known, key, *(("seller_sku", "msku", "merchant_sku") if key == "sku" else ())]
    return next((each for each in candidates if each in columns and _fits(key, each)), "")


def _fits(key: str, column: str) -> bool:
    # A key may be derived from several columns; one with another meaning must not be compared with it.
    return column == key or key.rpartition("_")[2] in column


def _is_key(column: str) -> bool:
    return column in ("account_id", "marketplace_id", "load_id", "reported_at", "source_line")


def _telling(columns: Columns) -> tuple[str, ...]:
    numbers = [name for name, kind in columns.items() if kind in _NUMBERS and not _is_key(name)]
    return tuple(numbers[:3]) or tuple(name for name in columns if not _is_key(name))[:3]


def declared(name: str) -> Columns:
    """The columns of an input of a mart. Raises ConfigurationError for an unknown one."""
    if "." in name:
        return _landed()(name)
    return {column: each.type for column, each in load_mart(name).columns.items()}


def _sources(mart: MartSpec) -> Mapping[str, frozenset[tuple[str, str]]]:
    return _sources_of(mart.name, mart.sql)


@lru_cache(maxsize=200)
def _sources_of(name: str, _sql: str) -> Mapping[str, frozenset[tuple[str, str]]]:
    # Finding them takes up to half a second. A changed SELECT gets a cache entry of its own.
    return all_column_sources(load_mart(name), declared)


@lru_cache(maxsize=1)
def _landed() -> Callable[[str], Columns]:
    return declared_columns()
