"""Calls of the ledger from other processes; spawned ones import them from here."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from sellerops.ledger import Ledger, RequestKey, RunRef
from sellerops.rate_limits import Bucket, Granted, QuotaLedger, load_rate_limits

RUN = RunRef("report__amazon_sp__orders", "scheduled__2026-11-20", "fetch_report", 3, 2, report="orders")
KEY = RequestKey(
    source="amazon_sp",
    report_type="GET_SALES_AND_TRAFFIC_REPORT",
    account_id="northwind_na",
    marketplace_ids=("ATVPDKIKX0DER",),
    window_start=datetime(2026, 11, 19, 8, tzinfo=UTC),
    window_end=datetime(2026, 11, 20, 8, tzinfo=UTC),
    options={"dateGranularity": "DAY", "asinGranularity": "SKU"},
)


def in_processes(
    work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], processes: int = 4
) -> list[Any]:
    """``work`` with each tuple of arguments, spread over new processes; the answers in order."""
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        return [future.result() for future in [pool.submit(work, *each) for each in arguments]]


def open_and_claim(conninfo: str, threads: int) -> list[tuple[int, bool]]:
    """(request id, claim won) of several threads that want the same report."""
    ledger = Ledger(conninfo)

    def one(_: int) -> tuple[int, bool]:
        request = ledger.find_or_open_request(KEY, fresh_after=None, run=RUN)
        return request.id, ledger.claim_create(request.id)

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(one, range(threads)))
    ledger.close()
    return found


def claim_notices(conninfo: str, keys: list[str]) -> int:
    """How many of the keys this process may tell people about."""
    ledger = Ledger(conninfo)
    won = sum(ledger.claim_notice(key) for key in keys)
    ledger.close()
    return won


def take_all(conninfo: str, bucket: Bucket, tries: int) -> int:
    """How many of so many tries get a token."""
    ledger = Ledger(conninfo)
    limits = QuotaLedger(ledger, load_rate_limits())
    granted = sum(isinstance(limits.try_acquire(bucket), Granted) for _ in range(tries))
    ledger.close()
    return granted


def create_all(conninfo: str, report_type: str, marketplaces: list[list[str]]) -> int:
    """How many of the wishes for a report of the type are granted."""
    ledger = Ledger(conninfo)
    limits = QuotaLedger(ledger, load_rate_limits())
    granted = sum(
        isinstance(limits.try_create("northwind_eu", report_type, each), Granted) for each in marketplaces
    )
    ledger.close()
    return granted


def migrate(conninfo: str) -> None:
    ledger = Ledger(conninfo)
    ledger.migrate()
    ledger.close()


def send_all(conninfo: str, keys: list[str]) -> list[str]:
    """Send each key through a channel of this process that accepts everything. Returns what was sent."""
    from sellerops.notices import Event, Notice, load_routes
    from sellerops.notices.outbox import Post, record_notice, send_due

    ledger = Ledger(conninfo)
    sent: list[str] = []

    def send(kind: str, connection: str, post: Post) -> str:
        sent.append(f"{kind} {post.text}")
        return f"C/{len(sent)}"

    for key in keys:
        notice = Notice(key, Event.PARTIAL_FAILURE, key, [], dag_id="d", run_id=key[:1])
        record_notice(ledger, notice, load_routes(), lambda target: True)
        send_due(ledger, send)
    ledger.close()
    return sent
