"""The columns of a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import ConfigDict, Field

from sellerops.settings.specs.strict_model import StrictModel

FACT = "@"
# A placeholder in `absent` names a column of the row, or stands for a digest of the whole row.
ABSENT_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")
WHOLE_ROW = "row"


class ColumnType(StrEnum):
    """``decimal`` is exact, ``timestamp`` an instant in UTC, ``date`` a day in the report's time zone."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"


class Evidence(StrEnum):
    """How the header of a web page's file is known (docs/portal-files.md).

    ``REAL``: from a downloaded file. ``PARSER``: from a public program that reads such files. ``INFERRED``:
    only from the page, or from Amazon's API for the same data; the first real file may differ.
    """

    REAL = "real"
    PARSER = "parser"
    INFERRED = "inferred"


class Column(StrictModel):
    """One column; its canonical name is the key in `columns`."""

    type: ColumnType = ColumnType.TEXT
    source: str | None = Field(
        default=None,
        alias="from",
        description="header (flat file), or dotted path from the row (json, jsonl, xml): `price.amount`; "
        "`/a.b` from the root, through the elements that contain the row; `list[key=value].x`, "
        "`list[0].x` from one element of a list, `list[*].x` from every element (numbers are "
        "added up); xml: `x.@name` an attribute, `x[]` always a list. Not xml: `@name` a fact "
        "of the request, the same in all rows of a document (`@profile_id`); null if unknown",
    )
    also: tuple[str, ...] = Field(
        default=(), description="alternative headers or paths of the column: older, renamed or regional"
    )
    required: bool = Field(default=False, description="refuse documents without this column")
    absent: str | None = Field(
        default=None,
        description="value for key columns that Amazon may leave empty, such as `none`. "
        "`none-{order_id}-{sku}` uses other columns of the row, if a constant would merge two "
        "rows into one; `none-{row}` a digest of the whole row, if rows are not merged",
    )
    fact: str | None = Field(default=None, description="set automatically: the fact that `from` names")
    personal: bool = Field(
        default=False, description="personal data: stored in `<table>__personal` for `personal_retention`"
    )
    decimal: Literal["point", "local"] | None = Field(
        default=None,
        description="`format.style: web`: how this column writes numbers, if not as in `format.decimal`",
    )
    part: Literal["first", "last"] | None = Field(
        default=None,
        description="`format.style: web`: one day of a range such as `Aug 18, 2026 - Aug 24, 2026`; two "
        "columns then read the same header",
    )
    evidence: Evidence | None = Field(
        default=None, description="what the header is known from, if it differs from the table's `evidence`"
    )
    description: str = ""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


_CONSTANTS: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.DECIMAL: Decimal,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.TIMESTAMP: lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
}


def absent_value(column: Column) -> Any:
    """``absent`` as a value of the column's type, timestamps in UTC. Raises ValueError if it is invalid."""
    assert column.absent is not None
    try:
        return _CONSTANTS[column.type](column.absent)
    except (ValueError, ArithmeticError) as error:
        raise ValueError(f"`absent: {column.absent}` is not a value of type {column.type.value}") from error


def camel_case(name: str) -> str:
    """``units_sold_clicks_14d`` as ``unitsSoldClicks14d``."""
    first, *others = name.split("_")
    return first + "".join(each[:1].upper() + each[1:] for each in others)
