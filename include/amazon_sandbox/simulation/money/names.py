"""What settlements and transactions call an event, by day and region (`data/money_names.csv`).

Amazon renames its fees: monthly storage around July 2026, removals around mid-June 2026. The rows of a kind
are ordered by first day; the last one that applies is used. North America keeps the older AWD names.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import NamedTuple

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.marketplaces import Marketplace


class Name(NamedTuple):
    """The three name columns of a settlement row, followed by the transaction's type and the leaf of its
    tree. The event fills in `{text}`.
    """

    transaction_type: str
    amount_type: str
    amount_description: str
    finance_type: str
    leaf: str


def name_of(kind: str, marketplace: Marketplace, posted: int, variant: str = "") -> Name:
    """The name on the UTC day of an instant. Raises KeyError for an unknown kind."""
    return _name_on(kind, marketplace.region, datetime.fromtimestamp(posted, UTC).date(), variant)


def _name_on(kind: str, region: str, day: date, variant: str) -> Name:
    fitting = [
        name
        for since, where, which, name in _names()[kind]
        if since <= day and where in ("", region) and which == variant
    ]
    if not fitting:
        raise KeyError(f"money_names.csv has no name of {kind} {variant} on {day} in {region}")
    return fitting[-1]


def kinds() -> frozenset[str]:
    """All kinds of events."""
    return frozenset(_names())


@cache
def _names() -> dict[str, list[tuple[date, str, str, Name]]]:
    found: dict[str, list[tuple[date, str, str, Name]]] = {}
    for row in tables.rows("money_names"):
        name = Name(*(row[field] for field in Name._fields))
        since = date.fromisoformat(row["from"])
        found.setdefault(row["kind"], []).append((since, row["region"], row["variant"], name))
    return found
