"""From a page to rows and back: requested, waited for, fetched, loaded, made again from the archive, and the
same file by way of the drop folder.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.collect.parts import clock_of
from psycopg.rows import dict_row
from support.portal import MARK, portal_account, portal_credentials, portal_login
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.browsers import session as browser_session
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.pool import Pool
from sellerops.browsers.session import open_session
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Done, Outcome, WaitFor, portal_downloads
from sellerops.destinations import LoadResult, RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger, RunRef, waits
from sellerops.ledger.login_locks import jobs
from sellerops.ledger.logins import JobState
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.logins import Login
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.folder.source import SOURCE as FOLDER
from sellerops.sources.seller_portal.client import SellerPortalClient
from sellerops.sources.seller_portal.credentials import PortalCredentials
from sellerops.sources.seller_portal.pages.registry import page_object

# Specs of pages that list requested files, and of the one that hands out AWD's stock.
LISTED = (
    "awd_processing_fees",
    "awd_transportation_fees",
    "web_awd_inbound_shipments",
    "web_awd_inventory",
    "web_customer_returns",
    "web_fba_inventory",
    "web_fba_manage_inventory",
    "web_fulfilled_shipments",
    "web_inventory_surcharge",
    "web_listings_all",
    "web_promotions",
    "web_reimbursements",
    "web_removal_orders",
    "web_removal_shipments",
    "web_replacements",
    "web_storage_fees",
)
RUN = RunRef("report__seller_portal__x", "scheduled__1", "slice.fetch_report", 0, 1, "x")
ROUNDS = 10


class Desk:
    """One seller's pages, archive and tables, on the local portal's clock."""

    def __init__(self, sandbox: SandboxServer, ledger: Ledger, folder: Path, port: int) -> None:
        self.sandbox, self.ledger, self.folder, self.port = sandbox, ledger, folder, port
        account = portal_account()
        self.account = replace(account, sources=("seller_portal", "folder"))
        self.archive = Archive(str(folder / "archive"))
        self.evidence = EvidenceStore(str(folder / "evidence"))
        self.limits = QuotaLedger(ledger, load_rate_limits())
        self.follow_clock()

    def follow_clock(self) -> None:
        self.ledger.set_clock(clock_of(self.sandbox.clock()))

    def slice_(self, spec: ReportSpec) -> Slice:
        """The oldest slice of a run now."""
        moment = self.ledger.clock().now()
        return plan_slices(spec, self.account, run_at=moment, now=moment)[0]

    def collector(self, spec: ReportSpec, client: Any) -> Collector:
        return Collector(spec, self.account, client, self.ledger, self.limits, self.archive)

    def _login(self, spec: ReportSpec) -> tuple[Login, PortalCredentials]:
        """What a spec's page needs."""
        role, site = spec.request.login or "", page_object(spec.request.page or "").site
        login = portal_login(role, port=self.port, id="northwind", site=site)
        return login, portal_credentials(self.sandbox, role, site=site)

    @contextmanager
    def one_session(self, spec: ReportSpec) -> Iterator[None]:
        """All jobs in the block, of one login, share a session: attaching costs more than most pages.

        Each still takes the login's lock, enters, sees that its store is shown and uses its page. Only the
        first opens the list of accounts, because the account's name is known.
        """
        login, credentials = self._login(spec)
        names = {self.account.id: "Northwind NA"}
        with (
            open_session(
                login.model_copy(update={"picker_names": names}),
                job_id=0,
                secrets=credentials.secrets,
                user_agent_mark=MARK,
                evidence=self.evidence,
                is_held=lambda: True,
            ) as session,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(browser_session, "open_session", lambda *_, **__: nullcontext(session))
            yield

    def download(self, spec: ReportSpec, slice_: Slice, run: RunRef = RUN) -> Done:
        """Worker and triggerer by turns."""
        login, credentials = self._login(spec)
        client = SellerPortalClient(
            self.account,
            login,
            credentials,
            self.ledger,
            evidence=self.evidence,
            user_agent_mark=MARK,
        )
        collector, ids = self.collector(spec, client), ()
        for _ in range(ROUNDS):
            step = collector.advance(slice_, run, request_ids=ids)
            if isinstance(step, Done):
                return step
            assert isinstance(step, WaitFor)
            # In a thread, as Playwright's loop runs in this one while a session is shared.
            with ThreadPoolExecutor(1) as triggerer:
                waiting = collector.wait(slice_, run, request_ids=step.request_ids)
                waited = triggerer.submit(asyncio.run, waiting).result()
            waited.raise_if_failed()
            ids = waited.request_ids
        raise AssertionError("not done")

    def load(self, spec: ReportSpec, slice_: Slice, done: Done) -> list[LoadResult]:
        results = []
        with closing(open_destination("postgres", self.ledger.database.conninfo)) as destination:
            for one in done.request_ids:
                request = self.ledger.get_request(one)
                uri = request.archive_uri or ""
                meta = RequestMeta.of(request)
                results += load_document(
                    destination, spec, slice_, meta, lambda uri=uri: self.archive.open(uri)
                )
        return results

    def rows(self, table: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.ledger.database.conninfo, row_factory=dict_row) as connection:
            return connection.execute(f"SELECT * FROM {table}".encode()).fetchall()


@pytest.fixture
def desk(
    portal_pool: Pool,
    portal_port: int,
    sandbox: SandboxServer,
    ledger: Ledger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    monkeypatch.setenv("SELLEROPS_BROWSERS_HOME", str(portal_pool.home))
    made = Desk(sandbox, ledger, tmp_path, portal_port)

    async def sleep_until(kept: Ledger, moment: datetime) -> None:
        left = (moment - kept.clock().now()).total_seconds()
        sandbox.clock(jump_seconds=max(0.0, left))
        made.follow_clock()

    monkeypatch.setattr(waits, "_CLOCK_AGE", 0.0)
    monkeypatch.setattr(portal_downloads, "sleep_until", sleep_until)
    return made


def test_a_page_fills_its_table_and_the_archive_makes_it_again(desk: Desk) -> None:
    spec = load_spec("payments_date_range")
    slice_ = desk.slice_(spec)
    done = desk.download(spec, slice_)
    assert done.outcome is Outcome.DOCUMENTS
    (result,) = desk.load(spec, slice_, done)
    assert (result.rejected, result.new_columns) == (0, ())
    assert result.stored > 100
    before = desk.rows("seller_portal.payments_date_range")
    assert len(before) == result.stored
    ended = jobs(desk.ledger)
    assert {job.state for job in ended} == {JobState.DONE, JobState.WAITING}
    assert all(job.seconds and job.peak_memory_bytes for job in ended)
    (replayed,) = replay(desk.ledger, desk.archive, spec, Scope(), from_archive=True)
    assert (replayed.loads, replayed.skipped) == (1, [])
    assert desk.rows("seller_portal.payments_date_range") == before
    again = replace(RUN, run_id="scheduled__2")
    assert desk.download(spec, slice_, again).request_ids == done.request_ids, "fresh enough for the next run"
    assert len(jobs(desk.ledger)) == len(ended), "without a browser"


def test_the_same_workbook_by_a_browser_and_by_hand(desk: Desk) -> None:
    web, dropped = load_spec("awd_storage_fees"), load_spec("dropped_awd_storage_fees")
    slice_ = desk.slice_(web)
    done = desk.download(web, slice_)
    (downloaded,) = desk.load(web, slice_, done)
    assert downloaded.stored > 5
    with desk.archive.open(desk.ledger.get_request(done.request_ids[0]).archive_uri or "") as stream:
        content = stream.read()
    path = desk.folder / "drop" / desk.account.id / dropped.name / "AWD storage October.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - 120,) * 2)
    collector = desk.collector(dropped, FOLDER.folder_client(desk.account, str(desk.folder / "drop")))
    slice_ = desk.slice_(dropped)
    step = collector.advance(slice_, replace(RUN, run_id="scheduled__3"))
    assert isinstance(step, Done)
    assert step.outcome is Outcome.DOCUMENTS
    (by_hand,) = desk.load(dropped, slice_, step)
    assert (by_hand.stored, by_hand.rejected) == (downloaded.stored, 0)
    columns = set(web.tables["awd_storage_fees"].columns)

    def figures(table: str) -> list[str]:
        rows = desk.rows(table)
        return sorted(repr(sorted((name, str(row[name])) for name in columns)) for row in rows)

    (table,) = dropped.tables
    assert figures(f"folder.{table}") == figures("seller_portal.awd_storage_fees")
    assert collector.advance(slice_, replace(RUN, run_id="scheduled__4")).request_ids == ()


def test_every_listed_file_fills_its_table(desk: Desk) -> None:
    """Requested once each, although every page lists older files; no row is lost, no column unknown."""
    specs = [load_spec(name) for name in LISTED]
    assert {spec.request.login for spec in specs} == {"logistics"}, "one login"
    loaded = {}
    with desk.one_session(specs[0]):
        for number, spec in enumerate(specs):
            slice_ = desk.slice_(spec)
            done = desk.download(spec, slice_, replace(RUN, run_id=f"scheduled__{number}"))
            results = desk.load(spec, slice_, done)
            assert [(one.rejected, one.new_columns) for one in results] == [(0, ())] * len(results), spec.name
            loaded[spec.name] = sum(one.stored for one in results)
    assert min(loaded.values()) > 0, loaded
    requested = [row["kind"] for row in desk.sandbox.control("GET", "/portal")["requested"]]
    assert len(requested) == len(set(requested)) == len(LISTED) - 1, "AWD's stock needs no request"


@pytest.mark.parametrize(
    "names",
    [
        ("web_business_report_by_date", "web_business_report_by_child", "web_shipment_queue"),
        ("search_query_performance_brand_weekly", "demographics", "customer_loyalty"),
        ("web_search_terms_unified", "web_sp_search_terms"),
        ("web_support_cases", "web_datarova_keywords"),
    ],
    ids=" ".join,
)
def test_pages_with_filters_exports_and_builders_fill_their_tables(desk: Desk, names: list[str]) -> None:
    """As their specs ship: days, brand and store of the files are the wanted ones; no cell is refused."""
    specs = [load_spec(name) for name in names]
    loaded = {}
    for _, of_login in groupby(specs, key=lambda spec: spec.request.login):
        first, *_ = found = list(of_login)
        with desk.one_session(first):
            for spec in found:
                slice_ = desk.slice_(spec)
                done = desk.download(spec, slice_)
                results = desk.load(spec, slice_, done)
                is_whole = not any(result.rejected or result.new_columns for result in results)
                loaded[spec.name] = (done.outcome, is_whole, sum(result.stored for result in results) > 0)
    assert set(loaded.values()) == {(Outcome.DOCUMENTS, True, True)}, loaded
