"""Unknown columns that look like personal data and landed before loads checked the names of such columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sellerops.destinations.shape import TableShape
from sellerops.formats.personal_columns import looks_personal
from sellerops.settings.specs import ReportSpec


@dataclass(frozen=True)
class UndeclaredColumn:
    """A column that no spec declares. ``rows``: how many rows have a value; None if they are not counted."""

    table: str
    column: str
    rows: int | None


@runtime_checkable
class FindsUndeclaredPersonal(Protocol):
    """A destination that can find and remove such columns."""

    def undeclared_personal(
        self, specs: Sequence[ReportSpec], *, remove: bool = False
    ) -> list[UndeclaredColumn]:
        """All such columns in the tables of ``specs``; ``remove`` drops them."""
        ...


def is_undeclared_personal(shape: TableShape, name: str) -> bool:
    """Whether a column of the table of ``shape`` is unknown and looks like personal data."""
    return name not in {*shape.table.columns, *shape.system_types} and looks_personal(name)
