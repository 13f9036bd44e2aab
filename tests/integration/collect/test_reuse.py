"""A report that Amazon has already spares a create, and refusals teach the cooldown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from integration.collect.parts import RUN, Bench, another_run, collect, spec_with

from sellerops.base.errors import ReportFatal
from sellerops.calendar.slices import Slice
from sellerops.ledger import RequestStatus, listings
from sellerops.rate_limits import Granted
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_sp.reports import query_of
from sellerops.sources.common.sessions import run_blocking

BY_SKU = {"dateGranularity": "DAY", "asinGranularity": "SKU"}


def made_elsewhere(bench: Bench, spec: ReportSpec, slice_: Slice) -> str:
    """Another application of the seller creates the report; returns its id."""
    query = query_of(spec, slice_)
    return run_blocking(lambda: bench.client().create_report(query, leased=True))


def saved(bench: Bench) -> dict[str, int]:
    rows = bench.ledger.database.run(listings.reuses)
    return {row["found_in"]: row["saved"] for row in rows}


@pytest.mark.parametrize("name", ["fba_manage_inventory", "fba_customer_returns", "sales_and_traffic"])
def test_another_applications_report_is_used(bench: Bench, name: str) -> None:
    """Where there are no options to differ in, or the document names them."""
    spec = load_spec(name)
    report_id = made_elsewhere(bench, spec, bench.slice_(spec))
    bench.jump(0.25)
    done = collect(bench.collector(spec), bench.slice_(spec))
    request = bench.ledger.get_request(done.request_ids[0])
    assert (request.report_id, request.created_by) == (report_id, "reused")
    assert request.status is RequestStatus.ARCHIVED
    assert bench.creates() == 1
    assert saved(bench) == {"amazon": 1}


def test_a_report_with_other_options_is_given_up_for_a_new_one(bench: Bench) -> None:
    """Amazon's list does not have the options; the document does."""
    foreign = made_elsewhere(bench, spec_with(options=BY_SKU), bench.slice_())
    bench.jump(0.25)
    done = collect(bench.collector(), bench.slice_())
    request = bench.ledger.get_request(done.request_ids[0])
    assert request.created_by == "us"
    assert request.report_id != foreign
    assert saved(bench) == {}
    with bench.archive.open(request.archive_uri or "") as stream:
        assert b'"asinGranularity":"CHILD"' in stream.read(500)


def test_unknown_options_are_never_assumed(bench: Bench) -> None:
    """A flat file of another application, made with who knows which options."""
    spec = spec_with("all_orders", options={"ShowSalesChannel": "true"})
    made_elsewhere(bench, load_spec("all_orders"), bench.slice_(spec))
    bench.jump(0.25)
    done = collect(bench.collector(spec), bench.slice_(spec))
    assert bench.ledger.get_request(done.request_ids[0]).created_by == "us"


def test_an_old_report_and_one_of_a_half_day_are_not_used(bench: Bench) -> None:
    """Too old by the spec's `fresh_for`, or made before the window had closed."""
    spec = load_spec("fba_manage_inventory")
    slice_ = bench.slice_(spec)
    bench.jump(-1)
    made_elsewhere(bench, spec, slice_)
    bench.jump(1)
    collect(bench.collector(spec), slice_)
    half = bench.slices()[2]
    assert half.end is not None
    bench.sandbox.clock(set=(half.end - timedelta(hours=1)).isoformat())
    bench.follow_clock()
    made_elsewhere(bench, load_spec("sales_and_traffic"), half)
    bench.jump(2)
    collect(bench.collector(), half)
    assert saved(bench) == {}


def test_one_listing_serves_all_slices_of_a_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for slice_ in bench.slices()[:3]:
        made_elsewhere(bench, load_spec("sales_and_traffic"), slice_)
    bench.jump(0.25)
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    for slice_ in bench.slices()[:3]:
        collect(bench.collector(), slice_)
    assert len(bench.sandbox.calls(operation="getReports")) == 1
    assert saved(bench) == {"amazon": 3}


def test_lost_creates_and_settlements_find_their_tokens(bench: Bench) -> None:
    """Where few tokens of getReports are left none is spent on looking."""
    bucket = bench.client().bucket("getReports")
    for _ in range(5):
        assert isinstance(bench.limits.try_acquire(bucket), Granted)
    bench.limits.learn_rate(
        bucket, 0.0001
    )  # none comes back while this test goes on, however slow the machine
    bench.ledger.set_clock(None)
    made_elsewhere(bench, load_spec("sales_and_traffic"), bench.slice_())
    bench.follow_clock()
    bench.sandbox.clock(speed=60)
    bench.follow_clock()
    done = collect(bench.collector(), bench.slice_())
    assert bench.ledger.get_request(done.request_ids[0]).created_by == "us"
    assert bench.sandbox.calls(operation="getReports") == []


def test_the_cooldown_of_another_applications_report_counts(bench: Bench) -> None:
    """Listed, though too old to be reused: the next one is created when Amazon allows it."""
    spec = spec_with("fba_customer_returns", fresh_for=timedelta(minutes=1))
    slice_ = bench.slice_(spec)
    made_elsewhere(bench, spec, slice_)
    bench.jump(0.5)
    done = collect(bench.collector(spec), slice_)
    mine = bench.ledger.get_request(done.request_ids[0])
    assert mine.created_by == "us"
    assert bench.sandbox.cooldown_violations() == 0


def test_our_own_request_served_again_is_counted(bench: Bench) -> None:
    collect(bench.collector(), bench.slice_())
    for _ in range(3):
        collect(bench.collector(), bench.slice_(), another_run("manual"))
    collect(bench.collector(), bench.slice_(), RUN)
    assert saved(bench) == {"ledger": 1}


def test_a_fatal_report_requested_too_soon_lengthens_the_cooldown(bench: Bench) -> None:
    bench.sandbox.faults(
        "fatal_with_document", times=1, options={"detail": "The report was requested too frequently."}
    )
    with pytest.raises(ReportFatal):
        collect(bench.collector(), bench.slice_())
    (learned,) = bench.limits.learned_cooldowns("northwind_na")
    assert learned.report_type == "GET_SALES_AND_TRAFFIC_REPORT"
    assert learned.in_force >= timedelta(minutes=30)
    assert "too frequently" in learned.evidence[0]["reason"]


def test_a_report_cancelled_after_one_with_data_teaches_the_cooldown(bench: Bench) -> None:
    """Data do not vanish in an hour; a first CANCELLED says nothing."""
    spec = spec_with(fresh_for=timedelta(minutes=1), second_look=timedelta(0))
    collect(bench.collector(spec), bench.slice_())
    bench.jump(1)
    bench.sandbox.faults("cancelled", times=1)
    collect(bench.collector(spec), bench.slice_(), another_run("again"))
    (learned,) = bench.limits.learned_cooldowns()
    assert timedelta(hours=1.5) < learned.in_force < timedelta(hours=2.5)
    assert "CANCELLED" in learned.evidence[0]["reason"]
