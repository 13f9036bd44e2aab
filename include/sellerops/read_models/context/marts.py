"""The marts that exist, and when each was last rebuilt."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class BuiltMart(BaseModel):
    """A mart's table. ``built_at``: when it was last rebuilt; None if that is not known."""

    name: str
    built_at: datetime | None


def read_built_marts(connection: Connection) -> list[BuiltMart]:
    """All marts with a table, by name."""
    return select(connection, __file__, BuiltMart, {})
