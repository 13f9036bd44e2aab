"""Lists that hide a row, or show another time than ours, lead to few visits and to one request."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from integration.collect.portal_parts import (
    NOON,
    RUN,
    PageVisit,
    PortalBench,
    collect,
    fees,
    let_time_pass_in_sleeps_alone,
)

from sellerops.base.errors import GiveUpError, RequestRefused
from sellerops.collect import Outcome, WaitFor
from sellerops.ledger import Ledger, RequestStatus
from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import Report

HOURS_12 = 12 * 60


@pytest.fixture
def bench(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PortalBench:
    made = PortalBench(ledger, tmp_path)
    let_time_pass_in_sleeps_alone(made, monkeypatch)
    return made


def test_a_row_that_has_gone_is_looked_for_at_a_distance_then_given_up_then_requested_anew(
    bench: PortalBench,
) -> None:
    slice_ = bench.slice_()
    assert isinstance(bench.collector().advance(slice_, RUN), WaitFor)
    bench.page.hides.add("5000")
    with pytest.raises(GiveUpError, match="not on the page any more after 12 h"):
        collect(bench, slice_, rounds=1_000)
    looks = bench.page.visits - 1
    assert looks <= HOURS_12 / 2 + 2, "one every `poll_every`, which is two minutes"
    assert collect(bench, slice_).outcome is Outcome.DOCUMENTS
    assert bench.page.downloaded == ["5001"], "a cleared task asks for the file again"


def test_a_row_that_goes_before_its_download_can_be_requested_anew(
    bench: PortalBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_ = bench.slice_()
    with monkeypatch.context() as patch:
        patch.setattr(PageVisit, "download", _is_not_listed)
        with pytest.raises(RequestRefused, match="no longer lists"):
            collect(bench, slice_)
    assert [row["status"] for row in bench.requests()] == [RequestStatus.FAILED]
    assert collect(bench, slice_).outcome is Outcome.DOCUMENTS
    assert bench.page.requested == 2


def test_a_request_that_waits_for_its_look_alike_keeps_its_distance(bench: PortalBench) -> None:
    slice_, other = bench.slice_(), fees(options={"report": "FEES", "brand": "B"})
    bench.page.hides.add("5000")
    assert isinstance(bench.collector().advance(slice_, RUN), WaitFor)
    visits = bench.page.visits
    assert isinstance(bench.collector(other).advance(slice_, RUN), WaitFor)
    assert isinstance(bench.collector(other).advance(slice_, RUN), WaitFor)
    assert bench.page.visits == visits + 1, "the second step finds that no look is due"
    assert bench.page.requested == 1


@pytest.mark.parametrize(
    "shows",
    [
        lambda moment: moment - timedelta(hours=8),
        lambda moment: moment.replace(hour=0, minute=0),
        lambda moment: moment + timedelta(minutes=5),
        lambda moment: UNKNOWN_TIME,
    ],
    ids=["another zone", "the day alone", "a clock that is ahead", "none"],
)
def test_a_new_row_is_the_requests_own_whatever_time_it_shows(bench: PortalBench, shows: object) -> None:
    bench.page.add(at=NOON - timedelta(days=9))
    bench.page.shows = shows  # type: ignore[assignment]
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS
    assert (bench.page.requested, bench.page.downloaded) == (1, ["5001"])


def test_an_old_row_without_a_time_is_not_taken_for_one_that_is_not_listed_yet(bench: PortalBench) -> None:
    bench.page.is_timed = False
    bench.page.add()
    bench.page.hides.add("5001")
    assert isinstance(bench.collector().advance(bench.slice_(), RUN), WaitFor)
    assert [row["report_id"] for row in bench.requests()] == [None]


def test_a_request_that_the_page_never_lists_is_repeated_ever_more_rarely_then_given_up(
    bench: PortalBench,
) -> None:
    slice_, clicks = bench.slice_(), []

    def note(border: str) -> None:
        if border == "before the request":
            clicks.append((bench.ledger.clock().now() - NOON) / timedelta(minutes=1))

    bench.page.on = note
    bench.page.hides.update(str(number) for number in range(5_000, 5_999))
    with pytest.raises(GiveUpError, match="has not listed it within 12 h"):
        collect(bench, slice_, rounds=1_000)
    assert clicks[:4] == [0, 4, 12, 28], "each pause is as long as the request is old"
    assert len(clicks) < 20
    bench.page.hides.clear()
    assert collect(bench, slice_).outcome is Outcome.DOCUMENTS, "a cleared task starts over"


def _is_not_listed(visit: PageVisit, report: Report | None) -> object:
    raise RequestRefused("the page no longer lists the report.", where="page fees")
