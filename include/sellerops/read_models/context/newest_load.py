"""When rows were last loaded."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class NewestLoad(BaseModel):
    """``recorded_at``: None before the first load."""

    recorded_at: datetime | None


def read_newest_load(connection: Connection) -> datetime | None:
    """The time of the newest load of any report."""
    return select(connection, __file__, NewestLoad, {})[0].recorded_at
