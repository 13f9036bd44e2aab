"""The calls of an operation only read: what may be posted is listed, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.specs import shipped_specs

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import plan_slices
from sellerops.collect.account_calls import AccountCalls
from sellerops.collect.context import Tools
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import ReportSpec
from sellerops.sources.common.operations import READING_POSTS, Offer, OperationInput
from sellerops.sources.registry import source_of

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
CALLED = [spec for spec in shipped_specs() if spec.request.how == "called"]


class FirstCall(Exception):
    """Ends an operation at the first call it makes."""


class Recorder:
    """``posted``: the operation of the first call, if it is a POST."""

    def __init__(self) -> None:
        self.posted: set[str] = set()

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        raise FirstCall

    async def post(self, operation: str, path: str, body: object) -> Mapping[str, Any]:
        self.posted.add(operation)
        raise FirstCall

    async def asins(self, marketplace_id: str) -> Sequence[str]:
        return ["B000000001"]

    async def offers(self, marketplace_id: str) -> Sequence[Offer]:
        return [Offer("LAMP-1", "B000000001", Decimal("9.99"), True)]


def test_every_operation_posts_only_what_is_known_to_read() -> None:
    calls = Recorder()
    for spec in CALLED:
        asyncio.run(_to_first_call(spec, calls))
    assert calls.posted == {"getMyFeesEstimates", "listCases", "listPortfolios", "listSpKeywords"}
    assert calls.posted <= READING_POSTS.keys()


def test_a_post_that_may_change_something_is_not_sent() -> None:
    """Operations start over after an interrupted wait, and their calls are repeated after a time-out."""
    tools = cast(Tools, SimpleNamespace(spec=CALLED[0], client=None, ledger=None))
    calls = AccountCalls(tools, 7, until=NOW, share=0.0)
    with pytest.raises(ConfigurationError, match="createInboundPlan is not known to be read-only") as caught:
        asyncio.run(calls.post("createInboundPlan", "/inbound/fba/2024-03-20/inboundPlans", {}))
    assert "sellerops.writes.Writer" in caught.value.remedy


async def _to_first_call(spec: ReportSpec, calls: Recorder) -> None:
    slices = plan_slices(spec, load_accounts()["northwind_na"], run_at=NOW, now=NOW)
    options = {**spec.request.options}
    operation = source_of(spec.source).operations[spec.request.operation or ""]
    with pytest.raises(FirstCall):
        async for _ in operation(calls, OperationInput(slices[0], options, NOW, "SELLER")):
            pass
