"""Lists of Amazon Ads from the call to the table: each row whole, with its profile, made again from the
archive with the ledger and without it. Reports and exports are looked at in test_every_table.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from integration.collect.ads_parts import AdsBench
from integration.collect.conftest import SPEED
from integration.collect.parts import RUN_AT, another_run, collect
from support.sandbox import SandboxServer
from support.specs import shipped_specs
from support.tables import Tables

from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Outcome
from sellerops.destinations import RequestMeta
from sellerops.ledger import Ledger, ReportRequest
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.specs import ReportSpec

LISTS = [spec for spec in shipped_specs() if spec.source == "amazon_ads" and spec.request.how == "called"]
NO_LOAD_ID = ("load_id",)
# Null where nothing is said; these the local Amazon never says.
UNSAID = {"native_language_keyword", "native_language_locale", "serving_status_details", "status_reasons"}
UNSAID |= {"budget_start_date", "budget_end_date", "unspent_budget_sharing", "account_sub_type"}


@pytest.fixture
def bench(local_amazon: SandboxServer, ledger: Ledger, tmp_path: Path) -> AdsBench:
    local_amazon.reset()
    local_amazon.clock(set=RUN_AT.isoformat(), speed=SPEED)
    made = AdsBench(local_amazon, ledger, tmp_path / "archive")
    made.follow_clock()
    return made


@pytest.fixture
def tables(bench: AdsBench) -> Iterator[Tables]:
    opened = Tables(bench.ledger, bench.archive)
    yield opened
    opened.close()


@pytest.mark.parametrize("spec", LISTS, ids=lambda spec: spec.name)
def test_a_list_lands_whole_and_is_made_again(spec: ReportSpec, bench: AdsBench, tables: Tables) -> None:
    (name,) = spec.tables
    first = read(bench, spec, RUN_AT)
    bench.jump(24)
    again = read(bench, spec, RUN_AT + timedelta(days=1))
    for slice_, request in (first, again, first):
        tables.load(spec, slice_, RequestMeta.of(request), request.archive_uri or "", spec.source)
    rows = tables.rows(f'SELECT * FROM "{spec.source}"."{name}"')
    assert rows
    assert len({row["snapshot_at"] for row in rows}) == 2
    declared = set(spec.tables[name].columns)
    assert {column for column in declared if all(row[column] is None for row in rows)} <= UNSAID
    if "profile_id" in spec.tables[name].facts:
        ours = {str(one["profile_id"]) for one in bench.sandbox.account("northwind_na")["ads"]["profiles"]}
        assert {row["profile_id"] for row in rows} <= ours
    loads = tables.rows("SELECT * FROM sellerops.load")
    assert all(each["rows_in_file"] == each["stored"] and not each["rejected"] for each in loads)
    assert not tables.rows("SELECT * FROM sellerops.schema_change WHERE kind IN ('added', 'duplicated')")

    live = tables.contents(spec, spec.source)
    tables.empty(spec)
    replay(tables.ledger, tables.archive, spec, Scope())
    assert tables.contents(spec, spec.source) == live

    content = tables.contents(spec, spec.source, without=NO_LOAD_ID)
    tables.rows("DELETE FROM sellerops.load RETURNING 1")
    tables.rows("DELETE FROM sellerops.report_request RETURNING 1")
    tables.empty(spec)
    replay(tables.ledger, tables.archive, spec, Scope(), from_archive=True)
    assert tables.contents(spec, spec.source, without=NO_LOAD_ID) == content


def test_a_row_of_profiles_belongs_to_its_own_marketplace(bench: AdsBench, tables: Tables) -> None:
    spec = next(spec for spec in LISTS if spec.name == "profiles")
    slice_, request = read(bench, spec, RUN_AT)
    tables.load(spec, slice_, RequestMeta.of(request), request.archive_uri or "", spec.source)
    rows = tables.rows("SELECT * FROM amazon_ads.profiles")
    marketplaces = {
        row["profile_id"]: row["marketplace_id"] for row in rows if row["account_type"] == "seller"
    }
    told = bench.sandbox.account("northwind_na")["ads"]["profiles"]
    assert marketplaces == {str(one["profile_id"]): one["marketplace_id"] for one in told}
    assert len(marketplaces) > 2 and {row["timezone"] for row in rows} >= {"America/Los_Angeles"}
    assert len(rows) > len(marketplaces), "a vendor's profile is listed and stored too"


def read(bench: AdsBench, spec: ReportSpec, run_at: datetime) -> tuple[Slice, ReportRequest]:
    """The archived list of the run's snapshot."""
    slice_ = plan_slices(spec, bench.account, run_at=run_at, now=run_at)[0]
    done = collect(bench.collector(spec), slice_, another_run(f"scheduled__{run_at}"))
    assert done.outcome is Outcome.DOCUMENTS
    return slice_, bench.request_of(done)
