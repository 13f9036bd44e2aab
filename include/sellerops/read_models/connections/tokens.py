"""When an account's access to a source last worked, according to the log of calls."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class TokenUse(BaseModel):
    """The newest calls of an account to a source within three days.

    ``worked_at``: the newest successful call. ``refused_at``: the newest that Amazon refused as not logged in
    (401), or for which it issued no token.
    """

    account_id: str
    source: str
    worked_at: datetime | None
    refused_at: datetime | None


def read_token_uses(connection: Connection) -> dict[tuple[str, str], TokenUse]:
    """Uses by account and source (amazon_sp, amazon_ads)."""
    found = select(connection, __file__, TokenUse, {})
    return {(each.account_id, each.source): each for each in found}
