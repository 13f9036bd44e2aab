"""A request that is right in every respect, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sellerops.inbound.models import Box, BoxContent, InboundRequest, Item
from sellerops.inbound.requests.request_facts import Facts, PrepDetails
from sellerops.inbound.requests.validation import find_problems
from sellerops.inbound.settings import INBOUND
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
NO_PREP = PrepDetails("NONE", ("ITEM_NO_PREP", "ITEM_LABELING"))
TEXTILE = PrepDetails("TEXTILE", ("ITEM_POLYBAGGING", "ITEM_LABELING"))


def box(name: str = "1", count: int = 1, **contents: int) -> Box:
    """A box of 24 x 16 x 12 in and 26 lb; ``contents``: units by SKU."""
    held = tuple(BoxContent(sku, quantity) for sku, quantity in contents.items())
    return Box(name, held, Decimal(24), Decimal(16), Decimal(12), Decimal(26), "IN", "LB", count)


def request(**changes: Any) -> InboundRequest:
    """Ten units of A and five of B in one box by parcel from Dallas, with the changes."""
    made = InboundRequest(
        account_id="northwind_na",
        marketplace="US",
        source_address="dallas",
        items=(Item("A", 10), Item("B", 5)),
        ready_at=datetime(2026, 12, 2, 9, 0, tzinfo=UTC),
        name="December",
        boxes=(box(A=10, B=5),),
    )
    return replace(made, **changes)


def facts(**changes: Any) -> Facts:
    """A and B are FBA offers without prep; ``changes`` replace fields."""
    known = Facts(
        settings=INBOUND.read(),
        accounts=load_accounts(),
        marketplaces=all_marketplaces(),
        now=NOW,
        listed={"A": True, "B": True, "M": False},
        prep={"A": NO_PREP, "B": NO_PREP},
    )
    return replace(known, **changes)


def with_prep(details: Mapping[str, PrepDetails]) -> Facts:
    return facts(prep={"A": NO_PREP, "B": NO_PREP, **details})


def problems(made: InboundRequest, known: Facts | None = None) -> list[str]:
    """``place: cause remedy`` of every problem."""
    found = find_problems(made, known or facts())
    return [f"{each.place}: {each.cause} {each.remedy}" for each in found]
