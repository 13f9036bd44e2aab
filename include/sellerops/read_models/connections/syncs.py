"""What was last loaded from each source."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class Sync(BaseModel):
    """The newest loads from one source of an account into the destination ``postgres``.

    ``synced_at``: the newest load of the last 30 days. The counts are of the 24 hours until then: ``loads``,
    and the rows they ``stored``, ``changed`` (inserted, updated or replaced) and ``rejected``.
    """

    account_id: str
    source: str
    synced_at: datetime
    loads: int
    stored: int
    changed: int
    rejected: int


def read_syncs(connection: Connection) -> dict[tuple[str, str], Sync]:
    """The newest loads by account and source."""
    return {(each.account_id, each.source): each for each in select(connection, __file__, Sync, {})}
