"""A missed promised time gets one notice and one recovery, and so do days about to expire at Amazon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from sellerops.base.clock import Clock  # noqa: E402
from sellerops.base.errors import NotPublishedYet, ReportFatal  # noqa: E402
from sellerops.calendar.slices import Slice, plan_slices  # noqa: E402
from sellerops.completeness import FillLimits, claim_fills, find_gaps, read_calendars  # noqa: E402
from sellerops.completeness.late import late_days  # noqa: E402
from sellerops.completeness.warnings import open_late, warnings_of  # noqa: E402
from sellerops.ledger import Ledger, RequestKey, RunRef, SliceState  # noqa: E402
from sellerops.ledger.notices import open_faults  # noqa: E402
from sellerops.notices import Event, Kind, Notice  # noqa: E402
from sellerops.notices.outbox import Post  # noqa: E402
from sellerops.settings import specs  # noqa: E402
from sellerops.settings.accounts import load_accounts  # noqa: E402
from sellerops.settings.specs import ReportSpec, load_spec  # noqa: E402
from sellerops_airflow import notifiers  # noqa: E402
from sellerops_airflow.housekeeping import deadlines  # noqa: E402
from sellerops_airflow.notifiers import channels  # noqa: E402
from sellerops_airflow.runtime import Runtime, use_runtime  # noqa: E402

SALES = load_spec("sales_and_traffic")
NA = load_accounts()["northwind_na"]
# 07:00 in New York, when the run is due; its days are promised for 09:00, that is 14:00 UTC.
DUE = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROMISED = datetime(2026, 11, 21, 14, tzinfo=UTC)
RUN = RunRef(SALES.dag_id, "scheduled__2026-11-21", "northwind_na.slice.fetch_report", 0, 1, SALES.name)


SetTime = Callable[[datetime], datetime]


class People:
    """The notices and recoveries that were sent."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.recoveries: list[tuple[str, str]] = []
        self.has_routes = True

    def send_notice(self, ledger: Ledger, notice: Notice) -> bool:
        if not self.has_routes:
            return False  # as with invalid routes
        ledger.claim_notice(notice.key)
        self.notices.append(notice)
        return True


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    found = People()
    # Reading all specs takes a second.
    monkeypatch.setattr(specs, "load_specs", lambda: ([SALES], []))
    monkeypatch.setattr(notifiers, "send_notice", found.send_notice)
    monkeypatch.setattr(
        notifiers, "send_recovery", lambda ledger, key, headline: found.recoveries.append((key, headline))
    )
    return found


@pytest.fixture
def at(ledger: Ledger) -> SetTime:
    """Sets the ledger's clock and stops it."""

    def set_time(moment: datetime) -> datetime:
        ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))
        return moment

    set_time(DUE)
    return set_time


def slices(first: date, last: date, spec: ReportSpec = SALES) -> list[Slice]:
    later = DUE + timedelta(days=40)
    return plan_slices(spec, NA, run_at=later, now=DUE, from_day=first, to_day=last)


def settle(
    ledger: Ledger, first: date, last: date, state: SliceState = SliceState.LOADED, **said: Any
) -> None:
    for slice_ in slices(first, last):
        ledger.set_slice_state(slice_, state, run=RUN, **said)


def yesterday(marketplace: str) -> Slice:
    return next(
        slice_
        for slice_ in slices(date(2026, 11, 20), date(2026, 11, 20))
        if marketplace in slice_.marketplaces
    )


def look(ledger: Ledger, now: datetime) -> int:
    """As the callback and the DAG do, whatever the clock."""
    open_late(ledger, late_days(ledger, SALES, [NA], now))
    return deadlines.send_warnings(ledger, {SALES.name: SALES}, {NA.id: NA})


def ask(ledger: Ledger, slice_: Slice) -> int:
    """A request of the slice that Amazon has taken."""
    key = RequestKey("amazon_sp", SALES.report_type, NA.id, slice_.marketplace_ids, slice_.start, slice_.end)
    request = ledger.find_or_open_request(key, fresh_after=None, run=RUN)
    ledger.claim_create(request.id)
    ledger.record_created(request.id, "report-1")
    return request.id


def test_what_is_not_loaded_by_nine_gets_one_notice_with_reasons_and_next_steps(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    failed, unpublished, waiting = (yesterday(marketplace) for marketplace in ("MX", "CA", "US"))
    ledger.set_slice_state(failed, SliceState.FAILED, run=RUN, error=ReportFatal("Amazon aborted it."))
    ledger.set_slice_state(unpublished, SliceState.LATE, run=RUN, error=NotPublishedYet("It comes at noon."))
    ledger.set_slice_state(waiting, SliceState.REQUESTED, run=RUN, request_id=ask(ledger, waiting))
    assert look(ledger, at(PROMISED - timedelta(seconds=1))) == 0
    assert look(ledger, at(PROMISED)) == 1
    assert look(ledger, at(PROMISED + timedelta(hours=5))) == 1
    (notice,) = people.notices
    assert (notice.event, notice.family, notice.account_ids) == (Event.LATE, "analytics", ("northwind_na",))
    assert (notice.dag_id, notice.run_id) == (SALES.dag_id, RUN.run_id)  # the thread of the run
    assert notice.fault_key == notice.key
    assert notice.text.splitlines()[0] == (
        "sales_and_traffic is late: northwind_na CA, MX, US 2026-11-20, promised by 2026-11-21 09:00 "
        "America/New_York"
    )
    assert "US 2026-11-20: is in Amazon's queue, since 2026-11-21 07:00 America/New_York" in notice.text
    assert "MX 2026-11-20: failed: ReportFatal: Amazon aborted it" in notice.text
    assert "CA 2026-11-20: Amazon has not published it yet (It comes at noon)" in notice.text
    assert notice.text.count("Next: ") == 3
    assert f"/dags/{SALES.dag_id}/runs/{RUN.run_id}" in str(notice.blocks)


def test_a_late_report_has_one_recovery_when_its_last_day_is_loaded(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    look(ledger, at(PROMISED))
    at(PROMISED + timedelta(minutes=20))
    ledger.set_slice_state(yesterday("US"), SliceState.LOADED, run=RUN)
    ledger.set_slice_state(yesterday("CA"), SliceState.CONFIRMED_EMPTY, run=RUN)
    assert look(ledger, at(PROMISED + timedelta(minutes=30))) == 1
    assert people.recoveries == []
    at(PROMISED + timedelta(minutes=90))
    ledger.set_slice_state(
        yesterday("MX"), SliceState.QUARANTINED, run=RUN
    )  # held for a person, who was asked
    for hours in (2, 3):
        assert look(ledger, at(PROMISED + timedelta(hours=hours))) == 0
    ((key, text),) = people.recoveries
    assert key == people.notices[0].fault_key
    assert "loaded at 2026-11-21 10:30 America/New_York, 1 h 30 min late" in text


def test_rows_that_are_there_are_not_late_when_asking_again_fails(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 20), load_id=7)
    settle(ledger, date(2026, 11, 20), date(2026, 11, 20), SliceState.FAILED, error=ReportFatal("Aborted."))
    assert look(ledger, at(PROMISED)) == 0
    assert people.notices == []


def test_days_without_any_run_get_one_notice_and_later_days_join_it(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    for day in range(3):
        look(ledger, at(PROMISED + timedelta(days=day)))
    (notice,) = people.notices
    assert "no run has requested it from Amazon" in notice.text
    assert "paused" in notice.text
    (warned,) = warnings_of(ledger)
    assert {day.day for _, day in warned.slices} == {20, 21, 22}
    # Once a run has requested the days, those it does not load are a separate fault.
    settle(ledger, date(2026, 11, 20), date(2026, 11, 23), SliceState.PLANNED)
    assert look(ledger, at(PROMISED + timedelta(days=3))) == 2
    assert "planned since" in people.notices[1].text


def test_old_days_of_catch_up_and_backfill_are_not_late(ledger: Ledger, at: SetTime, people: People) -> None:
    settle(ledger, date(2026, 9, 1), date(2026, 11, 17), SliceState.PLANNED)
    settle(ledger, date(2026, 11, 18), date(2026, 11, 20))
    assert look(ledger, at(PROMISED)) == 0
    assert people.notices == []


def test_a_report_that_promises_nothing_or_was_given_up_is_never_late(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    promises_nothing = SALES.model_copy(update={"due": None})
    assert late_days(ledger, promises_nothing, [NA], PROMISED) == []
    assert len(late_days(ledger, SALES, [NA], PROMISED)) == 3
    assert late_days(ledger, SALES, [NA], PROMISED + timedelta(days=35)) == []


def test_the_look_by_the_ledger_finds_late_reports_but_not_beside_a_local_amazons_clock(
    ledger: Ledger, people: People
) -> None:
    today = datetime.now(UTC)
    first = (today - timedelta(days=9)).date()
    for slice_ in plan_slices(SALES, NA, run_at=today, now=today, from_day=first, to_day=first):
        ledger.set_slice_state(slice_, SliceState.LOADED, run=RUN)
    assert deadlines.check_promises(ledger) == 0  # the first run: what came before is caught up on
    with ledger.connection() as connection:
        connection.execute("UPDATE sellerops.slice_state SET updated_at = updated_at - interval '9 days'")
    ledger.set_clock(Clock(today, today, 2.0))
    assert deadlines.check_promises(ledger) == 0
    ledger.set_clock(None)
    assert deadlines.check_promises(ledger) == 1
    assert [notice.report for notice in people.notices] == [SALES.name]


def test_airflows_callback_sends_the_late_notice_at_the_deadline(
    ledger: Ledger, conninfo: str, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    at(PROMISED + timedelta(seconds=3))
    context = {"dag_run": {"dag_id": SALES.dag_id}, "deadline": {"deadline_time": PROMISED.isoformat()}}
    with use_runtime(Runtime(lambda: conninfo, str, str)) as runtime:
        said = asyncio.run(deadlines.notify_late(SALES.dag_id, context=context))
        runtime.close()
    assert said == f"{SALES.dag_id}: 3 days are late"
    assert [notice.event for notice in people.notices] == [Event.LATE]


def test_expiring_days_get_one_notice_with_the_last_day_to_act(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    """Amazon serves 729 days: 2024-11-25 in Los Angeles is served until 2026-11-24 there."""
    failed = date(2024, 11, 25)
    settle(ledger, date(2024, 11, 15), date(2024, 12, 20))
    for marketplace in ("US", "CA"):
        slice_ = next(each for each in slices(failed, failed) if marketplace in each.marketplaces)
        ledger.set_slice_state(slice_, SliceState.FAILED, run=RUN, error=ReportFatal("Amazon aborted it."))
    far = next(each for each in slices(date(2024, 12, 3), date(2024, 12, 3)) if "US" in each.marketplaces)
    ledger.set_slice_state(far, SliceState.FAILED, run=RUN, error=ReportFatal("Amazon aborted it."))

    def check(days: float) -> int:
        at(datetime(2026, 11, 16, 12, tzinfo=UTC) + timedelta(days=days))
        return deadlines.check_expiring(ledger, lambda dag_id: dag_id != SALES.dag_id, 730)

    assert check(0) == 0  # eight days before
    assert deadlines.check_expiring(ledger, lambda dag_id: True, 730) == 0  # paused: somebody wants it so
    assert [check(day) for day in (2, 4)] == [1, 1]
    (notice,) = people.notices
    assert notice.event is Event.NEEDS_A_PERSON
    assert notice.text.splitlines()[0] == (
        "sales_and_traffic northwind_na: 3 days expire soon at Amazon; last day to act 2026-11-23"
    )
    assert "until 2026-11-23: CA, US 2024-11-25" in notice.text
    assert "until 2026-12-01: US 2024-12-03" in notice.text
    assert "3 FAILED. Last error: Amazon aborted it" in notice.text
    assert "starts runs for them: 0 of 3 attempts were made" in notice.text
    settle(ledger, failed, failed)
    settle(ledger, date(2024, 12, 3), date(2024, 12, 3))
    assert check(5) == 0
    assert people.recoveries == [
        (
            notice.fault_key,
            "sales_and_traffic northwind_na: all 3 days that were about to expire at Amazon are loaded.",
        )
    ]


def test_the_recovery_of_expired_days_names_the_lost_ones(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    start = at(datetime(2026, 11, 20, 12, tzinfo=UTC))
    settle(ledger, date(2024, 11, 15), date(2024, 12, 20))
    slice_ = next(
        each for each in slices(date(2024, 11, 25), date(2024, 11, 25)) if "US" in each.marketplaces
    )
    ledger.set_slice_state(slice_, SliceState.FAILED, run=RUN, error=ReportFatal("Amazon aborted it."))
    marketplaces = list(read_calendars(ledger, SALES, [NA], days=729))
    claim_fills(ledger, find_gaps(marketplaces, start + timedelta(days=1)), FillLimits())
    is_paused = dict.fromkeys([SALES.dag_id], False)
    deadlines.check_expiring(ledger, lambda dag_id: is_paused.get(dag_id, True), 730)
    assert "1 of 3 attempts were made" in people.notices[0].text
    at(start + timedelta(days=6))
    assert deadlines.check_expiring(ledger, lambda dag_id: is_paused.get(dag_id, True), 730) == 0
    assert [text for _, text in people.recoveries] == [
        "sales_and_traffic northwind_na: 1 of 1 days are lost, because Amazon no longer serves them: "
        "US 2024-11-25."
    ]


def test_a_notice_that_could_not_be_sent_is_sent_at_the_next_check(
    ledger: Ledger, at: SetTime, people: People
) -> None:
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    people.has_routes = False
    assert look(ledger, at(PROMISED)) == 1
    people.has_routes = True
    for _ in range(2):
        assert look(ledger, at(PROMISED + timedelta(minutes=15))) == 1
    assert len(people.notices) == 1


def test_the_late_message_and_its_end_stand_in_the_thread_of_the_run(
    ledger: Ledger, at: SetTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the outbox, to the channels that the shipped configuration names for late reports."""
    posts: list[tuple[str, Post]] = []

    def send(kind: str, connection: str, post: Post) -> str:
        posts.append((post.target, post))
        return f"message-{len(posts)}"

    monkeypatch.setattr(channels, "send", send)
    monkeypatch.setattr(channels, "has_connection", lambda target: target.kind is Kind.SLACK)
    settle(ledger, date(2026, 11, 15), date(2026, 11, 19))
    settle(ledger, date(2026, 11, 20), date(2026, 11, 20), SliceState.REQUESTED)
    look(ledger, at(PROMISED))
    at(PROMISED + timedelta(minutes=20))
    settle(ledger, date(2026, 11, 20), date(2026, 11, 20))
    for minutes in (30, 45):
        look(ledger, at(PROMISED + timedelta(minutes=minutes)))
    (first, late), (second, end) = posts
    assert first == second == "#seller-reports-critical"
    assert late.text.startswith("sales_and_traffic is late: northwind_na CA, MX, US 2026-11-20")
    assert "waits for request quota" in late.text
    assert end.text.splitlines()[0] == (
        "sales_and_traffic northwind_na: CA, MX, US 2026-11-20 loaded at 2026-11-21 09:20 America/New_York, "
        "20 min late."
    )
    assert end.reply_to == "message-1"
    with ledger.connection() as connection:
        assert open_faults(connection) == []
