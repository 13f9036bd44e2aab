"""The view ``<table>__once``, which counts stock once even if several marketplaces each report it in full."""

from __future__ import annotations

from collections.abc import Callable

from sellerops.destinations.shape import TableShape
from sellerops.settings.marketplaces import stock_pools

SUFFIX = "__once"


def shared_stock_query(shape: TableShape, table: str, quoted: Callable[[str], str]) -> str | None:
    """The SELECT of the view over ``table``, the same in every SQL database; None if no stock is shared.

    Among the marketplaces of one pool, the row with the highest count represents all of them: their reports
    are requested one after the other, so the stock may change in between. Marketplaces outside a pool keep
    their rows. The column ``stock_pool`` names the pool, or else the marketplace. ``quoted`` quotes a name
    for the database.
    """
    count = shape.table.shared_stock
    if count is None:
        return None
    names = [name for name in shape.in_order() if name not in shape.extra]
    columns = ", ".join(f"s.{quoted(name)}" for name in names)
    cases = " ".join(
        f"WHEN t.{quoted('marketplace_id')} IN ({', '.join(map(_text, marketplaces))}) THEN {_text(pool)}"
        for pool, marketplaces in stock_pools().items()
    )
    pool = f"CASE {cases} ELSE t.{quoted('marketplace_id')} END"
    same = ", ".join(f"t.{quoted(name)}" for name in shape.key if name != "marketplace_id")
    most = f"COALESCE(t.{quoted(count)}, 0) DESC, t.{quoted('marketplace_id')}"
    return (
        f"SELECT {columns}, s.stock_pool FROM (SELECT t.*, {pool} AS stock_pool, "
        f"ROW_NUMBER() OVER (PARTITION BY {same}, {pool} ORDER BY {most}) AS sellerops_place "
        # True for every row: partitioned tables may require a filter. A query's own filter still prunes.
        f"FROM {table} AS t WHERE t.snapshot_at >= TIMESTAMP '2000-01-01 00:00:00+00') AS s "
        "WHERE s.sellerops_place = 1"
    )


def _text(value: str) -> str:
    return f"'{value}'"
