"""A process requests one token for each set of credentials, however many collectors call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from integration.collect.parts import Bench, collect

from sellerops.base.errors import CredentialsError, RequestRefused
from sellerops.settings.specs import load_spec
from sellerops.sources.common.sessions import close_sessions


@pytest.fixture(autouse=True)
def _long_lives(bench: Bench) -> Iterator[None]:
    """The clock is fast: an hour's token would end within seconds."""
    bench.sandbox.control("POST", "/tokens", json={"lifetime_seconds": 1_000_000})
    yield
    bench.sandbox.control("POST", "/tokens", json={"lifetime_seconds": 3600})


def asked(bench: Bench) -> list[int]:
    """The status of every token request of the local Amazon."""
    return [call["status"] for call in bench.sandbox.calls(operation="token")]


def test_many_collectors_and_calls_share_one_token(bench: Bench) -> None:
    for name in ("sales_and_traffic", "all_orders", "fba_inventory_summaries"):
        spec = load_spec(name)
        collect(bench.collector(spec), bench.slice_(spec))
    calls = [call["operation"] for call in bench.sandbox.calls()]
    assert len(calls) > 8 and asked(bench) == [200]


def test_an_expired_token_is_renewed_once_by_all_calls_under_way(bench: Bench) -> None:
    async def polls() -> None:
        client = bench.client()
        try:
            for _ in range(2):
                found = await asyncio.gather(
                    *(client.get_report("1", leased=True) for _ in range(5)), return_exceptions=True
                )
                assert all(isinstance(one, RequestRefused) for one in found), "Amazon knows no such report"
        finally:
            await close_sessions()

    asyncio.run(polls())
    bench.jump(hours=300)
    asyncio.run(polls())
    assert asked(bench) == [200, 200]


def test_a_renewed_secret_is_used_at_once(bench: Bench) -> None:
    good = bench.credentials
    slice_ = bench.slice_()
    bench.credentials = replace(good, client_secret="wrong")
    with pytest.raises(CredentialsError):
        collect(bench.collector(), slice_)
    bench.credentials = good
    collect(bench.collector(), slice_)
    assert asked(bench) == [401, 200]
