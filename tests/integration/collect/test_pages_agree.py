"""The local portal's files and the local Amazon's API are of one world: every check that compares a table of
a web page with one of the API finds them equal.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from integration.collect.parts import RUN_AT, Bench, another_run, collect
from support.catalogue import document_of, request_facts, simulation
from support.portal_samples import PAGES, PortalSample, portal_samples
from support.samples import split_options
from support.specs import shipped_specs
from support.tables import Tables

from sellerops.archive import DocumentMeta
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Outcome
from sellerops.destinations import RequestMeta
from sellerops.reconciliation.checks import CheckSpec, load_checks
from sellerops.reconciliation.results import Verdict
from sellerops.reconciliation.running import run_check
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops.sources.amazon_sp.operations.registry import OPERATIONS

US = marketplace("US")
PAGE = "seller_portal"
SPEC_OF = {f"{spec.source}.{table}": spec for spec in shipped_specs() for table in spec.tables}
CHECKS = [check for check in load_checks() if any(each.startswith(f"{PAGE}.") for each in check.inputs)]
# All days of a page's file and the day before and after it, whose rows it may have.
_MARGIN = timedelta(days=2)


class World:
    """Loads pages and the API's documents for the same days."""

    def __init__(self, bench: Bench, tables: Tables) -> None:
        self.bench, self.tables = bench, tables
        self._seen: set[tuple[str, str]] = set()

    def load_inputs(self, check: CheckSpec) -> None:
        samples = [
            sample for name in check.inputs if name.startswith(f"{PAGE}.") for sample in self._page(name)
        ]
        days = [day for sample in samples for day in sample.slice_.days]
        for name in check.inputs:
            if not name.startswith(f"{PAGE}."):
                self._api(SPEC_OF[name], min(days) - _MARGIN, min(max(days) + _MARGIN, RUN_AT.date()))

    def _page(self, table: str) -> list[PortalSample]:
        spec = SPEC_OF[table]
        # Of payments more than a month: a line may be released weeks after it was posted.
        most = 2 if spec.name == "payments_date_range" else 1
        samples = list(itertools.islice(portal_samples(spec, "northwind_na", US.code, RUN_AT), most))
        assert samples, spec.name
        for each in samples:
            self._load(spec, each.slice_, each.file.content, each.file.media_type, dict(each.facts))
        return samples

    def _api(self, spec: ReportSpec, first: date, last: date) -> None:
        if spec.name == "settlements":
            self._settlements(spec, first)
            return
        window = {} if spec.period.kind is PeriodKind.SNAPSHOT else {"from_day": first, "to_day": last}
        for slice_ in plan_slices(spec, self.bench.account, run_at=RUN_AT, now=RUN_AT, **window):
            if spec.request.how == "called":
                self._called(spec, slice_)
            elif US.code in slice_.marketplaces and (document := document_of(slice_, RUN_AT, _split(spec))):
                self._load(spec, slice_, document.read(), document.content_type, request_facts(slice_))

    def _settlements(self, spec: ReportSpec, first: date) -> None:
        (slice_,) = plan_slices(spec, self.bench.account, run_at=RUN_AT, now=RUN_AT)
        seller = simulation().seller("northwind_na")
        for ref in simulation().settlements(seller, RUN_AT):
            if ref.created_at.date() >= first:
                document = simulation().settlement_document(seller, ref.settlement_id)
                self._load(spec, slice_, document.read(), document.content_type, {}, ref.created_at)

    def _called(self, spec: ReportSpec, slice_: Slice) -> None:
        if ("called", f"{spec.name} {slice_.label}") in self._seen:
            return
        self._seen.add(("called", f"{spec.name} {slice_.label}"))
        done = collect(self.bench.collector(spec), slice_, another_run(f"{spec.name} {slice_.label}"))
        for one in done.request_ids if done.outcome is Outcome.DOCUMENTS else ():
            request = self.bench.ledger.get_request(one)
            told = RequestMeta.of(request)
            self.tables.load(spec, slice_, told, request.archive_uri or "", spec.source)

    def _load(
        self,
        spec: ReportSpec,
        slice_: Slice,
        content: bytes,
        kind: str,
        facts: dict[str, str],
        made: datetime = RUN_AT,
    ) -> None:
        key = (spec.name, f"{slice_.label} {made}")
        if key in self._seen:
            return
        self._seen.add(key)
        meta = DocumentMeta(
            spec.source, spec.name, slice_.account_id, f"{slice_.label} {made}", RUN_AT.isoformat(), {}, {}
        )
        uri = self.bench.archive.put_stream([content], meta).uri
        told = RequestMeta(made, None, kind, slice_.marketplace_ids, uri, facts)
        self.tables.load(spec, slice_, told, uri, spec.source)


def _split(spec: ReportSpec) -> dict[str, str]:
    """The first ASINs of the store."""
    return split_options(spec, Slice("amazon_sp", spec.name, "northwind_na", "NA", ("US",), "l", "UTC"))


@pytest.fixture
def world(bench: Bench, stepping_clock: None) -> Iterator[World]:
    bench.sandbox.control("POST", "/jobs", json={"queue_seconds": 5, "progress_seconds": 5})
    for operation in OPERATIONS:
        bench.sandbox.quotas(operation=operation, rate=50.0, burst=500)
    opened = Tables(bench.ledger, bench.archive)
    yield World(bench, opened)
    opened.close()


def test_every_page_that_the_api_serves_too_has_a_check() -> None:
    compared = {
        SPEC_OF[name].name for check in CHECKS for name in check.inputs if name.startswith(f"{PAGE}.")
    }
    alone = {spec.name for spec in PAGES} - compared
    assert alone == {
        "alternate_purchase", "customer_loyalty", "demographics", "item_comparison",
        "search_query_performance_brand_monthly", "web_datarova_keywords", "web_support_cases",
    }  # fmt: skip


def test_pages_agree_with_the_api(world: World, bench: Bench, reader: str) -> None:
    bench.follow_clock()
    found: dict[str, Counter[str]] = {}
    off = []
    for check in CHECKS:
        world.load_inputs(check)
        results = run_check(bench.ledger, check, reader).results
        found[check.name] = Counter(str(each.verdict) for each in results)
        off += [each for each in results if each.verdict in (Verdict.OFF, Verdict.TOO_YOUNG)]

    assert off == []
    assert all(counts["ok"] for counts in found.values()), found
