"""A slice from plan to archive: once, reused, joined, empty, aborted, late."""

from __future__ import annotations

import json

from integration.collect.parts import Bench, collect

from sellerops.collect import Outcome
from sellerops.ledger import RequestStatus


def test_a_slice_is_asked_for_once_and_archived(bench: Bench) -> None:
    piece = bench.piece()
    done = collect(bench.collector(), piece)
    assert done.outcome is Outcome.DOCUMENTS
    request = bench.ledger.get_request(done.request_ids[0])
    assert request.status is RequestStatus.ARCHIVED
    assert request.created_by == "us"
    assert request.archive_uri is not None
    with bench.archive.open(request.archive_uri) as stream:
        content = json.load(stream)
    assert content["reportSpecification"]["dataStartTime"] == piece.first_day
    assert content["reportSpecification"]["dataEndTime"] == piece.last_day
    assert bench.creates() == 1
    assert len(bench.documents()) == 1
    sidecar = bench.archive.sidecars(request.archive_uri)[0]
    assert sidecar["decoded"]["sha256"] == request.content_sha256
    assert sidecar["request"]["report_id"] == request.report_id
