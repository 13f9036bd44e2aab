"""Settlements: Amazon makes them, they are found by listing and each is archived once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from integration.collect.killing import Killed, stepping
from integration.collect.parts import RUN, RUN_AT, Bench, another_run, collect, wait

from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome
from sellerops.ledger import SliceState
from sellerops.settings.specs import load_spec

SPEC = load_spec("settlements")


@pytest.fixture
def slice_(bench: Bench) -> Slice:
    return bench.slices(SPEC)[0]


def test_every_settlement_of_the_window_is_archived(bench: Bench, slice_: Slice) -> None:
    done = collect(bench.collector(SPEC), slice_)
    assert done.outcome is Outcome.DOCUMENTS
    rows = [bench.ledger.get_request(one) for one in done.request_ids]
    assert len(rows) >= 2
    assert {row.created_by for row in rows} == {"amazon"}
    assert len({row.report_id for row in rows}) == len(rows) == len(bench.documents())
    assert all(row.window_start and row.window_end for row in rows), "each has the period it settles"
    for row in rows:
        with bench.archive.open(row.archive_uri or "") as stream:
            assert stream.readline().startswith(b"settlement-id\t")
    assert len(bench.sandbox.calls(operation="createReport")) == 0


def test_a_settlement_found_again_is_not_fetched_again(bench: Bench, slice_: Slice) -> None:
    first = collect(bench.collector(SPEC), slice_)
    bench.sandbox.clear_calls()
    second = collect(bench.collector(SPEC), slice_, another_run("next day"))
    assert second == first
    assert bench.sandbox.calls(operation="getReportDocument") == []
    assert len(bench.sandbox.calls(operation="getReports")) == 1


def test_a_settlement_published_twice_is_stored_under_both_ids(bench: Bench, slice_: Slice) -> None:
    """That they are the same settlement shows only later, in their rows."""
    bench.sandbox.faults("settlement_twice", times=1)
    later = replace(slice_, window_end=(RUN_AT + timedelta(days=1)).isoformat())
    first = collect(bench.collector(SPEC), later)
    bench.jump(hours=1)
    done = collect(bench.collector(SPEC), later, another_run("an hour later"))
    assert len(done.request_ids) == len(first.request_ids) + 1
    rows = [bench.ledger.get_request(one) for one in done.request_ids]
    assert len({row.report_id for row in rows}) == len(rows)
    assert len({row.content_sha256 for row in rows}) == len(rows) - 1
    assert len(bench.documents()) == len(rows) - 1, "equal content has one address"


def test_a_window_without_settlements_is_empty(bench: Bench, slice_: Slice) -> None:
    short = replace(slice_, window_start=slice_.window_end)
    assert collect(bench.collector(SPEC), short) == Done((), Outcome.EMPTY)
    assert bench.states() == [SliceState.CONFIRMED_EMPTY]


def test_without_a_listing_lease_the_triggerer_lists(bench: Bench, slice_: Slice) -> None:
    bench.sandbox.clock(freeze=True)
    bench.follow_clock()
    bench.limits.record_refusal(bench.client().bucket("getReports"))
    step = bench.collector(SPEC).advance(slice_, RUN)
    assert isinstance(step, WaitFor)
    assert step.request_ids == ()
    bench.sandbox.clock(speed=600)
    bench.follow_clock()
    result = wait(bench.collector(SPEC), slice_)
    assert result.outcome is WaitOutcome.READY
    assert isinstance(
        bench.collector(SPEC).advance(slice_, RUN, request_ids=result.request_ids), Done | WaitFor
    )


def test_an_empty_listing_of_the_triggerer_is_not_listed_again(
    bench: Bench, slice_: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listing costs a token of 45 s: worker and triggerer must not hand the same question to and fro."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    short = replace(slice_, window_start=slice_.window_end)
    assert wait(bench.collector(SPEC), short).outcome is WaitOutcome.EMPTY
    assert bench.collector(SPEC).advance(short, RUN) == Done((), Outcome.EMPTY)
    assert len(bench.sandbox.calls(operation="getReports")) == 1


def test_killed_at_every_step_each_settlement_is_archived_once(bench: Bench, slice_: Slice) -> None:
    for operation in ("getReports", "getReportDocument"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    for at in range(500):
        with stepping(at) as steps:
            try:
                done = collect(bench.collector(SPEC), slice_)
                break
            except Killed:
                continue
    else:
        raise AssertionError("never done")
    assert at > 20
    assert not steps.struck
    assert len(bench.documents()) == len(done.request_ids)
    count = bench.ledger.database.run(
        lambda c: c.execute("SELECT count(*) AS n FROM sellerops.report_request").fetchone()
    )
    assert count == {"n": len(done.request_ids)}
