"""Runs the ``.sql`` file beside a read model: one statement, never assembled from pieces of text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row, dict_row
from pydantic import BaseModel

Connection = psycopg.Connection[Any]
_Row = TypeVar("_Row", bound=BaseModel)


class Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


_INCLUDE = re.compile(r"\{include ([a-z_./]+)\}")
_ORDERS = {Direction.ASCENDING: "ASC NULLS LAST", Direction.DESCENDING: "DESC NULLS LAST"}


def select(
    connection: Connection,
    module_file: str,
    row: type[_Row],
    values: Mapping[str, Any],
    *,
    order_by: tuple[str, Direction] | None = None,
) -> list[_Row]:
    """The rows of the ``.sql`` file beside a module, which passes its ``__file__``.

    ``order_by``: a column of ``row`` and a direction, put where the file says ``{order_by}``; rows without a
    value come last.
    """
    text = statement(module_file, row, order_by)
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(text.encode(), values).fetchall()


def statement(module_file: str, row: type[BaseModel], order_by: tuple[str, Direction] | None) -> str:
    """The text of the ``.sql`` file beside a module, in an order. Raises ValueError for an unknown column."""
    text = _text(Path(module_file).with_suffix(".sql"))
    if order_by is not None:
        column, direction = order_by
        if column not in row.model_fields:
            raise ValueError(f"{row.__name__} has no column {column!r}")
        text = text.replace("{order_by}", f'"{column}" {_ORDERS[direction]}')
    return text


def select_mappings(
    connection: Connection, module_file: str, name: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of the file ``name`` beside a module, for models that turn columns into rows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_text(Path(module_file).with_name(name)).encode(), values).fetchall()


@cache
def _text(path: Path) -> str:
    """A file's text with the files that it includes: ``{include <path from its folder>}``."""
    text = path.read_text(encoding="utf-8").rstrip("\n")
    return _INCLUDE.sub(lambda found: _text(path.parent / found[1]), text)
