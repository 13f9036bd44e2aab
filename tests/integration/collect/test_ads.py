"""Amazon Ads from plan to archive: created once whatever fails, adopted if it exists, with facts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from integration.collect.ads_parts import ADS_RUN, AdsBench, campaigns
from integration.collect.killing import Killed, Step, Steps, apart, stepping
from integration.collect.parts import RUN_AT, collect, wait
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.base.errors import NothingToCollect, ReportFatal
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, WaitResult
from sellerops.ledger import Ledger, RequestStatus, SliceState
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_ads.profiles import _known
from sellerops.sources.common import deadline

SPEED = 600


@pytest.fixture
def bench(local_amazon: SandboxServer, ledger: Ledger, tmp_path: Path) -> AdsBench:
    local_amazon.reset()
    local_amazon.clock(set=RUN_AT.isoformat(), speed=SPEED)
    made = AdsBench(local_amazon, ledger, tmp_path / "archive")
    made.follow_clock()
    return made


def test_one_slice_end_to_end(bench: AdsBench) -> None:
    done = collect(bench.collector(), bench.slice_(), ADS_RUN)
    request = bench.request_of(done)
    assert done.outcome is Outcome.DOCUMENTS
    assert request.status is RequestStatus.ARCHIVED
    with bench.archive.open(request.archive_uri or "") as stream:
        rows = json.load(stream)
    assert rows
    profile = bench.sandbox.account("northwind_na")["ads"]["profiles"][0]
    facts = {
        "profile_id": str(profile["profile_id"]),
        "currency_code": "USD",
        "timezone": "America/Los_Angeles",
    }
    assert request.document_headers["facts"] == facts
    (sidecar,) = bench.archive.sidecars(request.archive_uri or "")
    assert sidecar["response"]["facts"] == facts


def test_killed_at_every_step_a_slice_has_one_report_and_one_document(
    bench: AdsBench, tmp_path: Path
) -> None:
    days = _single_days(bench)
    bench.sandbox.quotas(operation="createAdsReport", rate=100.0, burst=1000)
    whole = _run_through(bench, next(days), None, tmp_path / "whole").crossed
    struck = []
    for number, at in enumerate(_one_of_each(apart(whole))):
        _forget_profiles(bench)
        if _run_through(bench, next(days), at, tmp_path / str(number)).struck:
            struck.append(at)
    names = {step.name for step in struck}
    assert {"before call POST reports", "after call POST reports", "after call GET reports/id"} <= names
    assert {"after download", "after file"} <= names
    assert len(struck) > 10


@pytest.mark.parametrize("fault", ["response_lost", "error_after", "ads_throttled_after"])
def test_a_report_that_is_there_already_is_adopted(
    bench: AdsBench, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost answer, or a create that was throttled but accepted: the next create is a duplicate (425)."""
    # The call has ended: repeated while Amazon processes the first report, as in real time.
    monkeypatch.setattr(deadline, "LISTED_WITHIN", 0.0)
    bench.sandbox.faults(fault, operation="createAdsReport", times=1)
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    assert request.created_by == "adopted"
    made = bench.sandbox.calls(operation="createAdsReport")
    assert [call["status"] for call in made][-1] == 425
    assert len(made) == 2
    assert request.report_id == made[-1]["report_id"]


def test_a_create_that_had_no_effect_is_repeated(bench: AdsBench) -> None:
    bench.sandbox.faults("drop", operation="createAdsReport", times=1)
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    assert request.created_by == "us"
    assert bench.ads_creates() == 1


def test_amazons_retry_after_is_applied_to_the_second(
    bench: AdsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retry-After: no call comes earlier, and the next within a second or two of it."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    bench.sandbox.faults("ads_throttled", operation="createAdsReport", times=1, options={"retry_after": 600})
    collect(bench.collector(), bench.slice_(), ADS_RUN)
    first, second = _times(bench, "createAdsReport")
    assert 600 <= second - first < 602
    assert bench.statuses("createAdsReport") == [429, 200]


def test_without_a_time_the_pauses_double(bench: AdsBench) -> None:
    bench.sandbox.faults("ads_throttled", operation="createAdsReport", times=6)
    collect(bench.collector(), bench.slice_(), ADS_RUN)
    times = _times(bench, "createAdsReport")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert bench.statuses("createAdsReport") == [429] * 6 + [200]
    for number, gap in enumerate(gaps):
        assert gap >= 2 * 2**number
    assert gaps[-1] > 60


def test_downloads_do_not_wait_for_each_other(bench: AdsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the bucket's ten tokens may be reserved for later workers, because it refills quickly."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    days = [date(2026, 11, day) for day in range(1, 15)]
    slices = [slice_ for day in days for slice_ in bench.slices(from_day=day, to_day=day)][:12]
    assert len(slices) == 12

    async def waits() -> list[WaitResult]:
        runs = [replace(ADS_RUN, map_index=number) for number in range(12)]
        return await asyncio.gather(
            *(bench.collector().wait(slice_, run) for slice_, run in zip(slices, runs, strict=True))
        )

    requests = [bench.ledger.get_request(one.request_ids[0]) for one in asyncio.run(waits())]
    kept = sorted(each.document_lease_at for each in requests if each.document_lease_at)
    assert len(kept) == 12
    assert bench.ledger.clock().now() - kept[0] < timedelta(minutes=15), (
        "no reservation was given up for another"
    )


def test_a_throttled_download_waits_in_the_triggerer(
    bench: AdsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's try does not fail, and is repeated when Amazon said."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    collector, slice_ = bench.collector(), bench.slice_()
    ids = wait(collector, slice_, ADS_RUN).request_ids
    bench.sandbox.faults("ads_throttled", operation="getAdsReport", times=1, options={"retry_after": 600})
    step = collector.advance(slice_, ADS_RUN, request_ids=ids)
    assert isinstance(step, WaitFor)
    assert wait(collector, slice_, ADS_RUN, request_ids=step.request_ids).outcome is WaitOutcome.READY
    assert isinstance(collector.advance(slice_, ADS_RUN, request_ids=ids), Done)
    assert bench.statuses("getAdsReport")[-2:] == [429, 200]
    refused, taken = _times(bench, "getAdsReport")[-2:]
    assert 600 <= taken - refused < 602


def test_polls_slow_down_over_hours_of_pending(bench: AdsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the triggerer waits: the worker has one step before and one after."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    bench.sandbox.jobs(queue_seconds=3 * 3600, progress_seconds=60)
    collector, slice_ = bench.collector(campaigns(poll_every=timedelta(seconds=30))), bench.slice_()
    opened = collector.advance(slice_, ADS_RUN)
    assert isinstance(opened, WaitFor)
    result = wait(collector, slice_, ADS_RUN, request_ids=opened.request_ids)
    assert result.outcome is WaitOutcome.READY
    assert isinstance(collector.advance(slice_, ADS_RUN, request_ids=result.request_ids), Done)
    # Every 30 s it would be 360; how many it is depends a little on the offset of the request.
    assert 20 < len(bench.statuses("getAdsReport")) < 90


def test_an_expired_address_is_requested_again(bench: AdsBench) -> None:
    bench.sandbox.faults("expired_url", times=1)
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    assert request.status is RequestStatus.ARCHIVED


def test_a_truncated_download_is_repeated(bench: AdsBench) -> None:
    bench.sandbox.faults("document_truncated", times=1)
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    with bench.archive.open(request.archive_uri or "") as stream:
        assert json.load(stream)


def test_a_token_refused_while_polling_is_renewed(bench: AdsBench) -> None:
    bench.sandbox.faults(
        "http_status", operation="getAdsReport", times=1, options={"status": 401, "body": "{}"}
    )
    done = collect(bench.collector(), bench.slice_(), ADS_RUN)
    assert done.outcome is Outcome.DOCUMENTS


def test_the_error_of_a_failed_report_has_amazons_reason(bench: AdsBench) -> None:
    bench.sandbox.faults("fatal", report_type="spCampaigns", times=1)
    with pytest.raises(ReportFatal) as caught:
        collect(bench.collector(), bench.slice_(), ADS_RUN)
    assert "FATAL" in caught.value.cause


def test_a_marketplace_without_a_profile_is_skipped_with_a_message(bench: AdsBench) -> None:
    """The account sells in Brazil too, but does not advertise there."""
    bench.account = replace(bench.account, marketplaces=(*bench.account.marketplaces, marketplace("BR")))
    slice_ = next(one for one in bench.slices() if one.marketplaces == ("BR",))
    for _ in range(2):
        with pytest.raises(NothingToCollect, match="no profile of this account in BR"):
            collect(bench.collector(), slice_, ADS_RUN)
    assert set(bench.states()) == {str(SliceState.CONFIRMED_EMPTY)}
    assert len(bench.statuses("listProfiles")) == 1
    assert bench.statuses("createAdsReport") == []
    with bench.ledger.connection() as connection:
        rows = connection.execute("SELECT status FROM sellerops.report_request").fetchall()
    assert [row["status"] for row in rows] == ["PLANNED"], "nothing was requested, and nothing is stuck"


def test_one_list_of_profiles_serves_all_slices(bench: AdsBench) -> None:
    for slice_ in bench.slices()[:3]:
        collect(bench.collector(), slice_, ADS_RUN)
    assert len(bench.statuses("listProfiles")) == 1


@pytest.mark.parametrize("name", ["campaigns", "portfolios", "sp_keywords", "profiles"])
def test_entities_are_archived(bench: AdsBench, name: str) -> None:
    spec = load_spec(f"report__amazon_ads__{name}")
    request = bench.request_of(collect(bench.collector(spec), bench.slice_(spec), ADS_RUN))
    with bench.archive.open(request.archive_uri or "") as stream:
        assert len(stream.read()) > 500
    facts = request.document_headers.get("facts", {})
    assert bool(facts) == (name != "profiles")


def _one_of_each(steps: list[Step]) -> list[Step]:
    """The steps around calls and files, and of the many of the ledger every eighth: all are struck in
    the same collector's tests of other reports.
    """
    ours = [step for step in steps if "ledger" in step.name and step.nth % 8 == 1]
    return [step for step in steps if "ledger" not in step.name or step in ours]


def _single_days(bench: AdsBench) -> Iterator[Slice]:
    """Slices of one day each, all of them different."""
    spec = campaigns()
    one = spec.model_copy(update={"period": spec.period.model_copy(update={"max_days": 1})})
    first = date(2026, 9, 1)
    slices = bench.slices(one, from_day=first, to_day=first + timedelta(days=79))
    return iter(slices)


def _run_through(bench: AdsBench, slice_: Slice, at: Step | None, directory: Path) -> Steps:
    """Worker and triggerer in turn, killed once at step ``at``; each restarts as Airflow would."""
    bench.archive = Archive(str(directory))
    before = bench.ads_creates()
    with stepping(at) as steps:
        ids: tuple[int, ...] = ()
        for _ in range(12):
            try:
                step = bench.collector().advance(slice_, ADS_RUN, request_ids=ids)
            except Killed:
                ids = ()  # a new try of the task
                continue
            if isinstance(step, Done):
                break
            while True:
                try:
                    result = wait(bench.collector(), slice_, ADS_RUN, request_ids=step.request_ids)
                except Killed:
                    continue  # the trigger starts again elsewhere
                break
            result.raise_if_failed()
            ids = result.request_ids
        else:
            raise AssertionError("the slice does not end")
    why = f"killed at {at}"
    assert step.outcome is Outcome.DOCUMENTS
    assert bench.ads_creates() == before + 1, why
    assert len(list(directory.rglob("*.gz"))) == 1, why
    assert len(list(directory.rglob("*.json"))) == 1, why
    return steps


def _forget_profiles(bench: AdsBench) -> None:
    """As in a new process, a day later."""
    _known.pop(bench.ledger, None)
    with bench.ledger.connection() as connection:
        connection.execute("DELETE FROM sellerops.ads_profiles_listed")


def _times(bench: AdsBench, operation: str) -> list[float]:
    """The times of an operation's calls, in seconds of the local Amazon's clock."""
    calls = bench.sandbox.calls(operation=operation)
    return [datetime.fromisoformat(call["at"]).timestamp() for call in calls]
