"""When an account's access to a source last worked, by the log of calls."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class TokenUse(BaseModel):
    """``worked_at``: the newest call of the last three days that Amazon answered; ``refused_at``: the newest
    that it refused as not logged in (401), or for which it gave no token.
    """

    account_id: str
    source: str
    worked_at: datetime | None
    refused_at: datetime | None


def read_token_uses(connection: Connection) -> dict[tuple[str, str], TokenUse]:
    """Uses by account and source (amazon_sp, amazon_ads)."""
    found = select(connection, __file__, TokenUse, {})
    return {(each.account_id, each.source): each for each in found}
