"""Killed at any border of a visit, a page's file is still requested once and archived once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.collect.killing import Killed, Steps, apart, stepping
from integration.collect.portal_parts import (
    CONTENT,
    Page,
    PortalBench,
    collect,
    fees,
    let_time_pass_in_sleeps_alone,
)

from sellerops.archive import Archive
from sellerops.calendar.slices import Slice
from sellerops.collect import Outcome
from sellerops.collect.portal_looks import LISTED_WITHIN
from sellerops.ledger import Ledger
from sellerops.sources.common.portal_api import Delivery


@pytest.fixture
def bench(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PortalBench:
    made = PortalBench(ledger, tmp_path)
    let_time_pass_in_sleeps_alone(made, monkeypatch)
    return made


TWO = (CONTENT, b"page 2")
KINDS = {
    "one file": {"delivery": Delivery.LISTED, "contents": TWO[:1]},
    "two files": {"delivery": Delivery.LISTED, "contents": TWO},
    "a list without times": {"delivery": Delivery.LISTED, "contents": TWO[:1], "is_timed": False},
    "at once": {"delivery": Delivery.DIRECT, "contents": TWO},
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_killed_at_every_step_a_slice_has_one_request_and_one_document(bench: PortalBench, kind: str) -> None:
    slice_, page = bench.slice_(), KINDS[kind]
    delivery = page["delivery"]
    whole = _run_through(bench, slice_, None, page).crossed
    struck = [at for at in apart(whole) if _run_through(bench, slice_, at, page).struck]
    assert len(struck) > 10
    borders = {"before the download", "after the download", "before file", "after file"}
    if delivery is Delivery.LISTED:
        borders |= {"before the list", "before the request", "after the request"}
    assert borders <= {step.name for step in struck}


def test_a_request_whose_row_was_not_seen_is_found_in_the_list(bench: PortalBench) -> None:
    slice_ = bench.slice_()
    _die(bench, slice_, "after the request")
    assert [row["status"] for row in bench.requests()] == ["CREATING"]
    done = collect(bench, slice_)
    request = bench.ledger.get_request(done.request_ids[0])
    assert (request.created_by, request.report_id, bench.page.requested) == ("adopted", "5000", 1)


def test_a_request_that_was_never_made_is_made_once_the_list_must_have_it(bench: PortalBench) -> None:
    slice_ = bench.slice_()
    began = bench.ledger.clock().now()
    _die(bench, slice_, "before the request")
    assert collect(bench, slice_).outcome is Outcome.DOCUMENTS
    assert bench.page.requested == 1
    assert bench.page.rows[0].created_at >= began + LISTED_WITHIN


def test_a_lost_request_of_a_look_alike_keeps_its_row(bench: PortalBench) -> None:
    """Two reports of one page differ in an option that the page's list does not show."""
    slice_, other = bench.slice_(), fees(options={"report": "FEES", "brand": "B"})
    _die(bench, slice_, "after the request")
    bench.jump(timedelta(minutes=10))
    assert collect(bench, slice_, spec=other).outcome is Outcome.DOCUMENTS
    assert collect(bench, slice_).outcome is Outcome.DOCUMENTS
    rows = {row["options"].get("brand"): row["report_id"] for row in bench.requests()}
    assert rows == {None: "5000", "B": "5001"}
    assert bench.page.requested == 2


def _die(bench: PortalBench, slice_: Slice, border: str) -> None:
    def kill(at: str) -> None:
        if at == border:
            bench.page.on = lambda at: None
            raise Killed

    bench.page.on = kill
    with pytest.raises(Killed):
        collect(bench, slice_)
    bench.stop_beating()


def _run_through(bench: PortalBench, slice_: Slice, at: Any, page: dict[str, Any]) -> Steps:
    """Kill a collection at a step, let others finish it, and check what there is afterwards."""
    with bench.ledger.connection() as connection:
        for table in ("login_lock", "browser_job", "slice_state", "report_reuse", "report_request"):
            connection.execute(f"DELETE FROM sellerops.{table}".encode())
    bench.archive = Archive(str(bench.folder / "archive" / str(id(at))))
    bench.page, contents = Page(now=bench.page.now, **page), page["contents"]
    with stepping(at) as steps:
        bench.page.on = steps.cross
        try:
            done = collect(bench, slice_)
        except Killed:
            bench.page.on = lambda border: None
            bench.stop_beating()
            done = collect(bench, slice_)
    assert done.outcome is Outcome.DOCUMENTS
    assert bench.page.requested == (1 if page["delivery"] is Delivery.LISTED else 0), at
    assert len(done.request_ids) == len(contents)
    archived = [bench.ledger.get_request(one) for one in done.request_ids]
    assert len({one.archive_uri for one in archived}) == len(contents), at
    assert all(bench.archive.has(one.archive_uri or "") for one in archived), at
    assert len(list((bench.folder / "archive" / str(id(at))).rglob("*.gz"))) == len(contents), at
    in_progress = [row["status"] for row in bench.requests() if row["status"] != "ARCHIVED"]
    assert in_progress == [], at
    return steps
