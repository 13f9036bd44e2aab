"""What a table requires of its rows: key columns, facts, window and marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from sellerops.base.errors import UnreadableDocument
from sellerops.calendar.slices import Slice
from sellerops.formats.casts import cast_column
from sellerops.formats.value_rules import ValueRules
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import ColumnType, TableSpec, WriteDisposition


def key_columns(table: TableSpec) -> list[str]:
    day = [table.day] if table.day and table.write_disposition is WriteDisposition.REPLACE else []
    return [name for name in (*table.primary_key, *day) if name in table.read_columns]


def fact_values(table: TableSpec, facts: Mapping[str, str], rules: ValueRules) -> dict[str, pa.Scalar]:
    """The value of each fact column. Raises UnreadableDocument if it does not match the column's type."""
    values = {}
    for name, fact in table.facts.items():
        cast = cast_column(pa.array([facts.get(fact)], pa.string()), table.columns[name].type, rules)
        if cast.failures:
            raise UnreadableDocument(
                f"the request's {fact!r} is not a valid {table.columns[name].type.value}.", fact=facts[fact]
            )
        values[name] = cast.values[0]
    return values


def accepted_window(table: TableSpec, slice_: Slice) -> tuple[str, date | datetime, date | datetime] | None:
    """Day column, first accepted value, and first value after the accepted range.

    Includes a day before and after the slice's days: Amazon may cut the window in another time zone than that
    of the rows' dates. Such rows are accepted here, and the load skips them as superseded: the document of
    their own day has all rows of that day.
    """
    if table.write_disposition is not WriteDisposition.REPLACE or not table.day or not slice_.days:
        return None
    first, end = slice_.days[0] - timedelta(days=1), slice_.days[-1] + timedelta(days=2)
    if table.columns[table.day].type is ColumnType.TIMESTAMP:
        zone = ZoneInfo(slice_.timezone)
        return table.day, datetime.combine(first, time(0), zone), datetime.combine(end, time(0), zone)
    return table.day, first, end


def marketplace_names() -> tuple[pa.Array, pa.Array]:
    """The names of marketplaces in reports (lower case), and the id for each."""
    known = all_marketplaces().values()
    names = [*(each.sales_channel.lower() for each in known), *(each.id.lower() for each in known)]
    return pa.array(names), pa.array([each.id for each in known] * 2)
