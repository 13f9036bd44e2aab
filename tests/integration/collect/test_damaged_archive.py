"""An archived document that is damaged or missing is downloaded again while Amazon serves it; otherwise the
error says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.collect.parts import RUN, Bench, collect

from sellerops.archive import ArchivedDocument, DocumentMeta
from sellerops.base.clock import Clock
from sellerops.base.errors import ArchiveDamaged, RetryableError
from sellerops.collect import archiving
from sellerops.destinations import Destination, open_destination
from sellerops.ledger import RequestStatus
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops_airflow.operators.loading import load_slice
from sellerops_airflow.runs.slice_load import SliceLoad
from sellerops_airflow.runtime import Runtime

SPEC = load_spec("all_orders")
CALLED = load_spec("orders_v0")


class BenchRuntime(Runtime):
    """A process's parts, of the bench."""

    def __init__(self, bench: Bench) -> None:
        conninfo = bench.ledger.database.conninfo
        super().__init__(lambda: conninfo, lambda: str(bench.directory), lambda: conninfo)
        self._bench = bench

    def collector(self, spec: ReportSpec, *_: Any) -> Any:
        return self._bench.collector(spec)

    def destination(self, name: str) -> Destination:
        return open_destination(name, self.conninfo)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def zero(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def load(bench: Bench, spec: ReportSpec, ids: tuple[int, ...]) -> int:
    slice_load = SliceLoad.of(spec, bench.slice_(spec), "postgres", list(ids))
    runtime = BenchRuntime(bench)
    try:
        return load_slice(runtime, spec, bench.slice_(spec), RUN, slice_load)[0].stored
    finally:
        runtime.close()


@pytest.mark.parametrize("damage", [cut, zero, Path.unlink])
def test_a_load_downloads_a_damaged_document_again(bench: Bench, damage: Callable[[Path], None]) -> None:
    ids = collect(bench.collector(SPEC), bench.slice_(SPEC)).request_ids
    stored = load(bench, SPEC, ids)
    (document,) = bench.documents()
    before = document.read_bytes()
    damage(document)
    assert load(bench, SPEC, ids) == stored > 0
    assert document.read_bytes() == before
    assert bench.creates() == 1


@pytest.mark.parametrize(("spec", "damage"), [(SPEC, zero), (SPEC, Path.unlink), (CALLED, zero)])
def test_the_remedy_requests_again_what_amazon_no_longer_serves(
    bench: Bench, spec: ReportSpec, damage: Callable[[Path], None]
) -> None:
    ids = collect(bench.collector(spec), bench.slice_(spec)).request_ids
    load(bench, spec, ids)
    with psycopg.connect(bench.ledger.database.conninfo) as connection:
        connection.execute("UPDATE sellerops.report_request SET document_id = 'gone' WHERE document_id <> ''")
    damage(bench.documents()[0])
    with pytest.raises(ArchiveDamaged, match="Clear the slice's fetch task, with downstream"):
        load(bench, spec, ids)
    assert bench.ledger.get_request(ids[0]).status is RequestStatus.FAILED
    # The remedy as printed: clear the fetch task of the same run, with downstream.
    bench.jump(hours=7)
    again = collect(bench.collector(spec), bench.slice_(spec)).request_ids
    assert again != ids
    assert load(bench, spec, again) > 0


def test_a_cleared_fetch_task_notices_that_the_document_is_gone(bench: Bench) -> None:
    ids = collect(bench.collector(SPEC), bench.slice_(SPEC)).request_ids
    bench.documents()[0].unlink()
    assert collect(bench.collector(SPEC), bench.slice_(SPEC)).request_ids == ids
    assert len(bench.documents()) == 1


def test_without_quota_the_load_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = collect(bench.collector(SPEC), bench.slice_(SPEC)).request_ids
    zero(bench.documents()[0])
    bench.sandbox.clock(freeze=True)
    bench.follow_clock()
    bench.limits.record_refusal(bench.client().bucket("getReportDocument"))
    now = bench.ledger.clock().now()
    monkeypatch.setattr(bench.ledger, "clock", lambda: Clock(now, now, 1.0))
    with pytest.raises(RetryableError, match="no quota") as refused:
        load(bench, SPEC, ids)
    assert refused.value.details["wait_seconds"] == pytest.approx(121, abs=1), "Airflow retries then"
    monkeypatch.undo()
    bench.jump(hours=1)
    assert load(bench, SPEC, ids) > 0


def put_cut_copy(bench: Bench, request_id: int) -> ArchivedDocument:
    """The archive has half a document in an intact file, because Amazon delivered it that way."""
    request = bench.ledger.get_request(request_id)
    with bench.archive.open(request.archive_uri or "") as stream:
        content = stream.read()
    (story,) = bench.archive.sidecars(request.archive_uri or "")
    meta = DocumentMeta(
        source=request.source, report=request.report, account_id=request.account_id, fetch="cut",
        fetched_at=story["fetched_at"], request=story["request"], response=story["response"],
    )  # fmt: skip
    document = bench.archive.put_stream([content[: len(content) // 2]], meta)
    bench.ledger.record_archived(
        request_id, uri=document.uri, nbytes=document.nbytes, sha256=document.sha256, headers=document.headers
    )
    return document


def test_a_document_that_came_cut_off_is_downloaded_again(bench: Bench) -> None:
    spec = load_spec("sales_and_traffic")
    ids = collect(bench.collector(spec), bench.slice_(spec)).request_ids
    put_cut_copy(bench, ids[0])
    assert load(bench, spec, ids) > 0
    assert bench.creates() == 1


def test_a_document_that_amazon_serves_cut_off_is_given_up_with_a_remedy_that_works(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_spec("sales_and_traffic")
    ids = collect(bench.collector(spec), bench.slice_(spec)).request_ids
    document = put_cut_copy(bench, ids[0])
    monkeypatch.setattr(archiving, "_fetch", lambda *_: document)
    with pytest.raises(ArchiveDamaged, match="Amazon serves a damaged copy") as caught:
        load(bench, spec, ids)
    assert "Clear the slice's fetch task, with downstream" in caught.value.remedy
    monkeypatch.undo()
    bench.jump(hours=7)
    again = collect(bench.collector(spec), bench.slice_(spec)).request_ids
    assert again != ids
    assert load(bench, spec, again) > 0
