"""The wait reserves a document's token and the worker redeems it, however late; a refusal costs no try."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from integration.collect.parts import RUN, RUN_AT, Bench, collect, spec_with, wait

from sellerops.base.clock import Clock
from sellerops.base.errors import RetryableError, Throttled
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome
from sellerops.collect.document_tokens import DocumentToken, reservation_lifetime
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.rate_limits import Granted, Priority, TokenRedeemer, waiting
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.common.sessions import close_sessions

OPERATION = "getReportDocument"
STANDING = Clock(RUN_AT, RUN_AT, 0.0)

pytestmark = pytest.mark.usefixtures("stepping_clock")


def ready(bench: Bench, spec: ReportSpec | None = None, index: int = 0) -> ReportRequest:
    """A request whose document is ready, with its token reserved."""
    result = wait(bench.collector(spec), bench.slice_(spec, index), replace(RUN, map_index=index))
    assert result.outcome is WaitOutcome.READY
    return bench.ledger.get_request(result.request_ids[0])


def use(bench: Bench, request: ReportRequest) -> bool:
    token = DocumentToken(request, STANDING)
    return bench.ledger.database.run(token.redeem)


def test_a_token_is_reserved_from_now_and_redeemed_once_while_it_is_valid(bench: Bench) -> None:
    request = ready(bench)
    assert request.document_lease_at == bench.ledger.clock().now()
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: use(bench, request), range(4))) == 1
    bench.ledger.database.run(DocumentToken(request, STANDING).reserve)
    bench.jump(hours=1)
    assert not use(bench, request)


def test_on_a_fast_clock_a_token_lives_for_two_real_minutes() -> None:
    """Airflow starts a task no faster beside a local Amazon whose clock is fast."""
    assert reservation_lifetime(STANDING) == timedelta(minutes=15)
    assert reservation_lifetime(Clock(RUN_AT, RUN_AT, 60.0)) == timedelta(hours=2)


def test_documents_fetched_late_and_all_at_once_are_not_refused(bench: Bench) -> None:
    """More waits end than Amazon's bucket has tokens; then all workers come in one moment."""
    bench.sandbox.quotas(operation="createReport", rate=10.0, burst=100)
    days = {"from_day": RUN_AT.date() - timedelta(days=30), "to_day": RUN_AT.date() - timedelta(days=2)}
    slices = bench.slices(**days)[:20]
    assert len(slices) == 20, "more than the 15 tokens of a full bucket"
    runs = [replace(RUN, map_index=number) for number in range(20)]
    collectors = [bench.collector() for _ in slices]

    async def waits(missing: set[int]) -> None:
        try:
            await asyncio.gather(*(collectors[n].wait(slices[n], runs[n]) for n in missing))
        finally:
            await close_sessions()

    missing = set(range(20))
    for _ in range(20):
        asyncio.run(waits(missing))
        bench.jump(hours=0.2)
        steps = {number: collectors[number].advance(slices[number], runs[number]) for number in missing}
        missing = {number for number, step in steps.items() if isinstance(step, WaitFor)}
        if not missing:
            break
    assert not missing
    assert {call["status"] for call in bench.sandbox.calls(operation=OPERATION)} == {200}
    assert len(bench.sandbox.calls(operation=OPERATION)) == 20


def test_a_wait_begun_again_keeps_the_token_it_has(bench: Bench) -> None:
    """The triggerer was restarted: a second token would be lost."""
    request = ready(bench)
    before = _granted(bench)
    assert wait(bench.collector(), bench.slice_(), request_ids=(request.id,)).outcome is WaitOutcome.READY
    bench.jump(hours=0.2)  # more than half of its life
    assert wait(bench.collector(), bench.slice_(), request_ids=(request.id,)).outcome is WaitOutcome.READY
    assert _granted(bench) == before
    assert bench.ledger.get_request(request.id).document_lease_at == bench.ledger.clock().now()


@pytest.mark.parametrize("times", [1, 3])
def test_a_refused_document_waits_in_the_triggerer(bench: Bench, times: int) -> None:
    """No try fails: `advance` does not raise, and only the address is requested again."""
    request = ready(bench)
    bench.sandbox.faults("http_429", operation=OPERATION, times=times)
    step = bench.collector().advance(bench.slice_(), RUN, request_ids=(request.id,))
    assert step == WaitFor((request.id,), f"quota for the document of request {request.id}")
    began = bench.ledger.clock().now()
    assert collect(bench.collector(), bench.slice_()).request_ids == (request.id,)
    assert timedelta(minutes=1) < bench.ledger.clock().now() - began
    assert [call["status"] for call in bench.sandbox.calls(operation=OPERATION)] == [429] * times + [200]
    assert bench.creates() == 1


def test_the_document_with_amazons_reason_waits_likewise(bench: Bench) -> None:
    bench.sandbox.faults("fatal_with_document", times=1, options={"detail": "dates are not aligned"})
    bench.sandbox.faults("http_429", operation=OPERATION, times=1)
    with pytest.raises(Exception, match="dates are not aligned"):
        collect(bench.collector(), bench.slice_())
    assert [call["status"] for call in bench.sandbox.calls(operation=OPERATION)] == [429, 200]


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("settlements", OPERATION),
        ("settlements", "getReports"),
        ("sales_and_traffic_by_date", "getDocument"),
    ],
)
def test_so_does_every_call_of_a_worker(bench: Bench, name: str, operation: str) -> None:
    """Settlements that are listed, their documents, those of Data Kiosk."""
    spec = load_spec(name)
    bench.sandbox.faults("http_429", operation=operation, times=1)
    assert collect(bench.collector(spec), bench.slices(spec)[0]).outcome is Outcome.DOCUMENTS
    statuses = [call["status"] for call in bench.sandbox.calls(operation=operation)]
    assert statuses.count(429) == 1 and statuses.count(200) >= 1


def test_so_does_the_token_for_personal_data(bench: Bench) -> None:
    spec = load_spec("merchant_orders")
    request = ready(bench, spec)
    bench.sandbox.faults("http_429", operation="createRestrictedDataToken", times=1)
    collector, slice_ = bench.collector(spec), bench.slice_(spec)
    assert isinstance(collector.advance(slice_, RUN, request_ids=(request.id,)), WaitFor)
    wait(collector, slice_, request_ids=(request.id,))
    bench.jump(hours=0.01)  # the ten seconds of Airflow's deferral, and some
    assert isinstance(collector.advance(slice_, RUN, request_ids=(request.id,)), Done)
    assert _granted(bench) == 1, "the document's own token was not used up by the refusal"


def test_a_listing_without_quota_is_left_to_the_triggerer(bench: Bench) -> None:
    spec = load_spec("settlements")
    bench.limits.record_refusal(bench.client().bucket("getReports"))
    step = bench.collector(spec).advance(bench.slices(spec)[0], RUN)
    assert isinstance(step, WaitFor)
    assert bench.sandbox.calls(operation="getReports") == []


def test_a_refusal_that_does_not_end_is_a_failure_in_the_end(bench: Bench) -> None:
    """As for a report that never ends, `give_up_after` is the limit."""
    spec = spec_with(give_up_after=timedelta(minutes=30))
    request = ready(bench, spec)
    bench.sandbox.faults("http_429", operation=OPERATION)
    with pytest.raises(Throttled) as refused:
        collect(bench.collector(spec), bench.slice_(), rounds=50)
    assert isinstance(refused.value, RetryableError)
    assert bench.ledger.get_request(request.id).status is RequestStatus.DONE
    bench.sandbox.clear_faults()
    bench.jump(hours=1)
    assert isinstance(bench.collector(spec).advance(bench.slice_(), RUN), Done)


def test_a_worker_waits_for_moments_and_no_longer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For two real seconds: 120 on a clock sixty times as fast. Only sleeping moves the clock."""
    request = ready(bench)
    assert use(bench, request)
    bucket = bench.client().bucket(OPERATION)
    using = TokenRedeemer(bench.limits, DocumentToken(request, STANDING))
    while isinstance(using.try_acquire(bucket, Priority.SCHEDULE), Granted):
        pass  # the next is a minute away
    slept: list[float] = []
    move = waiting._sleep

    async def sleep(turn: object, seconds: float) -> None:
        slept.append(seconds)
        await move(turn, 61.0)  # type: ignore[arg-type]

    monkeypatch.setattr(waiting, "_sleep", sleep)
    assert isinstance(bench.collector().advance(bench.slice_(), RUN, request_ids=(request.id,)), WaitFor)
    assert slept == []
    now = bench.ledger.clock().now()
    fast = Clock(now, now, 60.0)
    monkeypatch.setattr(bench.ledger, "clock", lambda: fast)
    assert isinstance(bench.collector().advance(bench.slice_(), RUN, request_ids=(request.id,)), Done)
    assert len(slept) == 1


def _granted(bench: Bench) -> int:
    row = bench.ledger.database.run(
        lambda c: c.execute(
            "SELECT granted FROM sellerops.quota_bucket WHERE operation = %s", (OPERATION,)
        ).fetchone()
    )
    return int(row["granted"]) if row else 0
