"""A web page in memory, a client that uses real locks for it, and a collector on both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.collect.parts import wait

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.base.errors import SellerOpsError, WrongFile
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Done, WaitFor, WaitOutcome, portal_downloads, portal_files
from sellerops.ledger import Ledger, RunRef, waits
from sellerops.ledger.login_locks import end_job, state_after, take_lock
from sellerops.ledger.logins import JobRef, JobState
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.logins import Login
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.common.portal_api import UNKNOWN_TIME, Delivery, DownloadedFile, Visit, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUN = RunRef("report__seller_portal__fees", "scheduled__2026-11-21", "slice.fetch_report", 0, 1, "fees")
CONTENT = b"month,fee\n2026-10,1.35\n"
Hook = Callable[[str], None]


@dataclass
class Page:
    """What the web site remembers. ``looks_until_ready``: how many looks at its list a file needs.

    ``shows``: the time that a row shows for a request. ``hides``: ids of rows that it does not list.
    ``on``: called with the name of every border of a visit; it may raise, or end the process.
    """

    now: Callable[[], datetime]
    delivery: Delivery = Delivery.LISTED
    looks_until_ready: int = 1
    is_timed: bool = True
    ends: ProcessingStatus = ProcessingStatus.DONE
    contents: Sequence[bytes] = (CONTENT,)
    rows: list[Report] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    requested: int = 0
    downloaded: list[str] = field(default_factory=list)
    shows: Callable[[datetime], datetime] = lambda moment: moment.replace(second=0, microsecond=0)
    hides: set[str] = field(default_factory=set)
    visits: int = 0
    on: Hook = lambda border: None
    facts: dict[str, str] = field(default_factory=lambda: {"marketplace": "US"})

    def add(self, status: ProcessingStatus = ProcessingStatus.IN_QUEUE, at: datetime | None = None) -> Report:
        """One more row, as if somebody had asked for it."""
        moment = self.shows(at or self.now()) if self.is_timed else UNKNOWN_TIME
        row = Report(f"{5_000 + len(self.rows)}", "FEES", status, moment, None)
        self.rows.append(row)
        return row

    def grow(self) -> None:
        """Every look finds the rows further."""
        for index, row in enumerate(self.rows):
            looks = self.looks[row.report_id] = self.looks.get(row.report_id, 0) + 1
            if row.status in (ProcessingStatus.IN_QUEUE, ProcessingStatus.IN_PROGRESS):
                status = self.ends if looks > self.looks_until_ready else ProcessingStatus.IN_PROGRESS
                self.rows[index] = replace(row, status=status, reason="out of memory")


class PageVisit:
    """A ``Visit`` of the page in memory."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.delivery, self._page, self._folder = page.delivery, page, folder

    def reports(self) -> Sequence[Report]:
        self._page.on("before the list")
        self._page.grow()
        return [row for row in self._page.rows[::-1] if row.report_id not in self._page.hides]

    def request(self) -> None:
        self._page.on("before the request")
        self._page.requested += 1
        self._page.add()
        self._page.on("after the request")

    def download(self, report: Report | None) -> Sequence[DownloadedFile]:
        self._page.on("before the download")
        self._page.downloaded.append(report.report_id if report else "direct")
        files = []
        for number, content in enumerate(self._page.contents):
            path = self._folder / f"{number}.csv"
            path.write_bytes(content)
            files.append(DownloadedFile(path, "fees.csv", self._page.facts))
        self._page.on("after the download")
        return files


@dataclass
class PagePortal:
    """A ``PortalClient`` of the page in memory, with the ledger's real locks and jobs."""

    account: Account
    login: Login
    ledger: Ledger
    page: Page
    folder: Path

    def may_go_on(self) -> None:
        self.page.on("may it go on")

    @contextmanager
    def visit(self, page: str, wanted: WantedFile, job: JobRef) -> Iterator[Visit]:
        lock = take_lock(self.ledger, self.login.id, job, "test")
        self.page.visits += 1
        try:
            self.page.on("in the visit")
            yield PageVisit(self.page, self.folder)
        except SellerOpsError as error:
            end_job(self.ledger, lock, state_after(error), error=error)
            raise
        end_job(self.ledger, lock, JobState.DONE)


@dataclass
class PortalBench:
    """Everything of one test, on a clock that stands still except in waits."""

    ledger: Ledger
    folder: Path

    def __post_init__(self) -> None:
        known = load_accounts()["northwind_na"]
        self.account = replace(known, sources=(*known.sources, "seller_portal", "folder"))
        self.login = Login(
            id="northwind_logistics",
            site="seller_central",
            accounts=(self.account.id,),
            roles=("logistics",),
            browser="http://127.0.0.1:9222",
            person_timeout=timedelta(hours=24),
        )
        self.archive = Archive(str(self.folder / "archive"))
        self.set_clock(NOON)
        self.page = Page(now=lambda: self.ledger.clock().now())

    def set_clock(self, moment: datetime) -> None:
        self.ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))

    def jump(self, span: timedelta) -> None:
        self.set_clock(self.ledger.clock().now() + span)

    def collector(self, spec: ReportSpec | None = None) -> Collector:
        """A collector as a new process would create it."""
        portal = PagePortal(self.account, self.login, self.ledger, self.page, self.folder)
        limits = QuotaLedger(self.ledger, load_rate_limits())
        return Collector(spec or fees(), self.account, portal, self.ledger, limits, self.archive)

    def slice_(self, index: int = 0, spec: ReportSpec | None = None) -> Slice:
        """One of the account's slices: a marketplace's day."""
        return plan_slices(spec or fees(), self.account, run_at=NOON, now=NOON)[index]

    def documents(self) -> list[Path]:
        return sorted((self.folder / "archive").rglob("*.gz"))

    def sidecars(self) -> list[Path]:
        return sorted(path for path in (self.folder / "archive").rglob("*.json") if len(path.parts[-2]) == 2)

    def requests(self) -> list[dict[str, Any]]:
        """All requests of the ledger, oldest first."""
        with self.ledger.connection() as connection:
            return list(connection.execute("SELECT * FROM sellerops.report_request ORDER BY id"))

    def stop_beating(self) -> None:
        """The holder of the login is dead, and has been for long enough."""
        with self.ledger.connection() as connection:
            connection.execute(
                "UPDATE sellerops.login_lock SET beat_at = clock_timestamp() - interval '61 seconds'"
            )


def fees(**request: Any) -> ReportSpec:
    """A spec of a page's file: one per marketplace and day."""
    base = load_spec("sales_and_traffic")
    rules = {
        "how": "downloaded", "page": "report_central", "login": "logistics", "options": {"report": "FEES"},
        "second_look": timedelta(0), "first_poll": timedelta(minutes=1), "poll_every": timedelta(minutes=2),
        "fresh_for": timedelta(hours=6), "cooldown": timedelta(0), "give_up_after": timedelta(hours=12),
    } | request  # fmt: skip
    changes = {"name": "fees", "source": "seller_portal", "report_type": "FEES"}
    period = base.period.model_copy(update={"available_after": timedelta(0), "lookback": timedelta(days=3)})
    return base.model_copy(
        update={**changes, "period": period, "request": base.request.model_copy(update=rules)}
    )


def let_time_pass_in_sleeps_alone(bench: PortalBench, patch: pytest.MonkeyPatch) -> None:
    """Who sleeps until a moment is woken at it; looks at the ledger follow each other at once."""

    async def sleep_until(ledger: Ledger, moment: datetime) -> None:
        bench.set_clock(max(moment, ledger.clock().now()))

    patch.setattr(waits, "_CLOCK_AGE", 0.0)
    patch.setattr(portal_downloads, "sleep_until", sleep_until)
    patch.setattr(portal_downloads, "LOOK_EVERY", 0.01)
    patch.setattr(portal_files, "check_file", check_file)


def check_file(path: Path, name: str, facts: Any, spec: ReportSpec, slice_: Slice) -> None:
    """Accepts everything but what says that it is wrong: what is in a file is the readers' business."""
    if path.read_bytes().startswith(b"WRONG"):
        raise WrongFile("it is not the requested file.", where=name)


def collect(
    bench: PortalBench, slice_: Slice, run: RunRef = RUN, *, spec: ReportSpec | None = None, rounds: int = 12
) -> Done:
    """Worker and triggerer by turns, as Airflow runs them."""
    ids: tuple[int, ...] = ()
    for _ in range(rounds):
        step = bench.collector(spec).advance(slice_, run, request_ids=ids)
        if isinstance(step, Done):
            return step
        assert isinstance(step, WaitFor)
        result = wait(bench.collector(spec), slice_, run, request_ids=step.request_ids)
        result.raise_if_failed()
        assert result.outcome is WaitOutcome.READY
        ids = result.request_ids
    raise AssertionError(f"not done after {rounds} rounds")


async def beside(work: Any, act: Callable[[], None]) -> Any:
    """``work``, while ``act`` happens in a thread after it has begun to wait."""
    running = asyncio.ensure_future(work)
    await asyncio.sleep(0.1)
    assert not running.done()
    await asyncio.to_thread(act)
    return await asyncio.wait_for(running, 30)
