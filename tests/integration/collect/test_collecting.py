"""A slice from plan to archive: once, reused, joined, empty, aborted, refused."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from integration.collect.parts import RUN, RUN_AT, Bench, another_run, collect, spec_with, wait

from sellerops.base.errors import (
    CredentialsError,
    DocumentDamaged,
    GiveUpError,
    LoginRefused,
    ReportFatal,
    RequestRefused,
    UnexpectedAnswer,
)
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, WaitResult
from sellerops.ledger import RequestStatus, SliceState
from sellerops.settings.specs import load_spec

pytestmark = pytest.mark.usefixtures("stepping_clock")


def test_a_slice_is_requested_once_and_archived(bench: Bench) -> None:
    slice_ = bench.slice_()
    done = collect(bench.collector(), slice_)
    assert done.outcome is Outcome.DOCUMENTS
    request = bench.ledger.get_request(done.request_ids[0])
    assert request.status is RequestStatus.ARCHIVED
    assert request.created_by == "us"
    assert request.archive_uri is not None
    with bench.archive.open(request.archive_uri) as stream:
        content = json.load(stream)
    assert content["reportSpecification"]["dataStartTime"] == slice_.first_day
    assert content["reportSpecification"]["dataEndTime"] == slice_.last_day
    assert bench.creates() == 1
    assert len(bench.documents()) == 1
    sidecar = bench.archive.sidecars(request.archive_uri)[0]
    assert sidecar["decoded"]["sha256"] == request.content_sha256
    assert sidecar["request"]["report_id"] == request.report_id
    assert request.document_headers["content_type"].startswith("application/json")


@pytest.mark.parametrize("name", ["all_orders", "fba_customer_returns", "fba_manage_inventory"])
def test_every_kind_of_report_is_collected(bench: Bench, name: str) -> None:
    spec = load_spec(name)
    done = collect(bench.collector(spec), bench.slice_(spec))
    assert done.outcome is Outcome.DOCUMENTS
    request = bench.ledger.get_request(done.request_ids[0])
    with bench.archive.open(request.archive_uri or "") as stream:
        assert b"\t" in stream.readline()
    assert bench.creates() == 1
    assert bench.sandbox.cooldown_violations() == 0


def test_a_young_document_is_used_again_by_another_run(bench: Bench) -> None:
    first = collect(bench.collector(), bench.slice_())
    second = bench.collector().advance(bench.slice_(), another_run("manual"))
    assert second == first
    assert bench.creates() == 1


def test_a_reused_document_is_named_in_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """With its fetch time, and that nothing was requested; unlike the message of a fetched one."""
    with caplog.at_level("INFO", logger="sellerops.collect"):
        (request_id,) = collect(bench.collector(), bench.slice_()).request_ids
        (fetched,) = [line for line in caplog.messages if "the document of request" in line]
        caplog.clear()
        bench.collector().advance(bench.slice_(), another_run("manual"))
    (reused,) = [line for line in caplog.messages if "the document of request" in line]
    request = bench.ledger.get_request(request_id)
    label, uri = bench.slice_().label, request.archive_uri
    assert fetched == f"{label}: fetched the document of request {request_id}: {uri}"
    assert reused == (
        f"{label}: reused the document of request {request_id}, fetched "
        f"{request.updated_at:%Y-%m-%d %H:%M} UTC; nothing was requested: {uri}"
    )


def test_an_old_document_is_requested_again(bench: Bench) -> None:
    first = collect(bench.collector(), bench.slice_())
    bench.jump(hours=7)
    second = collect(bench.collector(), bench.slice_(), another_run("manual"))
    assert second != first
    assert bench.creates() == 2


def test_a_run_tried_again_days_later_keeps_its_document(bench: Bench) -> None:
    """A crash after archiving requests nothing, however long Airflow was down."""
    first = collect(bench.collector(), bench.slice_())
    bench.jump(hours=40)
    assert bench.collector().advance(bench.slice_(), replace(RUN, try_number=2)) == first
    assert bench.creates() == 1


def test_what_was_reported_since_the_runs_reference_is_young_enough(bench: Bench) -> None:
    first = collect(bench.collector(), bench.slice_())
    bench.jump(hours=20)
    options = {"reference": RUN_AT - timedelta(minutes=1)}
    assert bench.collector().advance(bench.slice_(), another_run("catchup"), **options) == first
    assert bench.creates() == 1


def test_a_running_report_is_joined(bench: Bench) -> None:
    async def both() -> list[WaitResult]:
        runs = (RUN, another_run("manual"))
        return await asyncio.gather(*(bench.collector().wait(bench.slice_(), run) for run in runs))

    one, other = asyncio.run(both())
    assert one.request_ids == other.request_ids
    assert bench.creates() == 1


def test_a_snapshot_never_takes_an_earlier_moments_report(bench: Bench) -> None:
    """A report of 06:00 that is still running at 10:00 is not the stock of 10:00."""
    spec = load_spec("fba_manage_inventory")
    early = replace(bench.slice_(spec), snapshot_at=(RUN_AT - timedelta(hours=4)).isoformat())
    opened = bench.collector(spec).advance(early, another_run("at 06:00"))
    assert isinstance(opened, WaitFor)
    assert wait(bench.collector(spec), early, another_run("at 06:00")).outcome is WaitOutcome.READY
    bench.jump(hours=4)
    late = replace(early, snapshot_at=(RUN_AT + timedelta(hours=4)).isoformat())
    done = collect(bench.collector(spec), late)
    assert done.request_ids != opened.request_ids
    assert bench.creates() == 2
    assert len(bench.documents()) == 2
    assert bench.sandbox.cooldown_violations() == 0


def test_an_expired_slice_is_marked_and_not_requested(bench: Bench) -> None:
    done = bench.collector().advance(replace(bench.slice_(), expired=True), RUN)
    assert done == Done((), Outcome.EXPIRED)
    assert bench.states() == [SliceState.EXPIRED]
    assert bench.creates() == 0


def test_the_error_of_a_fatal_report_has_amazons_reason(bench: Bench) -> None:
    bench.sandbox.faults("fatal_with_document", times=1, options={"detail": "dates are not aligned"})
    with pytest.raises(ReportFatal, match="dates are not aligned") as caught:
        collect(bench.collector(), bench.slice_())
    request = bench.ledger.get_request(caught.value.details["request_id"])
    assert request.status is RequestStatus.FATAL
    assert "dates are not aligned" in (request.error or "")
    assert bench.states() == [SliceState.FAILED]
    assert len(bench.documents()) == 1, "the reason is in the archive"


def test_a_fatal_report_without_a_document_has_an_error_too(bench: Bench) -> None:
    bench.sandbox.faults("fatal", times=1)
    with pytest.raises(ReportFatal, match="no reason") as caught:
        collect(bench.collector(), bench.slice_())
    assert "above" not in caught.value.remedy, "there is nothing to read above"
    assert bench.states() == [SliceState.FAILED]


def test_after_fatal_a_cleared_task_requests_a_new_report(bench: Bench) -> None:
    bench.sandbox.faults("fatal", times=1)
    with pytest.raises(ReportFatal):
        collect(bench.collector(), bench.slice_())
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS
    assert bench.creates() == 2


def test_an_unknown_status_fails_loudly_and_loses_nothing(bench: Bench) -> None:
    bench.sandbox.faults("unknown_status", times=1)
    with pytest.raises(UnexpectedAnswer, match="SUSPENDED"):
        collect(bench.collector(), bench.slice_())
    assert bench.states() == [SliceState.FAILED]
    result = wait(bench.collector(), bench.slice_())
    assert result.outcome is WaitOutcome.FAILED
    assert bench.creates() == 1, "Amazon continues the report; a cleared task polls the same one"


def test_a_report_that_never_ends_is_given_up(bench: Bench) -> None:
    bench.sandbox.faults("stuck", times=1)
    spec = spec_with(give_up_after=timedelta(minutes=10))
    with pytest.raises(GiveUpError, match="still IN_PROGRESS"):
        collect(bench.collector(spec), bench.slice_())
    assert bench.states() == [SliceState.FAILED]


def test_a_refused_request_is_final(bench: Bench) -> None:
    spec = load_spec("sales_and_traffic").model_copy(update={"report_type": "GET_NO_SUCH_REPORT"})
    with pytest.raises(RequestRefused, match="Invalid Report Type"):
        collect(bench.collector(spec), bench.slice_())
    assert [str(row.status) for row in _requests(bench)] == ["FAILED"]


def test_a_missing_role_names_the_connection_and_granting_it_creates_no_second_report(bench: Bench) -> None:
    bench.sandbox.faults("forbidden", operation="createReport", times=1)
    with pytest.raises(CredentialsError, match="connection amazon_sp_northwind_na"):
        collect(bench.collector(), bench.slice_())
    assert [str(row.status) for row in _requests(bench)] == ["PLANNED"]
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS
    assert bench.creates() == 1


def test_a_refused_token_fails_with_what_to_do(bench: Bench) -> None:
    bench.credentials = replace(bench.credentials, refresh_token="Atzr|revoked")
    with pytest.raises(LoginRefused, match="invalid_grant") as caught:
        collect(bench.collector(), bench.slice_())
    assert "connection amazon_sp_northwind_na" in str(caught.value)
    assert "revoked" not in caught.value.details.values()
    assert "Atzr" not in str(caught.value)


@pytest.mark.parametrize("fault", ["http_429", "http_429_plain"])
def test_throttled_is_a_wait_and_no_failure(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault, operation="createReport", times=1)
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS
    assert bench.creates() == 1


@pytest.mark.parametrize(
    "fault", ["http_500", "http_502_html", "http_503_html", "http_504_plain", "drop", "html_200"]
)
def test_polling_outlives_a_broken_amazon(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault, operation="getReport", times=2)
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS
    assert bench.creates() == 1


@pytest.mark.parametrize(
    "fault",
    [
        "expired_url",
        "document_dropped",
        "document_truncated",
        "document_corrupt",
        "document_html",
        "document_503",
    ],
)
def test_a_document_that_comes_wrong_once_comes_right(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault, times=1)
    done = collect(bench.collector(), bench.slice_())
    request = bench.ledger.get_request(done.request_ids[0])
    with bench.archive.open(request.archive_uri or "") as stream:
        assert json.load(stream)["salesAndTrafficByDate"]
    assert len(bench.documents()) == 1


@pytest.mark.parametrize("fault", ["gzip_unlabelled", "plain_labelled_gzip"])
def test_a_mislabelled_document_is_recognised_by_its_bytes(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault)
    done = collect(bench.collector(), bench.slice_())
    request = bench.ledger.get_request(done.request_ids[0])
    with bench.archive.open(request.archive_uri or "") as stream:
        assert json.load(stream)["salesAndTrafficByDate"]
    bench.sandbox.clear_faults()


@pytest.mark.parametrize("fault", ["document_truncated", "document_empty", "document_html"])
def test_a_document_that_stays_wrong_is_never_archived(bench: Bench, fault: str) -> None:
    bench.sandbox.faults(fault)
    with pytest.raises(DocumentDamaged):
        collect(bench.collector(), bench.slice_())
    assert bench.documents() == []
    assert [str(row.status) for row in _requests(bench)] == ["DONE"]
    bench.sandbox.clear_faults()


def test_an_address_that_stays_expired_costs_one_fresh_one_a_try(bench: Bench) -> None:
    bench.sandbox.faults("expired_url", times=2)
    collector, slice_ = bench.collector(), bench.slice_()
    waited = wait(collector, slice_)
    with pytest.raises(Exception, match="expired"):
        collector.advance(slice_, RUN, request_ids=waited.request_ids)
    assert len(bench.sandbox.calls(operation="getReportDocument")) == 2
    assert collect(collector, slice_).outcome is Outcome.DOCUMENTS


def test_a_document_at_a_foreign_host_is_not_fetched(bench: Bench) -> None:
    bench.sandbox.faults("foreign_url", times=1)
    with pytest.raises(
        UnexpectedAnswer, match=r"https://documents\.example, which is not an Amazon host"
    ) as caught:
        collect(bench.collector(), bench.slice_())
    assert "document_hosts" in caught.value.remedy and bench.documents() == []
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS


def test_without_a_lease_the_worker_does_not_wait(bench: Bench) -> None:
    """The getReportDocument bucket is empty: the task defers instead of sleeping on its slot."""
    collector, slice_ = bench.collector(), bench.slice_()
    waited = wait(collector, slice_)
    bucket = bench.client().bucket("getReportDocument")
    bench.limits.record_refusal(bucket)
    assert isinstance(collector.advance(slice_, RUN, request_ids=waited.request_ids), Done), (
        "the wait's lease is used"
    )
    second = bench.slice_(index=1)
    ready = wait(collector, second)
    bench.ledger.database.run(
        lambda c: c.execute("UPDATE sellerops.report_request SET document_lease_at = NULL")
    )
    bench.limits.record_refusal(bucket)
    step = collector.advance(second, RUN, request_ids=ready.request_ids)
    assert isinstance(step, WaitFor)
    assert step.request_ids == ready.request_ids


def _requests(bench: Bench) -> list:  # type: ignore[type-arg]
    rows = bench.ledger.database.run(
        lambda c: c.execute("SELECT id FROM sellerops.report_request ORDER BY id").fetchall()
    )
    return [bench.ledger.get_request(row["id"]) for row in rows]


def test_a_marketplace_that_is_refused_is_named(bench: Bench) -> None:
    """Amazon's 403 names none, and the account's connection is not what has to be renewed."""
    bench.sandbox.faults("forbidden", operation="createReport", times=1)
    with pytest.raises(CredentialsError, match="for US of account northwind_na") as caught:
        collect(bench.collector(), bench.slice_())
    assert not isinstance(caught.value, LoginRefused)
    assert "remove it from config/accounts.yaml" in caught.value.remedy
    (row, *_) = bench.ledger.slice_states(states=[SliceState.FAILED])
    assert "for US of account northwind_na" in (row.error or "")
