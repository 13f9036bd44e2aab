from __future__ import annotations

import csv
import io
import json
import threading
from typing import Any

import pytest
from support.examples import IS_WHOLE_SUITE
from support.sandbox_app import ALL_TYPES, INVENTORY, NOW, ORDERS, SALES, Api, epoch

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.reports import render
from amazon_sandbox.reports.creation import ReportCreator
from amazon_sandbox.reports.render import Renderer
from amazon_sandbox.simulation import Simulation

# Of three pages of the list, or of ten.
REPORTS = 1000 if IS_WHOLE_SUITE else 250


def test_a_report_moves_with_the_virtual_clock(na: Api, sandbox: Sandbox) -> None:
    """IN_QUEUE, IN_PROGRESS, DONE after the seconds that are set, however much real time that takes."""
    sandbox.state(ReportCreator).pace.queue_seconds, sandbox.state(ReportCreator).pace.progress_seconds = (
        60,
        120,
    )
    report_id = na.create(ORDERS)
    seen = []
    for _ in range(4):
        seen.append(na.report(report_id)["processingStatus"])
        sandbox.clock.change(jump=60)
    assert seen == ["IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "DONE"]
    report = na.report(report_id)
    assert report["createdTime"] == "2026-11-21T09:00:00+00:00"
    assert report["processingStartTime"] == "2026-11-21T09:01:00+00:00"
    assert report["processingEndTime"] == "2026-11-21T09:03:00+00:00"


def test_reports_can_finish_at_once_or_after_reads(na: Api, control: Any) -> None:
    """For tests that do not want to move the clock."""
    control("POST", "/jobs", {"queue_seconds": 0, "progress_seconds": 0})
    assert na.report(na.create(ORDERS))["processingStatus"] == "DONE"
    control("POST", "/jobs", {"reads": 3})
    report_id = na.create(ORDERS)
    assert [na.report(report_id)["processingStatus"] for _ in range(3)] == [
        "IN_PROGRESS",
        "IN_PROGRESS",
        "DONE",
    ]


@pytest.mark.parametrize("report_type", ALL_TYPES)
def test_every_type_ends_with_a_document_that_can_be_read(na: Api, report_type: str) -> None:
    """Flat files have a header and rows of its length, analytics are JSON."""
    text = na.download(na.finished(report_type)).decode("utf-8" if report_type == SALES else "cp1252")
    if report_type == SALES:
        assert json.loads(text)["salesAndTrafficByDate"]
        return
    rows = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


def test_the_document_shows_what_was_known_when_the_report_was_made(na: Api, sandbox: Sandbox) -> None:
    """Recent days restate: a later report of the same day differs, an old day does not."""
    fresh = {"dataStartTime": "2026-11-20", "dataEndTime": "2026-11-20"}
    old = {"dataStartTime": "2026-10-01", "dataEndTime": "2026-10-01"}
    first, first_old = (na.download(na.finished(SALES, **window)) for window in (fresh, old))
    na.later(3 * 86_400)
    later, later_old = (na.download(na.finished(SALES, **window)) for window in (fresh, old))
    assert first != later
    assert first_old == later_old


def test_only_a_waiting_report_can_be_cancelled(na: Api, sandbox: Sandbox) -> None:
    """200, then CANCELLED for good; 400 once it has begun."""
    waiting, begun = na.create(ORDERS), na.create(SALES)
    assert na.call("DELETE", f"/reports/{waiting}").status_code == 200
    sandbox.clock.change(jump=20)
    assert na.call("DELETE", f"/reports/{begun}").status_code == 400
    sandbox.clock.change(jump=600)
    assert na.report(waiting)["processingStatus"] == "CANCELLED"
    assert na.report(begun)["processingStatus"] == "DONE"


def test_ids_of_another_seller_do_not_exist(na: Api, eu: Api) -> None:
    """404 for reports, documents and schedules, as for unknown ids."""
    report = na.finished(ORDERS)
    for path in (f"/reports/{report['reportId']}", f"/documents/{report['reportDocumentId']}", "/reports/1"):
        answer = eu.call("GET", path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NotFound")
        assert "x-amzn-ratelimit-limit" in answer.headers


def test_reports_are_kept_for_90_days(na: Api, sandbox: Sandbox) -> None:
    """Then neither report nor document can be found."""
    report = na.finished(INVENTORY)
    na.later(91 * 86_400)
    assert na.call("GET", f"/reports/{report['reportId']}").status_code == 404
    assert na.call("GET", f"/documents/{report['reportDocumentId']}").status_code == 404


def test_an_empty_bucket_is_refused_as_amazon_refuses(na: Api, sandbox: Sandbox) -> None:
    """429 QuotaExceeded with a request id, no Retry-After and no rate; a token later it works again."""
    statuses = [na.call("POST", "/reports", json=na.body(SALES)).status_code for _ in range(15)]
    assert statuses == [202] * 15
    answer = na.call("POST", "/reports", json=na.body(SALES))
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == "QuotaExceeded"
    assert "retry-after" not in answer.headers
    assert "x-amzn-ratelimit-limit" not in answer.headers
    assert answer.headers["x-amzn-requestid"]
    sandbox.clock.change(jump=60)
    assert na.call("POST", "/reports", json=na.body(SALES)).status_code == 202


def test_hundreds_of_reports_at_once(na: Api, sandbox: Sandbox, control: Any) -> None:
    """All end DONE, each with a document of its own."""
    control("POST", "/quotas", {"operation": "createReport", "rate": 1000, "burst": 2000})
    control("POST", "/quotas", {"operation": "getReports", "rate": 1000, "burst": 2000})
    ids = {na.create(SALES) for _ in range(REPORTS)}
    sandbox.clock.change(jump=600)
    page = na.call("GET", "/reports", params={"reportTypes": SALES, "pageSize": 100}).json()
    reports = page["reports"]
    while "nextToken" in page:
        page = na.call("GET", "/reports", params={"nextToken": page["nextToken"]}).json()
        reports += page["reports"]
    assert {report["reportId"] for report in reports} == ids
    assert {report["processingStatus"] for report in reports} == {"DONE"}
    assert len({report["reportDocumentId"] for report in reports}) == REPORTS


def test_queued_documents_are_written_before_the_clock_jumps(
    na: Api, sandbox: Sandbox, control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the machine is, one read after the jump finds the report DONE."""
    jumping, written_at = threading.Event(), []
    finish, write = sandbox.state(Renderer).finish, render.render

    async def waiting(seconds: float) -> None:
        jumping.set()
        await finish(seconds)

    def late(simulation: Simulation, job: render.RenderJob) -> render.Rendered | None:
        jumping.wait(60)
        rendered = write(simulation, job)
        written_at.append(sandbox.clock.now())
        return rendered

    monkeypatch.setattr(sandbox.state(Renderer), "finish", waiting)
    monkeypatch.setattr(render, "render", late)
    report_id = na.create(SALES)
    control("POST", "/clock", {"jump_seconds": 600})
    assert written_at == [epoch(NOW)]
    assert na.report(report_id)["processingStatus"] == "DONE"
