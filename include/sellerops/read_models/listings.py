"""A table's rows with their totals by currency, over all rows and not only those of the page.

The ``.sql`` file beside a model returns one row: ``rows`` and ``totals`` as JSON arrays, ``row_count``,
``status`` and ``missing``. So rows and totals come from a single query of the marts and cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Generic, TypeVar, get_args

from psycopg.rows import class_row
from psycopg.types.json import set_json_loads
from pydantic import BaseModel

from sellerops.read_models.queries import Connection, Direction, statement
from sellerops.read_models.tables import Paging, Table

Row = TypeVar("Row", bound=BaseModel)
Total = TypeVar("Total", bound=BaseModel)


class Listing(BaseModel, Generic[Row, Total]):
    """``totals``: one per currency, since currencies are never added. ``row_count``: the rows of all pages.

    ``status``: the worst of the rows' (complete, estimated, incomplete); ``missing``: the words of all rows.
    """

    rows: list[Row]
    totals: list[Total]
    row_count: int
    status: str
    missing: list[str]


def select_listing(
    connection: Connection,
    module_file: str,
    listing: type[Listing[Row, Total]],
    values: Mapping[str, Any],
    paging: Paging,
    order_by: tuple[str, Direction],
) -> Listing[Row, Total]:
    """The listing of the ``.sql`` file beside a module; ``order_by`` applies if ``paging`` names no column.

    Raises ValueError for an unknown column.
    """
    order = (paging.sort, paging.direction) if paging.sort else order_by
    text = statement(module_file, _row_of(listing), order)
    with connection.cursor(row_factory=class_row(listing)) as cursor:
        # Amounts must not become floats on their way.
        set_json_loads(partial(json.loads, parse_float=Decimal), context=cursor)
        found = cursor.execute(text.encode(), {**values, **paging.values()}).fetchone()
    assert found is not None  # the statement is an aggregate
    return found


def as_table(listing: Listing[Row, Total]) -> Table[Row]:
    """The rows as a table whose totals row has the listing's totals; None if currencies differ."""
    row = _row_of(type(listing))
    totals = None
    if len(listing.totals) == 1:
        known = listing.totals[0].model_dump()
        totals = row.model_validate(
            {**_blank(row), **{k: v for k, v in known.items() if k in row.model_fields}}
        )
    return Table[row](rows=listing.rows, totals=totals, row_count=listing.row_count)  # type: ignore[valid-type]


def _row_of(listing: type[Listing[Any, Any]]) -> type[Any]:
    row: type[Any] = get_args(listing.model_fields["rows"].annotation)[0]
    return row


def _blank(row: type[BaseModel]) -> dict[str, Any]:
    """Values of a totals row: texts that identify a row are empty, everything else is unknown."""
    blanks: dict[Any, Any] = {str: "", list[str]: []}
    return {name: blanks.get(field.annotation) for name, field in row.model_fields.items()}
