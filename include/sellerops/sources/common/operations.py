"""What an operation is given and what it gives: one module an operation, one line each in the registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sellerops.calendar.slices import Slice


@dataclass(frozen=True)
class Page:
    """One answer of Amazon with what it was asked by.

    In the archive a page is one line of JSON, ``{"request": ..., "answer": ...}``; a spec's ``rows`` and
    columns are paths in it, such as ``answer.payload.inventorySummaries``. Where an operation asks several
    things, ``name`` is what each kind of answer is called there instead, and tables tell them apart by it.
    """

    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    name: str = "answer"


@dataclass(frozen=True)
class Offer:
    """What the account offers in a shop: its SKU, the ASIN, the listed price in the shop's currency (None:
    the listings do not tell it), and who sends it.
    """

    sku: str
    asin: str
    price: Decimal | None
    is_amazon_fulfilled: bool


@dataclass(frozen=True)
class OperationInput:
    """What to collect: the slice with its window and shops, the spec's options with placeholders filled in,
    and the account's ASINs in the slice's shop where the operation wants them (``Calls.asins``).

    ``now``: aware, the time of asking; the pages are the data as of then.
    """

    slice_: Slice
    options: Mapping[str, str]
    now: datetime
    seller_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Calls(Protocol):
    """Calls to Amazon for one account: each takes its lease, is checked, learnt from and written down.

    ``operation`` is Amazon's name of it, which names its bucket; ``query`` values that are None are left out,
    lists are joined by commas. They raise what ``SpApiClient`` raises.
    """

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]: ...

    async def post(
        self, operation: str, path: str, body: Mapping[str, Any] | Sequence[Any]
    ) -> Mapping[str, Any]:
        """A call that only reads although it posts. An answer that is a list comes under ``items``."""
        ...

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        """The account's ASINs in a shop. ConfigurationError when neither configuration nor listings tell."""
        ...

    async def offers(self, marketplace_id: str) -> Sequence[Offer]:
        """The account's offers in a shop by the newest listings. ConfigurationError when there are none."""
        ...


class Operation(Protocol):
    """An operation: the pages of one slice. Called again from the start when a wait was broken off."""

    def __call__(self, calls: Calls, asked: OperationInput) -> AsyncIterator[Page]: ...
