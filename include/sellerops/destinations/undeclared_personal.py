"""Unknown columns of personal data that landed before their names were looked at, in any destination."""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.destinations.shape import TableShape
from sellerops.formats.personal_columns import looks_personal


@dataclass(frozen=True)
class UndeclaredColumn:
    """A column that no spec declares; ``rows``: how many have a value, None where that is not counted."""

    table: str
    column: str
    rows: int | None


def is_undeclared_personal(shape: TableShape, name: str) -> bool:
    """Whether a column of the table of ``shape`` is unknown and reads like personal data."""
    return name not in {*shape.table.columns, *shape.system_types} and looks_personal(name)
