"""Stored settling curves: how long the figures of tables keep changing, as last measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class AgeCounts(BaseModel):
    """How many of a table's figures still changed after an age.

    ``days``: days that were loaded at an age of at most ``age`` days and again later; ``cells``: their cells;
    ``moved``: the cells that changed later.
    """

    age: int
    days: int
    cells: int
    moved: int


class StoredSettling(BaseModel):
    """One table's figures by age, youngest first; empty if no day was loaded twice by ``measured_at``."""

    table_name: str
    measured_at: datetime
    figures: list[AgeCounts]


def read_settling(
    connection: Connection, tables: Sequence[str], account_id: str | None
) -> dict[str, StoredSettling]:
    """Those of ``tables`` that have been measured, by name; for one account, or for all together."""
    values = {"tables": list(tables), "account": account_id or ""}
    return {each.table_name: each for each in select(connection, __file__, StoredSettling, values)}
