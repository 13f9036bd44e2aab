"""Tables of the pages: one page of rows, the totals of all rows, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict

from sellerops.read_models.queries import Connection, Direction, statement

Row = TypeVar("Row", bound=BaseModel)


class Table(BaseModel, Generic[Row]):
    """One page of a table.

    ``totals``: of all rows, not only of this page; None where they cannot be added (several currencies, no
    rows). Its texts that identify a row are empty. ``row_count``: the rows of all pages. ``hidden``: columns
    that are empty because the reader may not see costs.
    """

    rows: list[Row]
    totals: Row | None
    row_count: int
    hidden: list[str] = []


class Paging(BaseModel):
    """Which rows of a table, in which order. ``limit`` None: all. ``search``: text that rows contain."""

    model_config = ConfigDict(frozen=True)

    limit: int | None = 50
    offset: int = 0
    sort: str | None = None
    direction: Direction = Direction.DESCENDING
    search: str = ""

    def values(self) -> dict[str, Any]:
        """Parameters for a query: ``limit``, ``offset``, ``search`` (a pattern for ILIKE, None for all)."""
        escaped = self.search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        pattern = f"%{escaped}%" if self.search else None
        return {"limit": self.limit, "offset": self.offset, "search": pattern}


def select_table(
    connection: Connection,
    module_file: str,
    row: type[Row],
    values: Mapping[str, Any],
    paging: Paging,
    *,
    sort: str,
    direction: Direction = Direction.DESCENDING,
) -> Table[Row]:
    """One page of a table from the ``.sql`` file beside a module, which passes its ``__file__``.

    The statement returns the page's rows and one of totals, in this form::

        WITH found AS (SELECT ... WHERE (%(search)s::text IS NULL OR sku ILIKE %(search)s)),
        page AS (SELECT * FROM found ORDER BY {order_by}, sku LIMIT %(limit)s OFFSET %(offset)s)
        SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
        UNION ALL
        SELECT true, count(*), '' AS sku, CASE WHEN count(DISTINCT currency) = 1 THEN sum(ads) END, ...
        FROM found
        ORDER BY is_totals, {order_by}, sku

    ``sort`` and ``direction``: the order if ``paging`` names none. Raises ValueError for an unknown column.
    """
    order = (paging.sort, paging.direction) if paging.sort else (sort, direction)
    text = statement(module_file, row, order)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(text.encode(), {**paging.values(), **values}).fetchall()
    rows, totals, count = [], None, 0
    for each in found:
        is_totals, count = each.pop("is_totals"), each.pop("row_count")
        if is_totals:
            totals = row.model_validate(each) if count else None
        else:
            rows.append(row.model_validate(each))
    return Table[row](rows=rows, totals=totals, row_count=count)  # type: ignore[valid-type]


__all__ = ["Direction", "Paging", "Table", "select_table"]
