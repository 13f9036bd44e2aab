"""Tables over HTTP: parameters for paging and sorting, and CSV of exactly what is shown.

A route takes ``paging: InPaging`` and returns ``Table[Row]``; with ``format=csv`` the same table is sent as
CSV, with the rows of all pages.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Query, Response
from pydantic import BaseModel

from sellerops.read_models.tables import Direction, Paging, Table, select_table

_LARGEST_PAGE = 500
# A spreadsheet runs a text cell that starts with one of these; numbers are left alone.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PagingOfRequest(Paging):
    """``columns``: those of the CSV, in their order; empty: all."""

    as_csv: bool = False
    columns: tuple[str, ...] = ()


async def paging_of(
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE, description="Rows of a page.")] = 50,
    offset: Annotated[int, Query(ge=0, description="Rows before the page.")] = 0,
    sort: Annotated[
        str | None, Query(description="Column to sort by; by default the order of the page.")
    ] = None,
    direction: Direction = Direction.DESCENDING,
    q: Annotated[str, Query(max_length=200, description="Text that a row contains.")] = "",
    format: Annotated[
        Literal["json", "csv"], Query(description="csv returns the rows of all pages.")
    ] = "json",
    column: Annotated[list[str] | None, Query(description="Columns of the CSV; all by default.")] = None,
) -> PagingOfRequest:
    """The paging of a request."""
    as_csv = format == "csv"
    return PagingOfRequest(
        limit=None if as_csv else limit,
        offset=0 if as_csv else offset,
        sort=sort,
        direction=direction,
        search=q.strip(),
        as_csv=as_csv,
        columns=tuple(column or ()),
    )


InPaging = Annotated[PagingOfRequest, Depends(paging_of)]


def check_sort(paging: PagingOfRequest, row: type[BaseModel], hidden: Collection[str]) -> None:
    """Raise HTTPException: 422 for a column that the table lacks, 403 for sorting by a hidden one."""
    for name in filter(None, (paging.sort, *paging.columns)):
        if name not in row.model_fields:
            raise HTTPException(422, f"Unknown column {name!r}. Known: {', '.join(row.model_fields)}.")
    if paging.sort in hidden:
        raise HTTPException(403, f"Column {paging.sort!r} is hidden from you, so you cannot sort by it.")


def csv_response(table: Table[Any], row: type[BaseModel], paging: PagingOfRequest, path: str) -> Response:
    """The rows of a table as a CSV file (UTF-8 with a byte order mark, which spreadsheets need)."""
    columns = paging.columns or tuple(row.model_fields)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(getattr(each, name)) for name in columns] for each in table.rows)
    name = "-".join(part for part in path.split("/") if part not in ("", "api"))
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


__all__ = ["Direction", "InPaging", "Paging", "PagingOfRequest", "Table", "paging_of", "select_table"]
