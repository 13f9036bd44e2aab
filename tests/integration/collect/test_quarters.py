"""Brand Analytics by quarter: from Amazon into the table, and late while Amazon has not published it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest
from integration.collect.parts import RUN, Bench, collect

from sellerops.base.errors import NotPublishedYet
from sellerops.calendar.slices import check_published
from sellerops.collect import Outcome, splitting
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.settings.specs import load_spec

FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)
QUARTERLY = (
    "search_query_performance_quarterly",
    "search_catalog_performance_quarterly",
    "search_terms_quarterly",
    "market_basket_quarterly",
    "repeat_purchase_quarterly",
)


@pytest.fixture
def asins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A few ASINs of the brand, as the listings would name them."""
    from amazon_sandbox.simulation import Simulation
    from amazon_sandbox.simulation.marketplaces import by_country
    from amazon_sandbox.simulation.storefront import Storefronts

    listings = (
        Storefronts(Simulation(seed=7, scenario="demo").seed).of("northwind_na", by_country("US")).listings
    )
    found = sorted({listing.asin for listing in listings})[:20]
    monkeypatch.setitem(splitting._VALUES, "asins", lambda *_: found)
    return found


@pytest.mark.usefixtures("asins")
@pytest.mark.parametrize("report", QUARTERLY)
def test_a_quarter_is_collected_and_loaded(bench: Bench, report: str) -> None:
    spec = load_spec(report)
    bench.sandbox.control("POST", "/jobs", json={"queue_seconds": 1, "progress_seconds": 1})
    bench.sandbox.quotas(operation="createReport", rate=10.0, burst=100)
    slice_ = next(one for one in bench.slices(spec, from_day=LAST) if one.marketplaces == ("US",))
    assert (slice_.first_day, slice_.last_day) == (str(FIRST), str(LAST))
    done = collect(bench.collector(spec), slice_)
    assert done.outcome is Outcome.DOCUMENTS
    assert len(done.request_ids) == (2 if spec.request.split else 1)
    destination = open_destination("postgres", bench.ledger.database.conninfo)
    stored = 0
    for request_id in done.request_ids:
        request = bench.ledger.get_request(request_id)
        assert request.options["reportPeriod"] == "QUARTER"
        uri = request.archive_uri or ""
        (result,) = load_document(
            destination, spec, slice_, RequestMeta.of(request), lambda uri=uri: bench.archive.open(uri)
        )
        assert result.stored == result.rows_in_file > 0
        stored += result.stored
    with psycopg.connect(bench.ledger.database.conninfo) as connection:
        landed = connection.execute(
            f"SELECT count(*), min(start_date), max(start_date) FROM amazon_sp.{report}"
        ).fetchone()
    assert landed == (stored, FIRST, FIRST)


def test_a_quarter_that_is_not_out_is_late_and_costs_no_request(bench: Bench) -> None:
    spec = load_spec("search_query_performance_quarterly")
    slice_ = next(one for one in bench.slices(spec, from_day=LAST) if one.marketplaces == ("US",))
    published = datetime(2026, 10, 5, 7, tzinfo=UTC)
    with pytest.raises(NotPublishedYet, match="from 2026-10-05 07:00 UTC"):
        check_published(spec, slice_, published.replace(hour=6, minute=59))
    check_published(spec, slice_, published)
    bench.sandbox.clock(set="2026-10-03T12:00:00Z")
    bench.follow_clock()
    with pytest.raises(NotPublishedYet):
        bench.collector(spec).advance(slice_, RUN)
    assert bench.creates() == 0
