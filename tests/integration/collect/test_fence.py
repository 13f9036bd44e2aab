"""Whatever takes long before a create is sent, two followers of one request create one report."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from integration.collect.ads_parts import ADS_RUN, AdsBench
from integration.collect.parts import RUN, Bench

from sellerops.base.clock import Clock
from sellerops.collect import WaitFor, WaitOutcome, WaitResult, fence
from sellerops.collect.report_claims import claim_request, renew_claim
from sellerops.ledger import RequestStatus, RunRef
from sellerops.rate_limits import QuotaLedger
from sellerops.settings.specs import load_spec
from sellerops.sources.common import deadline
from sellerops.sources.common.deadline import orphan_after, send_seconds
from sellerops.sources.common.lwa import TokenSource
from sellerops.sources.common.sessions import close_sessions

# Each: spec, the operation that creates, and whether the bench is one of Amazon Ads.
KINDS = {
    "report": ("sales_and_traffic", "createReport", False),
    "query": ("sales_and_traffic_by_date", "createQuery", False),
    "ads report": ("report__amazon_ads__sp_campaigns", "createAdsReport", True),
    "export": ("report__amazon_ads__campaigns", "createExport", True),
}
PHASES = ("cooldown", "token", "fence", "send")
PATIENT = 240.0  # seconds after which something hangs, however busy the machine
_CREATE_PATHS = ("/reports", "/queries", "/export")


class Gate:
    """Stops the first caller until it is opened; the others pass. ``cut``: its time ran out before."""

    def __init__(self) -> None:
        self.cut = threading.Event()
        self.reached, self._open, self._lock, self._used = (
            threading.Event(),
            threading.Event(),
            threading.Lock(),
            False,
        )

    def hold(self) -> None:
        with self._lock:
            first, self._used = not self._used, True
        if first:
            self.reached.set()
            assert self._open.wait(PATIENT)

    def open(self) -> None:
        self._open.set()


@contextmanager
def held_at(phase: str, bench: Bench) -> Iterator[Gate]:
    """Within the block the first follower that reaches ``phase`` stops there."""
    gate = Gate()

    def before(real: Callable[..., Any], is_it: Callable[..., bool] = lambda *_, **__: True) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if is_it(*args, **kwargs):
                gate.hold()
            return real(*args, **kwargs)

        return wrapped

    def before_async(real: Callable[..., Any], is_it: Callable[..., bool]) -> Any:
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            if is_it(*args, **kwargs):
                try:
                    await asyncio.to_thread(gate.hold)
                except asyncio.CancelledError:
                    gate.cut.set()
                    raise
            return await real(*args, **kwargs)

        return wrapped

    def is_claimed(*_: Any, **__: Any) -> bool:
        return any(one.status is RequestStatus.CREATING for one in open_requests(bench))

    def is_create(_: Any, request: httpx.Request, **__: Any) -> bool:
        return request.method == "POST" and request.url.path.endswith(_CREATE_PATHS)

    with pytest.MonkeyPatch.context() as patch:
        if phase == "cooldown":
            patch.setattr(QuotaLedger, "try_create", before(QuotaLedger.try_create))
        elif phase == "token":
            patch.setattr(TokenSource, "get", before_async(TokenSource.get, is_claimed))
        elif phase == "fence":
            patch.setattr(fence, "renew_claim", before(renew_claim))
        else:
            patch.setattr(httpx.AsyncClient, "send", before_async(httpx.AsyncClient.send, is_create))
        yield gate
        gate.open()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_follower_delayed_before_sending_creates_no_second_report(
    bench: Bench, kind: str, phase: str
) -> None:
    """The first follower claims and is delayed; the clock moves past the search for orphans; the second one
    creates.
    """
    name, operation, is_ads = KINDS[kind]
    if is_ads:
        bench = AdsBench(bench.sandbox, bench.ledger, bench.directory)
    run = ADS_RUN if is_ads else RUN
    bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)

    def triggerer() -> WaitResult:
        return asyncio.run(_alone(bench, name, run))

    with held_at(phase, bench) as gate, ThreadPoolExecutor(2) as triggerers:
        first = triggerers.submit(triggerer)
        assert gate.reached.wait(PATIENT)
        bench.jump(1)
        second = triggerers.submit(triggerer)
        results = [second.result(PATIENT)]
        # The clock was moved by hand: the first call's own, real time may not be over yet.
        assert phase != "send" or gate.cut.wait(PATIENT)
        gate.open()
        results.append(first.result(PATIENT))
    assert [result.outcome for result in results] == [WaitOutcome.READY] * 2
    assert made(bench, operation) == 1


def test_a_token_refused_as_expired_is_renewed_and_the_claim_confirmed_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second sending has a fence of its own: the first one's time may be over."""
    stamps: list[float] = []

    def counted(*args: Any) -> bool:
        stamps.append(time.monotonic())
        return renew_claim(*args)

    monkeypatch.setattr(fence, "renew_claim", counted)
    bench.sandbox.faults("expired_token", operation="createReport", times=1)
    result = asyncio.run(_alone(bench))
    assert result.outcome is WaitOutcome.READY
    assert len(stamps) == 2
    assert bench.creates() == 1


def test_a_ledger_that_confirms_too_late_stops_the_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a process was suspended at the fence: what is stamped long ago must not be sent now."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    passed = [0.0]

    def late(*args: Any) -> bool:
        found = renew_claim(*args)
        passed[0] = deadline.SEND_LIMIT + 1.0
        return found

    monkeypatch.setattr(fence, "renew_claim", late)
    monkeypatch.setattr(fence, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0]))
    result = asyncio.run(_alone(bench))
    assert result.outcome is WaitOutcome.READY
    # The first claim was given up without a call; the second one went out.
    assert len(bench.sandbox.calls(operation="createReport")) == 1


def test_many_followers_under_a_slow_ledger_create_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays = iter([0.4, 0.0, 0.9, 0.2] * 50)

    def slow(*args: Any) -> bool:
        time.sleep(next(delays))
        return renew_claim(*args)

    monkeypatch.setattr(fence, "renew_claim", slow)

    async def whole() -> list[WaitResult]:
        try:
            async with asyncio.timeout(PATIENT):
                return await asyncio.gather(*(follow(bench, "sales_and_traffic", RUN) for _ in range(6)))
        finally:
            await close_sessions()

    results = asyncio.run(whole())
    assert {result.outcome for result in results} == {WaitOutcome.READY}
    assert bench.creates() == 1


@pytest.mark.parametrize("speed", [0.0, 0.5, 1.0, 20.0, 600.0, 7200.0])
def test_no_create_is_under_way_when_it_is_hunted_for(speed: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """At any speed, in real seconds: the bound of promise 3."""
    monkeypatch.undo()
    clock = Clock(Clock.system().real_anchor, Clock.system().virtual_anchor, speed)
    hunted_after = orphan_after(clock).total_seconds() / (speed or 1.0)
    assert send_seconds(clock) >= deadline.SHORTEST_SEND
    assert hunted_after >= 1.5 * send_seconds(clock)


def test_a_claim_settled_by_another_passes_no_fence(bench: Bench) -> None:
    spec = load_spec("sales_and_traffic")
    step = bench.collector(spec).advance(bench.slice_(spec), RUN)
    assert isinstance(step, WaitFor)
    claim = claim_request(bench.ledger, bench.ledger.get_request(step.request_ids[0]))
    assert claim.request is not None
    bench.ledger.record_created(claim.request.id, "R1", "adopted")
    assert not renew_claim(bench.ledger, claim.request.id, claim.token)


async def follow(bench: Bench, name: str, run: RunRef) -> WaitResult:
    """What a worker and a triggerer do, up to the document."""
    spec = load_spec(name)
    collector, slice_ = bench.collector(spec), bench.slice_(spec)
    step = await asyncio.to_thread(collector.advance, slice_, run)
    if not isinstance(step, WaitFor):
        return WaitResult(WaitOutcome.READY, "there already", step.request_ids)
    return await collector.wait(slice_, run, request_ids=step.request_ids)


async def _alone(bench: Bench, name: str = "sales_and_traffic", run: RunRef = RUN) -> WaitResult:
    """In a loop, and so with connections, of its own."""
    try:
        async with asyncio.timeout(PATIENT):
            return await follow(bench, name, run)
    finally:
        await close_sessions()


def open_requests(bench: Bench) -> list[Any]:
    return list(bench.ledger.open_requests(bench.account.id))


def made(bench: Bench, operation: str) -> int:
    """How many calls of the operation took effect."""
    return len([call for call in bench.sandbox.calls(operation=operation) if call["status"] in (200, 202)])
