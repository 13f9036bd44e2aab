"""CANCELLED is believed after a second look, late is not failed, and neither ever costs a third report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from integration.collect.killing import Killed, Step, Steps, apart, stepping
from integration.collect.parts import RUN, RUN_AT, Bench, another_run, collect, spec_with, wait

from sellerops.base.errors import NotPublishedYet, ReportFatal
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome
from sellerops.ledger import ReportRequest, RequestStatus, SliceState
from sellerops.rate_limits import load_rate_limits
from sellerops.settings.specs import ReportSpec, load_spec

HOUR = timedelta(hours=1)
SOON = spec_with(second_look=timedelta(minutes=10))


@pytest.fixture
def fast(bench: Bench) -> None:
    """An hour between two looks is a second here."""
    bench.sandbox.clock(speed=3600)
    bench.follow_clock()


def requests(bench: Bench, slice_: Slice | None = None) -> list[ReportRequest]:
    found = bench.ledger.database.run(
        lambda c: c.execute(
            "SELECT id FROM sellerops.report_request "
            "WHERE %(at)s::timestamptz IS NULL OR window_start = %(at)s ORDER BY id",
            {"at": slice_.start if slice_ else None},
        ).fetchall()
    )
    return [bench.ledger.get_request(row["id"]) for row in found]


def asked_at(request: ReportRequest) -> datetime:
    assert request.creating_at is not None
    return request.creating_at


def test_no_data_is_believed_after_a_second_look(bench: Bench, fast: None) -> None:
    bench.sandbox.faults("cancelled", times=2)
    done = collect(bench.collector(), bench.slice_())
    first, second = requests(bench)
    assert done == Done((), Outcome.EMPTY, (first.id, second.id))
    assert asked_at(second) - first.updated_at >= HOUR
    (row,) = bench.ledger.slice_states()
    assert (row.state, row.request_id) == (SliceState.CONFIRMED_EMPTY, second.id)
    assert f"request {first.id} and {second.id}" in (row.error or "")
    assert bench.collector().advance(bench.slice_(), RUN) == done
    assert bench.creates() == 2


def test_data_in_the_second_look_are_the_data(bench: Bench) -> None:
    bench.sandbox.faults("cancelled", times=1)
    done = collect(bench.collector(SOON), bench.slice_())
    assert done.outcome is Outcome.DOCUMENTS
    assert [request.status for request in requests(bench)] == [
        RequestStatus.CANCELLED,
        RequestStatus.ARCHIVED,
    ]
    assert bench.creates() == 2


def test_between_the_looks_the_slice_says_why_it_waits(bench: Bench) -> None:
    bench.sandbox.faults("cancelled", times=1)
    spec = spec_with(second_look=timedelta(seconds=0))
    assert collect(bench.collector(spec), bench.slice_()).outcome is Outcome.EMPTY
    bench.ledger.database.run(lambda c: c.execute("DELETE FROM sellerops.slice_state"))
    step = bench.collector().advance(bench.slice_(), RUN)
    assert isinstance(step, WaitFor)
    assert [request.status for request in requests(bench)] == [RequestStatus.CANCELLED, RequestStatus.PLANNED]
    (row,) = bench.ledger.slice_states()
    assert row.state is SliceState.REQUESTED
    assert "a second request confirms it, not before 2026-11-21" in (row.error or "")
    assert bench.creates() == 1


def test_two_that_came_close_together_are_one_look(bench: Bench, fast: None) -> None:
    """Written while the spec believed at once; the hour counts from the last of them."""
    bench.sandbox.faults("cancelled", times=3)
    at_once = spec_with(second_look=timedelta(0), fresh_for=timedelta(0))
    for run in ("one", "two"):
        collect(bench.collector(at_once), bench.slice_(), another_run(run), reference=None)
    assert bench.creates() == 2
    done = collect(bench.collector(), bench.slice_())
    assert done.outcome is Outcome.EMPTY
    assert bench.creates() == 3


def test_where_empty_is_the_usual_answer_once_is_enough(bench: Bench) -> None:
    bench.sandbox.faults("cancelled", times=1)
    done = collect(bench.collector(spec_with(second_look=timedelta(0))), bench.slice_())
    assert done.outcome is Outcome.EMPTY
    assert bench.creates() == 1


def test_the_second_look_never_meets_the_cooldown(bench: Bench, fast: None) -> None:
    spec = spec_with("fba_customer_returns", second_look=timedelta(minutes=5))
    bench.sandbox.faults("cancelled", times=2)
    assert collect(bench.collector(spec), bench.slice_(spec)).outcome is Outcome.EMPTY
    first, second = requests(bench)
    cooldown = load_rate_limits().report_type_limit(spec.report_type).cooldown
    assert asked_at(second) - first.updated_at > cooldown > timedelta(0)
    assert bench.sandbox.cooldown_violations() == 0


def test_late_data_come_with_the_second_look(bench: Bench) -> None:
    """Amazon answers CANCELLED until the window's data are published."""
    slice_ = bench.slice_(index=2)
    # Amazon's window of this type ends with the day that was named, at 00:00 UTC.
    ends = datetime.combine(slice_.days[-1], time(0), tzinfo=UTC)
    hours = (RUN_AT - ends) / HOUR + 0.1
    bench.sandbox.faults("late_data", options={"hours": hours})
    assert collect(bench.collector(SOON), slice_).outcome is Outcome.DOCUMENTS
    assert bench.creates() == 2


def test_what_was_empty_for_an_earlier_run_is_looked_at_twice_again(bench: Bench, fast: None) -> None:
    bench.sandbox.faults("cancelled", times=4)
    collect(bench.collector(), bench.slice_())
    bench.jump(hours=30)
    late = {"reference": RUN_AT + timedelta(hours=29)}
    assert (
        collect(bench.collector(), bench.slice_(), another_run("next day"), **late).outcome is Outcome.EMPTY
    )
    assert bench.creates() == 4


def test_a_second_run_shares_the_look_of_the_first(bench: Bench, fast: None) -> None:
    bench.sandbox.faults("cancelled", times=2)
    done = collect(bench.collector(), bench.slice_())
    again = collect(bench.collector(), bench.slice_(), another_run("by hand"), reference=RUN_AT)
    assert again == done
    assert bench.creates() == 2


def test_killed_at_every_step_an_empty_slice_costs_two_reports(bench: Bench, fast: None) -> None:
    for operation in ("createReport", "getReport", "getReports", "getReportDocument"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    bench.sandbox.faults("cancelled")
    slices = _pieces(bench)
    whole = apart(_empty_through(bench, next(slices), None).crossed)
    calls = [step for step in whole if step.nth == 1 and "call" in step.name]
    ledgers = [step for step in whole if "ledger" in step.name]
    chosen = [*calls, *ledgers[:: max(1, len(ledgers) // 8)]]
    struck = [at for at in chosen if _empty_through(bench, next(slices), at).struck]
    assert {step.name for step in struck} >= {"before call POST reports", "after call POST reports"}
    bench.sandbox.clear_faults()


def _pieces(bench: Bench) -> Iterator[Slice]:
    last = date(2026, 11, 19)
    yield from bench.slices(from_day=last - timedelta(days=60), to_day=last)


def _empty_through(bench: Bench, slice_: Slice, at: Step | None) -> Steps:
    """Worker and triggerer by turns, killed once."""
    spec = spec_with(second_look=timedelta(minutes=10))
    with stepping(at) as steps:
        ids: tuple[int, ...] = ()
        for _ in range(12):
            try:
                step = bench.collector(spec).advance(slice_, RUN, request_ids=ids)
                if isinstance(step, Done):
                    break
                result = wait(bench.collector(spec), slice_, request_ids=step.request_ids)
            except Killed:
                ids = ()
                continue
            result.raise_if_failed()
            ids = result.request_ids
            if result.outcome is WaitOutcome.EMPTY:
                ids = ()
        else:
            raise AssertionError("the slice does not end")
    assert step.outcome is Outcome.EMPTY
    mine = [report for report in bench.reports() if _is_of(report, slice_)]
    assert len(mine) == 2, f"killed at {at}"
    first, second = requests_of(bench, slice_)
    assert asked_at(second) - first.updated_at >= timedelta(minutes=10), f"killed at {at}"
    return steps


def requests_of(bench: Bench, slice_: Slice) -> list[ReportRequest]:
    return [one for one in requests(bench, slice_) if one.marketplace_ids == slice_.marketplace_ids]


def _is_of(report: dict[str, object], slice_: Slice) -> bool:
    same_day = str(report["dataStartTime"])[:10] == slice_.first_day
    return same_day and report["marketplaceIds"] == list(slice_.marketplace_ids)


# -- late


def late_spec() -> ReportSpec:
    return spec_with(late_when=("not yet available", "has not been published"))


def test_an_unpublished_report_is_late_and_requested_again(bench: Bench) -> None:
    bench.sandbox.faults(
        "fatal_with_document", times=1, options={"detail": "The data for this week is Not Yet available"}
    )
    with pytest.raises(NotPublishedYet, match="Not Yet available"):
        collect(bench.collector(late_spec()), bench.slice_())
    (row,) = bench.ledger.slice_states()
    assert (row.state, row.error_type) == (SliceState.LATE, "NotPublishedYet")
    assert "Not Yet available" in (row.error or "")
    assert len(bench.documents()) == 1, "Amazon's reason is archived"
    done = collect(bench.collector(late_spec()), bench.slice_(), replace(RUN, try_number=2))
    assert done.outcome is Outcome.DOCUMENTS
    assert bench.creates() == 2


def test_another_reason_is_a_failure_still(bench: Bench) -> None:
    bench.sandbox.faults("fatal_with_document", times=1, options={"detail": "dates are not aligned"})
    with pytest.raises(ReportFatal):
        collect(bench.collector(late_spec()), bench.slice_())
    assert bench.states() == [SliceState.FAILED]


def test_a_period_that_cannot_be_published_yet_is_not_requested(bench: Bench) -> None:
    plain = load_spec("sales_and_traffic")
    period = plain.period.model_copy(update={"available_after": timedelta(hours=48)})
    spec = plain.model_copy(update={"period": period})
    slice_ = bench.slice_(index=2)
    with pytest.raises(NotPublishedYet, match="2d after its end"):
        bench.collector(spec).advance(slice_, RUN)
    assert bench.states() == [SliceState.LATE]
    assert bench.creates() == 0
    bench.jump(hours=48)
    assert collect(bench.collector(spec), slice_, another_run("later")).outcome is Outcome.DOCUMENTS


def test_a_late_report_does_not_change_a_loaded_day(bench: Bench) -> None:
    slice_ = bench.slice_()
    bench.ledger.set_slice_state(slice_, SliceState.LOADED, run=RUN)
    bench.ledger.set_slice_state(slice_, SliceState.LATE, run=RUN, error=NotPublishedYet("not yet."))
    assert bench.states() == [SliceState.LOADED]
