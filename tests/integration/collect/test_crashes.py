"""A crash never requests twice: killed at every step, the slice still has one report and one document."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from integration.collect.killing import Killed, Step, Steps, apart, stepping
from integration.collect.parts import RUN, Bench, another_run, collect, spec_with, wait
from support.postgres import PostgresServer

from sellerops.archive import Archive
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor
from sellerops.ledger import Ledger, RequestStatus
from sellerops.rate_limits import QuotaLedger, ReuseRules
from sellerops.settings.specs import ReportSpec, load_spec


def test_killed_at_every_step_a_slice_has_one_report_and_one_document(bench: Bench, tmp_path: Path) -> None:
    slices = _many_slices(bench)
    whole = _run_through(bench, next(slices), None, tmp_path / "whole").crossed
    struck = [
        at
        for number, at in enumerate(apart(whole))
        if _run_through(bench, next(slices), at, tmp_path / str(number)).struck
    ]
    assert len(struck) > 20
    assert set(_firsts(apart(whole))) <= set(struck)
    borders = {"before call POST reports", "after call POST reports", "after download", "after file"}
    assert borders <= {step.name for step in struck}


def test_postgres_killed_at_every_kind_of_step(
    bench: Bench, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """The collector keeps running; the database goes down and comes back between its steps."""
    slices = _many_slices(bench)

    def strike() -> None:
        postgres_server.kill()
        postgres_server.stop()
        postgres_server.start()

    whole = _run_through(bench, next(slices), None, tmp_path / "whole").crossed
    for number, at in enumerate(_firsts(whole)):
        slice_ = next(slices)
        bench.archive = Archive(str(tmp_path / str(number)))
        with stepping(at, strike) as steps:
            done = collect(bench.collector(), slice_)
        assert steps.struck
        assert done.outcome is Outcome.DOCUMENTS
        _assert_once(bench, slice_, tmp_path / str(number), f"Postgres killed at {at}")


@pytest.mark.parametrize("fault", ["response_lost", "error_after"])
def test_a_report_whose_answer_was_lost_is_adopted(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault, operation="createReport", times=1)
    done = collect(bench.collector(), bench.slice_())
    request = bench.ledger.get_request(done.request_ids[0])
    assert request.created_by == "adopted"
    assert [report["reportId"] for report in bench.reports()] == [request.report_id]
    # One look before the create, for a report to use again, and one for the orphan.
    assert len(bench.sandbox.calls(operation="getReports")) == 2


def test_a_create_that_had_no_effect_is_repeated(bench: Bench) -> None:
    bench.sandbox.faults("drop", operation="createReport", times=1)
    done = collect(bench.collector(), bench.slice_())
    assert bench.ledger.get_request(done.request_ids[0]).created_by == "us"
    assert len(bench.reports()) == 1


def test_the_orphan_is_found_behind_a_full_page(bench: Bench) -> None:
    """getReports lists newest first, 100 a page; the orphan is older than 120 reports of another app."""
    slice_, spec = bench.slice_(), load_spec("sales_and_traffic")
    for operation in ("createReport", "getReports"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    bench.sandbox.faults("response_lost", operation="createReport", times=1)
    opened = bench.collector().advance(slice_, RUN)
    assert isinstance(opened, WaitFor)
    with stepping(None) as steps, pytest.raises(Killed):
        _die_after_create(bench, slice_, steps)
    mine = bench.reports()
    assert len(mine) == 1
    _other_apps_reports(bench, bench.slices(spec)[1], 120)
    done = collect(bench.collector(), slice_)
    assert bench.ledger.get_request(done.request_ids[0]).report_id == mine[0]["reportId"]
    # One look before the create, for a report to use again, and two pages for the orphan.
    assert len(bench.sandbox.calls(operation="getReports")) == 3


def test_many_followers_of_one_request_create_once(bench: Bench) -> None:
    """Zombie triggers, a second run and a retry all wait for the same request."""

    async def crowd() -> set[tuple[int, ...]]:
        waits = [bench.collector().wait(bench.slice_(), another_run(f"run {n}")) for n in range(12)]
        return {result.request_ids for result in await asyncio.gather(*waits)}

    assert len(asyncio.run(crowd())) == 1
    assert len(bench.reports()) == 1


def test_many_followers_of_an_orphan_adopt_once(bench: Bench) -> None:
    bench.sandbox.faults("response_lost", operation="createReport", times=1)
    bench.sandbox.quotas(operation="getReports", rate=100.0, burst=100)

    async def crowd() -> set[tuple[int, ...]]:
        waits = [bench.collector().wait(bench.slice_(), another_run(f"run {n}")) for n in range(5)]
        return {result.request_ids for result in await asyncio.gather(*waits)}

    assert len(asyncio.run(crowd())) == 1
    assert len(bench.reports()) == 1


@pytest.mark.usefixtures("stepping_clock")
@pytest.mark.parametrize("faults", [{"response_lost": 2}, {"drop": 1, "response_lost": 1}])
def test_reports_that_differ_in_options_only_are_not_mixed_up(bench: Bench, faults: dict[str, int]) -> None:
    """Amazon does not return a report's options: two orphans that differ only in them must not exist at once.

    Else the one whose call had no effect would take the other's report for its own.
    """
    for fault, times in faults.items():
        bench.sandbox.faults(fault, operation="createReport", times=times)
    by_child = spec_with()
    by_sku = spec_with(options={"dateGranularity": "DAY", "asinGranularity": "SKU"})

    async def both() -> None:
        waits = [
            bench.collector(spec).wait(bench.slice_(), another_run(name))
            for name, spec in _named(by_child, by_sku)
        ]
        await asyncio.gather(*waits)

    asyncio.run(both())
    assert len(bench.reports()) == 2
    for name, spec in _named(by_child, by_sku):
        done = collect(bench.collector(spec), bench.slice_(), another_run(name))
        request = bench.ledger.get_request(done.request_ids[0])
        with bench.archive.open(request.archive_uri or "") as stream:
            assert f'"asinGranularity":"{name}"' in stream.read(2000).decode().replace(" ", "")
    assert len(bench.reports()) == 2


def test_an_unfollowed_orphan_does_not_block_its_look_alike(bench: Bench) -> None:
    """The other request's run was deleted while it was CREATING; this one settles it and continues."""
    bench.sandbox.faults("response_lost", operation="createReport", times=1)
    other = spec_with(options={"dateGranularity": "DAY", "asinGranularity": "SKU"})
    with stepping(None) as steps, pytest.raises(Killed):
        _die_after_create(bench, bench.slice_(), steps, other)
    collect(bench.collector(), bench.slice_())
    rows = bench.ledger.open_requests(bench.account.id)
    assert [(row.options["asinGranularity"], row.created_by) for row in rows] == [("SKU", "adopted")]
    assert len(bench.reports()) == 2


def test_a_cancelled_wait_leaves_a_slice_that_goes_on(bench: Bench) -> None:
    """The triggerer stops: its waits are cancelled at whatever they do."""

    async def begin_and_stop(after: int) -> None:
        task = asyncio.create_task(bench.collector().wait(bench.slice_(), RUN))
        for _ in range(after):
            await asyncio.sleep(0)
            if task.done():
                return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for after in (1, 5, 20, 80, 300, 1000):
        asyncio.run(begin_and_stop(after))
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS
    assert len(bench.reports()) == 1


def _run_through(bench: Bench, slice_: Slice, at: Step | None, directory: Path) -> Steps:
    """Worker and triggerer in turn, killed once at step ``at``; each restarts as Airflow would."""
    bench.archive = Archive(str(directory))
    with stepping(at) as steps:
        ids: tuple[int, ...] = ()
        for _ in range(12):
            try:
                step = bench.collector().advance(slice_, RUN, request_ids=ids)
            except Killed:
                ids = ()  # a new try of the task
                continue
            if isinstance(step, Done):
                break
            while True:
                try:
                    result = wait(bench.collector(), slice_, request_ids=step.request_ids)
                except Killed:
                    continue  # the trigger starts again elsewhere
                break
            result.raise_if_failed()
            ids = result.request_ids
        else:
            raise AssertionError("the slice does not end")
    assert step.outcome is Outcome.DOCUMENTS
    _assert_once(bench, slice_, directory, f"killed at {at}")
    return steps


def _assert_once(bench: Bench, slice_: Slice, directory: Path, why: str) -> None:
    mine = [report for report in bench.reports() if _is_of(report, slice_)]
    assert len(mine) == 1, why
    assert len(list(directory.rglob("*.gz"))) == 1, why
    assert len(list(directory.rglob("*.json"))) == 1, why
    rows = [row for row in _rows(bench.ledger, slice_) if row is not RequestStatus.FAILED]
    assert rows == [RequestStatus.ARCHIVED], why


def _is_of(report: dict[str, str | list[str]], slice_: Slice) -> bool:
    same_day = str(report["dataStartTime"])[:10] == slice_.first_day
    return same_day and report["marketplaceIds"] == list(slice_.marketplace_ids)


def _rows(ledger: Ledger, slice_: Slice) -> list[RequestStatus]:
    found = ledger.database.run(
        lambda c: c.execute(
            "SELECT status FROM sellerops.report_request WHERE window_start = %s AND marketplace_ids = %s",
            (slice_.start, list(slice_.marketplace_ids)),
        ).fetchall()
    )
    return [RequestStatus(row["status"]) for row in found]


def _many_slices(bench: Bench) -> Iterator[Slice]:
    """Slices enough to kill each at another step; quotas are not what is tested here.

    Each looks for a report to use again, as if no other had looked just before.
    """
    reuse = ReuseRules(every=timedelta(0), leave=0)
    bench.limits = QuotaLedger(bench.ledger, bench.limits.config.model_copy(update={"reuse": reuse}))
    for operation in ("createReport", "getReport", "getReports", "getReportDocument"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    last = date(2026, 11, 19)
    yield from bench.slices(from_day=last - timedelta(days=100), to_day=last)


def _firsts(steps: list[Step]) -> list[Step]:
    """Each border where it is crossed for the first time."""
    return [step for step in steps if step.nth == 1]


def _die_after_create(bench: Bench, slice_: Slice, steps: object, spec: ReportSpec | None = None) -> None:
    """Kill the wait as soon as Amazon has made the report."""

    async def until_made() -> None:
        task = asyncio.create_task(bench.collector(spec).wait(slice_, another_run("dies")))
        while not await asyncio.to_thread(bench.reports):  # each look is a call: the loop does not spin
            pass
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(until_made())
    raise Killed


def _other_apps_reports(bench: Bench, slice_: Slice, count: int) -> None:
    """Reports of the same type that another application creates now."""
    from sellerops.sources.amazon_sp.reports import query_of
    from sellerops.sources.common.sessions import run_blocking

    client = bench.client()
    query = query_of(load_spec("sales_and_traffic"), slice_)

    async def make() -> None:
        for _ in range(count):
            await client.create_report(query, leased=True)

    run_blocking(make)


def _named(by_child: ReportSpec, by_sku: ReportSpec) -> list[tuple[str, ReportSpec]]:
    return [("CHILD", by_child), ("SKU", by_sku)]
