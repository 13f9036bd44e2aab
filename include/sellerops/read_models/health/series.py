"""The days of every report, account and marketplace that the ledger knows, with their states."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope

# If a day has several snapshots, the first of these states among them counts.
_BEST_FIRST = [
    "LOADED", "CONFIRMED_EMPTY", "QUARANTINED", "REQUESTED", "PLANNED", "LATE", "FAILED", "EXPIRED",
]  # fmt: skip


class Series(BaseModel):
    """One report, account and marketplace (empty: the account's whole region).

    ``first_day``: the first day of its whole history. ``offsets``: the days of the period that the ledger
    has, counted from the period's first day; ``states``: their states.
    """

    report: str
    account_id: str
    marketplace_id: str
    first_day: date
    offsets: list[int]
    states: list[str]


def read_series(connection: Connection, scope: Scope, report: str | None = None) -> list[Series]:
    """Series of the scope's accounts and marketplaces, and of whole regions.

    They are ordered by report, account and marketplace. ``report``: only this one.
    """
    values = {**scope.values(), "best_first": _BEST_FIRST, "report": report}
    return select(connection, __file__, Series, values)
