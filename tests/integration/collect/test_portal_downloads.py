"""A page's file is requested once, waited for without worker or browser, accepted and archived once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from integration.collect.portal_parts import (
    CONTENT,
    NOON,
    RUN,
    PortalBench,
    beside,
    collect,
    fees,
    let_time_pass_in_sleeps_alone,
)

from sellerops.base.errors import (
    AmazonUnavailable,
    BrowserUnavailable,
    ConfigurationError,
    GiveUpError,
    PageChanged,
    PermissionMissing,
    PersonNeeded,
    ReportFatal,
    RequestRefused,
    Throttled,
    WrongFile,
)
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, portal_downloads
from sellerops.ledger import Ledger, RequestStatus, SliceState, waits
from sellerops.ledger.login_locks import end_job, jobs, lock_of, take_lock
from sellerops.ledger.logins import ActionOutcome, JobRef, JobState, RequiredActionKind
from sellerops.ledger.required_actions import action_of, end_action, open_actions
from sellerops.sources.common.portal_api import Delivery
from sellerops.sources.common.report_api import ProcessingStatus

CANARY = JobRef("canary", page="report_central", dag_id="portal_canary", run_id="r", task_id="check")


@pytest.fixture
def bench(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PortalBench:
    made = PortalBench(ledger, tmp_path)
    let_time_pass_in_sleeps_alone(made, monkeypatch)
    return made


def wait_for(bench: PortalBench, step: Done | WaitFor, slice_=None):
    assert isinstance(step, WaitFor)
    return bench.collector().wait(slice_ or bench.slice_(), RUN, request_ids=step.request_ids)


# -- the usual life of a file


def test_a_file_is_requested_left_alone_and_fetched(bench: PortalBench) -> None:
    slice_ = bench.slice_()
    step = bench.collector().advance(slice_, RUN)
    assert isinstance(step, WaitFor)
    assert lock_of(bench.ledger, bench.login.id) is None, (
        "nobody holds the browser while the page prepares the file"
    )
    assert [str(row.state) for row in bench.ledger.slice_states()] == ["REQUESTED"]
    done = collect(bench, slice_)
    assert done.outcome is Outcome.DOCUMENTS
    assert (bench.page.requested, bench.page.downloaded, len(bench.documents())) == (1, ["5000"], 1)
    request = bench.ledger.get_request(done.request_ids[0])
    assert (request.status, request.report_id, request.created_by) == (RequestStatus.ARCHIVED, "5000", "us")
    assert request.reported_at == NOON, "the data are as of the request"
    assert request.document_headers["facts"] == {"marketplace": "US"}
    with bench.archive.open(request.archive_uri or "") as stream:
        assert stream.read() == CONTENT
    (sidecar,) = (json.loads(path.read_text()) for path in bench.sidecars())
    assert (sidecar["source"], sidecar["report"]) == ("seller_portal", "fees")
    assert (sidecar["request"]["report_id"], sidecar["request"]["page"]) == ("5000", "report_central")
    assert sidecar["response"]["file_name"] == "fees.csv"
    assert {job.state for job in jobs(bench.ledger)} == {JobState.DONE}
    assert jobs(bench.ledger)[0].ref.request_id == request.id


def test_looks_keep_their_distance(bench: PortalBench) -> None:
    """The first after `first_poll`, the next ones every `poll_every`, whoever comes in between."""
    bench.page.looks_until_ready = 3
    slice_, looks = bench.slice_(), []
    step: Done | WaitFor = bench.collector().advance(slice_, RUN)
    while isinstance(step, WaitFor):
        assert isinstance(bench.collector().advance(slice_, RUN), WaitFor), "an early look is no visit"
        asyncio.run(wait_for(bench, step))
        looks.append(bench.ledger.clock().now() - NOON)
        step = bench.collector().advance(slice_, RUN, request_ids=step.request_ids)
    minutes = [look / timedelta(minutes=1) for look in looks]
    assert minutes == [1, 3, 5]
    assert bench.page.visits == 4


def test_runs_that_share_a_window_share_its_file(bench: PortalBench) -> None:
    slice_, other = bench.slice_(), replace(RUN, run_id="manual__1")
    first = bench.collector().advance(slice_, RUN)
    second = bench.collector().advance(slice_, other)
    assert isinstance(first, WaitFor)
    assert isinstance(second, WaitFor)
    assert first.request_ids == second.request_ids
    done = collect(bench, slice_)
    assert collect(bench, slice_, other).request_ids == done.request_ids
    assert (bench.page.requested, len(bench.page.downloaded)) == (1, 1)


def test_a_window_is_reused_while_it_is_fresh(bench: PortalBench) -> None:
    slice_ = bench.slice_()
    done = collect(bench, slice_)
    bench.jump(timedelta(hours=5))
    visits = bench.page.visits
    assert collect(bench, slice_, replace(RUN, run_id="later")).request_ids == done.request_ids
    assert bench.page.visits == visits, "without a browser"
    bench.jump(timedelta(hours=2))
    assert collect(bench, slice_, replace(RUN, run_id="much later")).request_ids != done.request_ids
    assert bench.page.requested == 2


def test_a_page_that_answers_at_once_needs_no_wait(bench: PortalBench) -> None:
    bench.page.delivery = Delivery.DIRECT
    done = bench.collector().advance(bench.slice_(), RUN)
    assert isinstance(done, Done)
    request = bench.ledger.get_request(done.request_ids[0])
    assert (request.status, request.reported_at) == (RequestStatus.ARCHIVED, NOON)
    assert (bench.page.visits, bench.page.downloaded) == (1, ["direct"])


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_download_of_several_files_is_several_documents(bench: PortalBench, delivery: Delivery) -> None:
    bench.page.delivery, bench.page.contents = delivery, [CONTENT, b"page 2", b"page 3"]
    slice_ = bench.slice_()
    done = collect(bench, slice_)
    assert len(done.request_ids) == len(bench.documents()) == 3
    numbers = [bench.ledger.get_request(one).options.get("part") for one in done.request_ids]
    assert numbers == [None, "2", "3"]
    assert collect(bench, slice_).request_ids == done.request_ids, "a cleared task finds all of them"


# -- what the page has already


@pytest.mark.parametrize(
    ("hours", "status", "is_taken"),
    [
        (-1, ProcessingStatus.DONE, True),
        (-1, ProcessingStatus.IN_PROGRESS, True),
        (-7, ProcessingStatus.DONE, False),
        (-1, ProcessingStatus.FATAL, False),
        (-1, ProcessingStatus.CANCELLED, False),
    ],
)
def test_a_fresh_file_of_the_page_is_taken_instead_of_asking(
    bench: PortalBench, hours: float, status: ProcessingStatus, is_taken: bool
) -> None:
    row = bench.page.add(status, NOON + timedelta(hours=hours))
    done = collect(bench, bench.slice_())
    request = bench.ledger.get_request(done.request_ids[0])
    assert bench.page.requested == (0 if is_taken else 1)
    assert (request.report_id == row.report_id) is is_taken
    assert request.created_by == ("reused" if is_taken else "us")


def test_a_file_from_before_the_end_of_its_window_is_incomplete(bench: PortalBench) -> None:
    slice_ = bench.slice_(2)
    assert slice_.end is not None
    bench.set_clock(slice_.end + timedelta(hours=1))
    bench.page.add(ProcessingStatus.DONE, slice_.end - timedelta(minutes=1))
    collect(bench, slice_)
    assert bench.page.requested == 1


def test_one_row_serves_one_window(bench: PortalBench) -> None:
    """Rows of two slices that look alike to the page are never swapped."""
    first, second = bench.slice_(0), bench.slice_(1)
    ids = {collect(bench, each).request_ids[0] for each in (first, second)}
    assert len({bench.ledger.get_request(one).report_id for one in ids}) == 2
    assert bench.page.requested == 2


# -- other ends


@pytest.mark.parametrize("how", ["row", "empty"])
def test_no_data_is_an_answer(bench: PortalBench, how: str) -> None:
    if how == "row":
        bench.page.ends = ProcessingStatus.CANCELLED
    else:
        bench.page.contents = ()
    done = collect(bench, bench.slice_())
    assert (done.outcome, bench.documents()) == (Outcome.EMPTY, [])
    assert [row.state for row in bench.ledger.slice_states()] == [SliceState.CONFIRMED_EMPTY]
    assert bench.page.requested == 1, "one look is conclusive"


def test_a_file_that_the_page_cannot_make_fails_with_its_reason(bench: PortalBench) -> None:
    bench.page.ends = ProcessingStatus.FATAL
    with pytest.raises(ReportFatal, match="out of memory"):
        collect(bench, bench.slice_())
    assert [row.state for row in bench.ledger.slice_states()] == [SliceState.FAILED]
    bench.page.ends = ProcessingStatus.DONE
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS, "a cleared task asks again"
    assert bench.page.requested == 2


def test_a_file_that_never_gets_ready_is_given_up(bench: PortalBench) -> None:
    bench.page.looks_until_ready = 10**6
    with pytest.raises(GiveUpError, match="after 12 h"):
        collect(bench, bench.slice_(), spec=fees(poll_every=timedelta(hours=5)))
    assert bench.requests()[0]["status"] == "FAILED"


def test_a_wrong_file_is_discarded_and_asked_for_again(bench: PortalBench) -> None:
    bench.page.contents = [b"WRONG store"]
    slice_ = bench.slice_()
    with pytest.raises(WrongFile):
        collect(bench, slice_)
    assert bench.documents() == []
    assert [row["status"] for row in bench.requests()] == ["FAILED"]
    bench.page.contents = [CONTENT]
    done = collect(bench, slice_, replace(RUN, try_number=2))
    assert bench.ledger.get_request(done.request_ids[0]).report_id == "5001", (
        "the discarded row is not taken again"
    )
    assert (bench.page.requested, len(bench.documents())) == (2, 1)


def test_of_several_files_one_wrong_one_discards_all(bench: PortalBench) -> None:
    bench.page.contents = [CONTENT, b"WRONG"]
    with pytest.raises(WrongFile):
        collect(bench, bench.slice_())
    assert bench.documents() == []


@pytest.mark.parametrize(("said", "minutes"), [({}, 5), ({"virtual_seconds": 1_200.0}, 20)])
def test_the_page_says_that_it_is_too_early(
    bench: PortalBench, said: dict[str, float], minutes: float
) -> None:
    refusals = iter([Throttled("A report of this type was requested recently.", **said)])

    def too_early(border: str) -> None:
        if border == "before the request" and (error := next(refusals, None)):
            raise error

    bench.page.on = too_early
    step = bench.collector().advance(bench.slice_(), RUN)
    assert isinstance(step, WaitFor)
    assert "too early" in step.reason
    assert bench.requests()[0]["status"] == "PLANNED"
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS
    assert bench.page.rows[0].created_at == NOON + timedelta(minutes=minutes)


def test_the_page_refuses_for_good(bench: PortalBench) -> None:
    def refuse(border: str) -> None:
        if border == "before the request":
            raise RequestRefused("The range is longer than 31 days.")

    bench.page.on = refuse
    with pytest.raises(RequestRefused):
        bench.collector().advance(bench.slice_(), RUN)
    assert bench.requests()[0]["status"] == "FAILED"


@pytest.mark.parametrize(
    "error", [PageChanged("no button", page="p", control="c"), AmazonUnavailable("no data")]
)
@pytest.mark.parametrize(
    "border", ["in the visit", "before the list", "before the request", "before the download"]
)
def test_what_ends_a_visit_leaves_the_request_where_it_was(
    bench: PortalBench, border: str, error: Exception
) -> None:
    """After the page object was corrected, a cleared task goes on; nothing was asked for twice."""
    bench.page.on = lambda at: _raise(error) if at == border else None
    with pytest.raises(type(error)):
        collect(bench, bench.slice_())
    assert lock_of(bench.ledger, bench.login.id) is None
    bench.page.on = lambda at: None
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS
    assert (bench.page.requested, len(bench.documents())) == (1, 1)


def test_a_missing_permission_fails_its_slice_alone(bench: PortalBench) -> None:
    """Other pages of the login, which the user may see, need no person and go on at once."""
    error = PermissionMissing("The login's user may not see this page.")
    bench.page.on = lambda at: _raise(error) if at == "before the list" else None
    with pytest.raises(PermissionMissing):
        bench.collector().advance(bench.slice_(), RUN)
    assert action_of(bench.ledger, bench.login.id) is None
    bench.page.on = lambda at: None
    assert collect(bench, bench.slice_(1)).outcome is Outcome.DOCUMENTS
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS, "a cleared task tries again"


def test_a_document_that_the_archive_lost_is_asked_for_again(bench: PortalBench) -> None:
    slice_ = bench.slice_()
    collect(bench, slice_)
    bench.documents()[0].unlink()
    done = collect(bench, slice_)
    assert len(bench.documents()) == 1
    assert bench.page.requested == 2
    assert bench.ledger.get_request(done.request_ids[0]).report_id == "5001"


# -- the login


def test_a_busy_login_is_waited_for(bench: PortalBench) -> None:
    lock = take_lock(bench.ledger, bench.login.id, CANARY, "test")
    step = bench.collector().advance(bench.slice_(), RUN)
    assert isinstance(step, WaitFor)
    assert "portal_canary, run r, check" in step.reason
    assert bench.page.visits == 0
    result = asyncio.run(beside(wait_for(bench, step), lambda: end_job(bench.ledger, lock, JobState.DONE)))
    assert result.outcome is WaitOutcome.READY
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS


def test_a_job_that_was_taken_over_archives_nothing(bench: PortalBench) -> None:
    """Another job may have switched the store under its feet."""
    slice_ = bench.slice_()

    def lose_the_login(border: str) -> None:
        if border == "after the download":
            bench.page.on = lambda at: None
            bench.stop_beating()
            end_job(bench.ledger, take_lock(bench.ledger, bench.login.id, CANARY, "test"), JobState.DONE)

    bench.page.on = lose_the_login
    with pytest.raises(BrowserUnavailable, match="taken over the login"):
        collect(bench, slice_)
    assert bench.documents() == []
    assert JobState.LOST in {job.state for job in jobs(bench.ledger)}
    assert collect(bench, slice_).outcome is Outcome.DOCUMENTS
    assert (bench.page.requested, len(bench.documents())) == (1, 1)


# -- a person


def needs_person(bench: PortalBench) -> None:
    error = PersonNeeded(
        "Solve the puzzle.", kind="captcha", url="https://example.com/a", evidence="file:///e/1"
    )
    bench.page.on = lambda border: _raise(error) if border == "in the visit" else None


def test_a_person_is_asked_once_and_all_slices_go_on_after_that(bench: PortalBench) -> None:
    needs_person(bench)
    slices = [bench.slice_(0), bench.slice_(1)]
    steps = [bench.collector().advance(each, RUN) for each in slices]
    assert all(isinstance(step, WaitFor) and "Solve the puzzle." in step.reason for step in steps)
    assert bench.page.visits == 1, "who knows that a person is needed opens no browser"
    (action,) = open_actions(bench.ledger)
    assert (action.kind, action.evidence_uri) == (RequiredActionKind.CAPTCHA, "file:///e/1")
    assert {row.error_type for row in bench.ledger.slice_states()} == {"PersonNeeded"}, "seen in the calendar"
    bench.page.on = lambda border: None

    async def all_waits() -> list:
        waits = asyncio.gather(
            *(wait_for(bench, step, each) for step, each in zip(steps, slices, strict=True))
        )
        act = lambda: end_action(bench.ledger, action.id, ActionOutcome.RESUMED, "ada")  # noqa: E731
        return await beside(waits, act)

    assert {result.outcome for result in asyncio.run(all_waits())} == {WaitOutcome.READY}
    assert {collect(bench, each).outcome for each in slices} == {Outcome.DOCUMENTS}


def test_what_a_person_gives_up_fails_at_once(bench: PortalBench) -> None:
    needs_person(bench)
    step = bench.collector().advance(bench.slice_(), RUN)
    action = action_of(bench.ledger, bench.login.id)
    assert action is not None
    give_up = lambda: end_action(bench.ledger, action.id, ActionOutcome.GIVEN_UP, "ada")  # noqa: E731
    result = asyncio.run(beside(wait_for(bench, step), give_up))
    assert isinstance(result.error, PersonNeeded)
    assert "gave up" in str(result.error)
    assert [row.state for row in bench.ledger.slice_states()] == [SliceState.FAILED]
    bench.page.on = lambda border: None
    assert collect(bench, bench.slice_()).outcome is Outcome.DOCUMENTS, "a cleared task tries again"


@pytest.mark.parametrize("waits_for", ["the file", "the login", "a person"])
def test_switched_off_meanwhile_a_wait_ends_at_once(
    bench: PortalBench, waits_for: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when the next visit is due or the person has acted."""
    if waits_for == "a person":
        needs_person(bench)
    step = bench.collector().advance(bench.slice_(), RUN)
    if waits_for == "the login":
        take_lock(bench.ledger, bench.login.id, JobRef("canary"), "elsewhere")
    if waits_for == "the file":
        monkeypatch.setattr(portal_downloads, "sleep_until", waits.sleep_until)
    off = ConfigurationError("browser jobs are switched off.")

    def switch_off() -> None:
        bench.page.on = lambda at: _raise(off) if at == "may it go on" else None

    result = asyncio.run(beside(wait_for(bench, step), switch_off))
    assert result.outcome is WaitOutcome.FAILED
    assert isinstance(result.error, ConfigurationError) and "switched off" in result.error.cause
    assert [row.state for row in bench.ledger.slice_states()] == [SliceState.FAILED]


def test_nobody_comes(bench: PortalBench) -> None:
    needs_person(bench)
    step = bench.collector().advance(bench.slice_(), RUN)
    result = asyncio.run(beside(wait_for(bench, step), lambda: bench.jump(timedelta(hours=24))))
    assert isinstance(result.error, PersonNeeded)
    assert "24 h" in result.error.cause
    assert action_of(bench.ledger, bench.login.id) is None


def _raise(error: Exception) -> None:
    raise error
