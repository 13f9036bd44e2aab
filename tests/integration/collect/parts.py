"""A collector on a real ledger and a local Amazon, its clock under the test's hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import (
    Collector,
    Done,
    WaitFor,
    WaitOutcome,
    WaitResult,
    account_calls,
    creation,
    follower,
    operation_pager,
    second_look,
)
from sellerops.ledger import Ledger, RunRef, waits
from sellerops.rate_limits import QuotaLedger, load_rate_limits, waiting
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions

RUN_AT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
RUN = RunRef("report__amazon_sp__sales_and_traffic", "scheduled__2026-11-21", "slice.fetch_report", 0, 1, "x")


@dataclass
class Bench:
    """Everything of one test; ``account`` is northwind_na unless said otherwise."""

    sandbox: SandboxServer
    ledger: Ledger
    directory: Path
    account_id: str = "northwind_na"

    def __post_init__(self) -> None:
        self.account: Account = load_accounts()[self.account_id]
        self.limits = QuotaLedger(self.ledger, load_rate_limits())
        self.archive = Archive(str(self.directory))
        self.credentials = credentials_of(self.sandbox, self.account)

    def follow_clock(self, **change: Any) -> None:
        """Let the ledger's clock show what the sandbox's shows, which is changed first if wanted."""
        self.ledger.set_clock(clock_of(self.sandbox.clock(**change)))

    def client(self, **changes: Any) -> SpApiClient:
        credentials = changes.pop("credentials", self.credentials)
        return SpApiClient(
            self.account, credentials, self.ledger, changes.pop("limits", self.limits), **changes
        )

    def collector(self, spec: ReportSpec | None = None, *, ledger: Ledger | None = None) -> Collector:
        """A collector as a new process would create it; ``ledger`` replaces the bench's."""
        client = SpApiClient(self.account, self.credentials, ledger or self.ledger, self.limits)
        return Collector(
            spec or load_spec("sales_and_traffic"),
            self.account,
            client,
            ledger or self.ledger,
            self.limits,
            self.archive,
        )

    def slice_(self, spec: ReportSpec | None = None, index: int = 0) -> Slice:
        """A slice of the run at RUN_AT."""
        return self.slices(spec)[index]

    def slices(self, spec: ReportSpec | None = None, **days: date) -> list[Slice]:
        """The slices of the run at RUN_AT, or of the given days."""
        wanted = spec or load_spec("sales_and_traffic")
        return plan_slices(wanted, self.account, run_at=RUN_AT, now=RUN_AT, **days)

    def creates(self) -> int:
        """How many createReport calls took effect at the local Amazon."""
        return len([call for call in self.sandbox.calls(operation="createReport") if call["status"] == 202])

    def reports(self) -> list[dict[str, Any]]:
        """Every report there is at the local Amazon, made by whomever."""
        return [
            report
            for report in self.sandbox.control("GET", "/reports")["reports"]
            if report["reportType"] != "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
        ]

    def states(self) -> list[str]:
        """The states of all days the ledger knows."""
        return [str(row.state) for row in self.ledger.slice_states()]

    def jump(self, hours: float) -> None:
        """Both clocks, by so many hours."""
        self.follow_clock(jump_seconds=hours * 3600)

    def let_time_pass_in_sleeps_alone(self, patch: pytest.MonkeyPatch) -> None:
        """From now on both clocks stand still, and who sleeps on them is woken at the moment it wanted: what
        the machine needs for all the rest, and how busy it is, is in no measured time.

        Who waits until a lost create must have ended sleeps until none is under way, from fence to answer.
        """
        self.follow_clock(freeze=True)
        under_way, quiet = 0, asyncio.Event()
        quiet.set()
        call = creation.Creation._call

        async def counted_call(*args: Any) -> None:
            nonlocal under_way
            under_way += 1
            quiet.clear()
            try:
                await call(*args)
            finally:
                under_way -= 1
                if not under_way:
                    quiet.set()

        async def sleep_until(ledger: Ledger, moment: datetime) -> None:
            self.jump(max(0.0, (moment - ledger.clock().now()).total_seconds()) / 3600)

        async def sleep_until_creates_have_ended(ledger: Ledger, moment: datetime) -> None:
            await quiet.wait()
            await sleep_until(ledger, moment)

        async def sleep_until_notified(ledger: Ledger, moment: datetime, arrived: asyncio.Event) -> bool:
            await sleep_until(ledger, moment)
            return arrived.is_set()

        async def sleep_for_a_token(_: Any, seconds: float) -> None:
            self.jump(seconds / 3600)

        patch.setattr(creation.Creation, "_call", counted_call)
        patch.setattr(waits, "_CLOCK_AGE", 0.0)
        for module in (account_calls, follower, operation_pager, second_look):
            patch.setattr(module, "sleep_until", sleep_until)
        patch.setattr(creation, "sleep_until", sleep_until_creates_have_ended)
        patch.setattr(follower, "sleep_until_notified", sleep_until_notified)
        patch.setattr(waiting, "_sleep", sleep_for_a_token)

    def documents(self) -> list[Path]:
        return sorted(self.directory.rglob("*.gz"))


def spec_with(name: str = "sales_and_traffic", **request: Any) -> ReportSpec:
    """A spec of the project with other request rules."""
    spec = load_spec(name)
    return spec.model_copy(update={"request": spec.request.model_copy(update=request)})


def another_run(name: str, **changes: Any) -> RunRef:
    return replace(RUN, run_id=name, **changes)


def clock_of(told: dict[str, Any]) -> Clock:
    return Clock(
        datetime.fromisoformat(told["real_anchor"]),
        datetime.fromisoformat(told["virtual_anchor"]),
        float(told["speed"]),
    )


def credentials_of(sandbox: SandboxServer, account: Account) -> Credentials:
    told = sandbox.account(account.id)
    return Credentials(
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        refresh_token=told["refresh_token"],
        endpoint=sandbox.url,
        token_url=sandbox.token_url,
        connection=account.connection,
    )


def wait(collector: Collector, slice_: Slice, run: RunRef = RUN, **options: Any) -> WaitResult:
    """``Collector.wait`` in a loop of its own, as in a triggerer."""

    async def whole() -> WaitResult:
        try:
            async with asyncio.timeout(240):
                return await collector.wait(slice_, run, **options)
        finally:
            await close_sessions()

    return asyncio.run(whole())


def collect(
    collector: Collector, slice_: Slice, run: RunRef = RUN, *, rounds: int = 10, **options: Any
) -> Done:
    """Worker and triggerer by turns, as Airflow runs them, until the slice is done."""
    ids: tuple[int, ...] = ()
    for _ in range(rounds):
        step = collector.advance(slice_, run, request_ids=ids, **options)
        if isinstance(step, Done):
            return step
        assert isinstance(step, WaitFor)
        result = wait(collector, slice_, run, request_ids=step.request_ids, **options)
        result.raise_if_failed()
        ids = result.request_ids
        assert result.outcome in (WaitOutcome.READY, WaitOutcome.EMPTY)
    raise AssertionError(f"not done after {rounds} rounds")
