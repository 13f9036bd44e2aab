"""A report is requested once, whoever needs it and whatever crashes meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from support.processes import KEY, RUN, in_processes, open_and_claim

from sellerops.base.clock import Clock
from sellerops.base.errors import GiveUpError, ReportFatal
from sellerops.ledger import ACTIVE, TERMINAL, Ledger, ReportRequest, RequestStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def open_one(ledger: Ledger, key=KEY, fresh_after=None) -> ReportRequest:
    return ledger.find_or_open_request(key, fresh_after=fresh_after, run=RUN)


def archive(ledger: Ledger, request: ReportRequest, reported_at: datetime = NOON) -> None:
    ledger.claim_create(request.id)
    ledger.record_created(request.id, f"R{request.id}", reported_at=reported_at)
    ledger.record_archived(request.id, uri="file:///archive/a.gz", nbytes=10, sha256="ab", headers={})


def test_a_new_request_holds_what_was_asked(ledger: Ledger) -> None:
    """The row has key, run and region; times are aware and in UTC."""
    request = open_one(ledger)
    assert request.status is RequestStatus.PLANNED
    assert (request.source, request.report, request.region) == ("amazon_sp", "orders", "NA")
    assert request.report_type == KEY.report_type
    assert request.options == dict(KEY.options)
    assert request.marketplace_ids == KEY.marketplace_ids
    assert (request.window_start, request.window_end) == (KEY.window_start, KEY.window_end)
    assert (request.dag_id, request.run_id, request.task_try) == (RUN.dag_id, RUN.run_id, 2)
    assert request.created_at.tzinfo is not None
    assert request.created_at.utcoffset() == timedelta(0)
    assert ledger.get_request(request.id) == request


def test_every_status_is_active_or_terminal() -> None:
    assert set(RequestStatus) == ACTIVE | TERMINAL
    assert not set(ACTIVE) & set(TERMINAL)


def test_many_processes_and_threads_share_one_request(conninfo: str) -> None:
    """Never two running rows for one key, and one winner of the right to create."""
    answers = in_processes(open_and_claim, [(conninfo, 8)] * 4)
    found = [one for answer in answers for one in answer]
    assert len(found) == 32
    assert len({request_id for request_id, _ in found}) == 1
    assert sum(won for _, won in found) == 1
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM sellerops.report_request").fetchone() == (1,)


def test_the_database_itself_refuses_a_second_running_row(ledger: Ledger, conninfo: str) -> None:
    """Even code that takes no lock cannot open a second one."""
    request = open_one(ledger)
    with psycopg.connect(conninfo) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            """
            INSERT INTO sellerops.report_request (key_hash, source, report, report_type, account_id, region,
                marketplace_ids, status, dag_id, run_id, task_id, map_index, task_try)
            SELECT key_hash, source, report, report_type, account_id, region, marketplace_ids, 'IN_QUEUE',
                dag_id, run_id, task_id, map_index, task_try
            FROM sellerops.report_request WHERE id = %s
            """,
            (request.id,),
        )


@pytest.mark.parametrize(
    "status",
    [RequestStatus.IN_QUEUE, RequestStatus.IN_PROGRESS, RequestStatus.DONE],
)
def test_a_running_request_is_found_again(ledger: Ledger, status: RequestStatus) -> None:
    """However old: fresh_after is for what has ended."""
    first = open_one(ledger)
    ledger.claim_create(first.id)
    ledger.record_created(first.id, "R1")
    ledger.record_status(first.id, status)
    again = open_one(ledger, fresh_after=datetime(2100, 1, 1, tzinfo=UTC))
    assert again.id == first.id
    assert again.status is status


def test_a_request_in_the_middle_of_creating_is_found_again(ledger: Ledger) -> None:
    """A crash between call and answer leaves CREATING; the next try must see it and look for the orphan."""
    first = open_one(ledger)
    assert ledger.claim_create(first.id)
    again = open_one(ledger)
    assert again.id == first.id
    assert again.status is RequestStatus.CREATING
    assert again.creating_at is not None
    assert not ledger.claim_create(first.id)


@pytest.mark.parametrize("how", ["FAILED", "FATAL"])
def test_what_failed_never_blocks_a_new_request(ledger: Ledger, how: str) -> None:
    first = open_one(ledger)
    ledger.claim_create(first.id)
    ledger.record_created(first.id, "R1")
    if how == "FATAL":
        ledger.record_status(first.id, RequestStatus.FATAL, document_id="D1")
    else:
        ledger.record_failed(first.id, ReportFatal("Amazon gave up."))
    second = open_one(ledger)
    assert second.id != first.id
    assert second.status is RequestStatus.PLANNED
    assert ledger.get_request(first.id).status == how


@pytest.mark.parametrize(
    ("fresh_after", "is_reused"),
    [(None, True), (NOON - HOUR, True), (NOON, True), (NOON + HOUR, False)],
)
def test_an_archived_document_is_reused_while_it_is_fresh(
    ledger: Ledger, fresh_after: datetime | None, is_reused: bool
) -> None:
    """Its age counts from Amazon's createdTime."""
    first = open_one(ledger)
    archive(ledger, first)
    assert (open_one(ledger, fresh_after=fresh_after).id == first.id) is is_reused


@pytest.mark.parametrize(
    ("fresh_after", "is_reused"), [(None, True), (NOON - HOUR, True), (NOON + HOUR, False)]
)
def test_an_empty_answer_is_reused_while_it_is_fresh(
    ledger: Ledger, fresh_after: datetime | None, is_reused: bool
) -> None:
    """CANCELLED (no data) counts from the moment we learnt it."""
    ledger.set_clock(Clock(NOON, NOON, 0.0))
    first = open_one(ledger)
    ledger.claim_create(first.id)
    ledger.record_created(first.id, "R1")
    ledger.record_status(first.id, RequestStatus.CANCELLED)
    assert (open_one(ledger, fresh_after=fresh_after).id == first.id) is is_reused


def test_a_stale_document_and_a_running_request(ledger: Ledger) -> None:
    """The newest usable row wins: the running one."""
    stale = open_one(ledger)
    archive(ledger, stale)
    running = open_one(ledger, fresh_after=NOON + HOUR)
    assert running.id != stale.id
    assert open_one(ledger, fresh_after=NOON + HOUR).id == running.id
    assert open_one(ledger, fresh_after=None).id == running.id


def test_the_key_knows_no_order_and_no_time_zone(ledger: Ledger) -> None:
    first = open_one(ledger, replace(KEY, marketplace_ids=("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2")))
    second = open_one(
        ledger,
        replace(
            KEY,
            marketplace_ids=("A2EUQ1WTGCTBG2", "ATVPDKIKX0DER"),
            window_start=datetime.fromisoformat("2026-11-19T00:00:00-08:00"),
            options=dict(reversed(list(KEY.options.items()))),
        ),
    )
    assert first.id == second.id


@pytest.mark.parametrize(
    "change",
    [
        {"source": "amazon_ads"},
        {"report_type": "GET_FBA_MYI_ALL_INVENTORY_DATA"},
        {"account_id": "northwind_eu"},
        {"marketplace_ids": ("A2EUQ1WTGCTBG2",)},
        {"window_start": None},
        {"window_end": KEY.window_end + timedelta(seconds=1)},
        {"options": {"dateGranularity": "WEEK", "asinGranularity": "SKU"}},
    ],
)
def test_every_part_of_the_key_counts(ledger: Ledger, change: dict) -> None:
    assert open_one(ledger).id != open_one(ledger, replace(KEY, **change)).id


def test_a_released_claim_can_be_taken_again(ledger: Ledger) -> None:
    """After a definite refusal; never once the report's id is known."""
    request = open_one(ledger)
    assert ledger.claim_create(request.id)
    ledger.release_create(request.id)
    assert ledger.get_request(request.id).status is RequestStatus.PLANNED
    assert ledger.claim_create(request.id)
    ledger.record_created(request.id, "R1", "adopted", NOON)
    ledger.release_create(request.id)
    found = ledger.get_request(request.id)
    assert (found.status, found.report_id, found.created_by) == (RequestStatus.IN_QUEUE, "R1", "adopted")
    assert found.reported_at == NOON


def test_a_second_report_for_one_request_is_refused(ledger: Ledger) -> None:
    """The first id stays; the error of the second names both."""
    request = open_one(ledger)
    ledger.claim_create(request.id)
    ledger.record_created(request.id, "R1")
    ledger.record_created(request.id, "R1")
    with pytest.raises(GiveUpError, match="R2") as caught:
        ledger.record_created(request.id, "R2")
    assert caught.value.details["stored_report_id"] == "R1"
    assert ledger.get_request(request.id).report_id == "R1"


def test_late_messages_never_move_a_request_back(ledger: Ledger) -> None:
    """Two pollers of one report may get their answers in the wrong order."""
    request = open_one(ledger)
    ledger.claim_create(request.id)
    ledger.record_created(request.id, "R1")
    ledger.record_status(request.id, RequestStatus.DONE, document_id="D1", reported_at=NOON)
    ledger.record_status(request.id, RequestStatus.IN_PROGRESS)
    ledger.record_created(request.id, "R1")
    done = ledger.get_request(request.id)
    assert (done.status, done.document_id, done.reported_at) == (RequestStatus.DONE, "D1", NOON)
    ledger.record_archived(request.id, uri="file:///a", nbytes=3, sha256="ff", headers={"content_type": "x"})
    ledger.record_status(request.id, RequestStatus.CANCELLED)
    archived = ledger.get_request(request.id)
    assert archived.status is RequestStatus.ARCHIVED
    assert (archived.archive_uri, archived.archive_bytes, archived.content_sha256) == ("file:///a", 3, "ff")
    assert archived.document_headers == {"content_type": "x"}


def test_a_failure_says_why(ledger: Ledger) -> None:
    """A row that Amazon ended itself keeps Amazon's word."""
    running = open_one(ledger)
    ledger.record_failed(running.id, ReportFatal("no brand", where="US"))
    failed = ledger.get_request(running.id)
    assert (failed.status, failed.error_type) == (RequestStatus.FAILED, "ReportFatal")
    assert failed.error == "US: no brand"
    fatal = open_one(ledger)
    ledger.claim_create(fatal.id)
    ledger.record_created(fatal.id, "R1")
    ledger.record_status(fatal.id, RequestStatus.FATAL)
    ledger.record_failed(fatal.id, ReportFatal("period not published"))
    assert ledger.get_request(fatal.id).status is RequestStatus.FATAL
    assert ledger.get_request(fatal.id).error == "period not published"


def test_listed_reports_have_one_row_each(ledger: Ledger) -> None:
    """Many documents of one type and no window of ours; each is found again by its id."""
    key = replace(
        KEY, report_type="GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", window_start=None, window_end=None
    )

    def listed(report_id: str) -> ReportRequest:
        return ledger.find_or_open_listed(
            key, report_id, f"D{report_id}", NOON, NOON - 14 * 24 * HOUR, NOON, ("A2EUQ1WTGCTBG2",), RUN
        )

    first, second = listed("S1"), listed("S2")
    assert first.id != second.id
    assert listed("S1").id == first.id
    assert (first.status, first.created_by, first.document_id) == (RequestStatus.DONE, "amazon", "DS1")
    assert first.window_start == NOON - 14 * 24 * HOUR
    assert first.marketplace_ids == ("A2EUQ1WTGCTBG2",)
    ledger.record_archived(first.id, uri="file:///a", nbytes=1, sha256="a", headers={})
    assert listed("S1").id == first.id
    ledger.record_failed(second.id, ReportFatal("damaged"))
    assert listed("S2").id != second.id
    assert open_one(ledger, key).status is RequestStatus.PLANNED


def test_known_and_open_requests(ledger: Ledger) -> None:
    first = open_one(ledger)
    archive(ledger, first)
    second = open_one(ledger, replace(KEY, window_end=NOON))
    open_one(ledger, replace(KEY, account_id="northwind_eu", marketplace_ids=("A1F83G8C2ARO7P",)))
    assert ledger.known_report_ids("northwind_na", [f"R{first.id}", "R999"]) == {f"R{first.id}"}
    assert ledger.known_report_ids("northwind_eu", [f"R{first.id}"]) == set()
    assert ledger.known_report_ids("northwind_na", []) == set()
    assert [request.id for request in ledger.open_requests("northwind_na")] == [second.id]


def test_an_unknown_request_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(GiveUpError, match="unknown request id"):
        ledger.get_request(404)
