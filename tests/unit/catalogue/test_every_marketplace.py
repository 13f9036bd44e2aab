"""Flat files of the marketplaces in which the demo does not sell, each with an account of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from itertools import islice

import pytest
from support.samples import AS_OF, COUNTRIES, CREATED

from amazon_sandbox.simulation import SCENARIOS, Document, Simulation
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.formats import RowReject, open_rows
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import all_marketplaces, marketplace
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_sp.reports import query_of

_SCENARIO = "other_marketplaces"
OTHERS = sorted(set(all_marketplaces()) - {code for codes in COUNTRIES.values() for code in codes})
FLAT = [spec for spec in CREATED if spec.source == "amazon_sp" and spec.format.kind in ("tsv", "csv")]


@cache
def simulation() -> Simulation:
    SCENARIOS[_SCENARIO] = {f"northwind_{code.lower()}": (code,) for code in OTHERS}
    try:
        return Simulation(seed=7, scenario=_SCENARIO)
    finally:
        del SCENARIOS[_SCENARIO]


@pytest.mark.parametrize("spec", FLAT, ids=lambda spec: spec.name)
def test_no_row_of_any_marketplace_is_refused(spec: ReportSpec) -> None:
    if spec.report_type not in simulation().report_types:
        pytest.skip(f"the local Amazon has no data for {spec.report_type} (docs/add-a-report.md)")
    codes = [code for code in OTHERS if spec.marketplaces == "all" or code in spec.marketplaces]
    found = {code: list(_refused(spec, code)) for code in codes}
    assert {code: refused for code, refused in found.items() if refused} == {}


def _refused(spec: ReportSpec, code: str) -> Iterator[RowReject]:
    owner = Account(f"northwind_{code.lower()}", marketplace(code).region, (marketplace(code),), "")
    # Some of the newest, because rare things are not in every file.
    for slice_ in islice(reversed(plan_slices(spec, owner, run_at=AS_OF, now=AS_OF)), 3):
        document = _document(spec, slice_)
        if document is None:
            continue
        for table in spec.tables.values():
            rejects: list[RowReject] = []
            rows = open_rows(
                table,
                io.BytesIO(document.read()),
                file_format=spec.format,
                slice_=slice_,
                content_type=document.content_type,
                on_reject=rejects.append,
                where=spec.name,
            )
            assert sum(batch.num_rows for batch in rows) + len(rejects) > 0
            yield from rejects


def _document(spec: ReportSpec, slice_: Slice) -> Document | None:
    query = query_of(spec, slice_)
    seller = simulation().seller(slice_.account_id)
    return simulation().document(
        query.report_type, seller, query.marketplace_ids, query.start, query.end, query.options, AS_OF
    )
