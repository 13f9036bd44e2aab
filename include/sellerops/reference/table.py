"""What a reference table is: its columns, its key, the validity of its rows, and who writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sellerops.settings.specs import ColumnType

OPEN_END = date(9999, 12, 31)
"""``valid_to`` of a row that holds until another replaces it."""


class Origin(StrEnum):
    """Who writes a table: people (``given``), a file of ``include/config`` (``config``), or a computation."""

    GIVEN = "given"
    CONFIG = "config"
    COMPUTED = "computed"


@dataclass(frozen=True)
class Column:
    """A column. ``default``: the value of an empty cell.

    Without ``default`` and ``required``, an empty cell means unknown and is stored as null. ``choices``: the
    only accepted values. ``least``: the smallest accepted number.
    """

    type: ColumnType
    description: str
    required: bool = False
    default: str | int | None = None
    choices: tuple[str, ...] = ()
    least: int | None = None


@dataclass(frozen=True)
class ReferenceTable:
    """A table of schema ``sellerops_reference``.

    ``key``: the columns that identify a row. With ``has_validity``, the last of them is ``valid_from``, and
    rows with the same values in the others must not overlap. ``day``: the date column that says on which day,
    or with ``has_validity`` from which day on, a row applies; None if it applies to all days.
    """

    name: str
    description: str
    origin: Origin
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    day: str | None = None

    @property
    def has_validity(self) -> bool:
        return "valid_to" in self.columns

    @property
    def has_account(self) -> bool:
        return "account_id" in self.columns
