"""Whether files of web pages survive random kills of browsers and workers, and what a browser job costs.

100 slices (17 days, three marketplaces, two reports) of several logins at once: each slice is a worker's
process that requests, waits and fetches as PortalDownloadOperator does, with Collector, SellerPortalClient,
ledger and archive as in production, in real Chromium against the local portal. At random moments a worker or
a browser is killed (SIGKILL); a killed or failed worker is started again, as Airflow would. A login's lock is
valid for 4 s here, because a killed worker holds it as long.

Prints JSON and exits with 1 unless every slice has one document, no file was requested twice at the portal,
and at the end no page but a blank one, no driver and no download is left, and no process after the browsers
were stopped.

    PYTHONPATH=include:plugins:tests .venv/bin/python benchmarks/portal_kills.py [--slices 100] [--logins 2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from integration.collect.parts import clock_of
from support.portal import MARK, portal_account, portal_credentials, portal_login
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.base.errors import SellerOpsError
from sellerops.browsers import session
from sellerops.browsers.bounds import Pace
from sellerops.browsers.devtools import list_tabs
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.pool import VARIABLE, Pool
from sellerops.browsers.process_tree import is_alive, kill_tree
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Done
from sellerops.ledger import Ledger, RunRef, login_locks
from sellerops.ledger.login_locks import jobs
from sellerops.ledger.logins import JobState
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.logins import Login
from sellerops.settings.specs import load_spec
from sellerops.sources.seller_portal.client import SellerPortalClient
from sellerops.sources.seller_portal.credentials import PortalCredentials
from sellerops_runtime.ports import free_ports
from sellerops_runtime.postgres import EmbeddedPostgres

REPORTS = {"logistics": "web_customer_returns", "finance": "payments_date_range"}
LAST_DAY = date(2026, 10, 31)
LOCK_S, BEAT_S, SPEED = 4.0, 0.5, 20.0
MOST_TRIES, KILL_EVERY_S = 30, 15.0
RETRY = 75
# Of a requested file at the portal.
WANTED = ("kind", "account", "country", "first_day", "last_day")


def account() -> Any:
    return replace(portal_account(), sources=("seller_portal",))


def slices_of(role: str, ledger: Ledger, number: int) -> list[Slice]:
    """One slice per day and marketplace, before ``LAST_DAY``."""
    spec, now = load_spec(REPORTS[role]), ledger.clock().now()
    found: list[Slice] = []
    for back in range(number):
        day = LAST_DAY - timedelta(days=back)
        found += plan_slices(spec, account(), run_at=now, now=now, from_day=day, to_day=day)
    return found[:number]


def work(settings: dict[str, Any]) -> int:
    """One slice in this process, until it is done. Exit code 0, or 75 for an error that is retried."""
    login_locks.LOCK_VALID_S = LOCK_S
    session.Pace = partial(Pace, beat=BEAT_S)  # type: ignore[misc,assignment]
    folder, ledger = settings["folder"], Ledger(settings["conninfo"])
    spec = load_spec(REPORTS[settings["role"]])
    slice_ = slices_of(settings["role"], ledger, settings["index"] + 1)[settings["index"]]
    client = SellerPortalClient(
        account(),
        Login.model_validate(settings["login"]),
        PortalCredentials(**settings["credentials"]),
        ledger,
        evidence=EvidenceStore(f"{folder}/evidence"),
        user_agent_mark=MARK,
    )
    limits = QuotaLedger(ledger, load_rate_limits())
    collector = Collector(spec, account(), client, ledger, limits, Archive(f"{folder}/archive"))
    run = RunRef(spec.dag_id, "benchmark", "fetch_report", settings["index"], settings["tries"], spec.name)
    ids: Any = ()
    try:
        while not isinstance(step := collector.advance(slice_, run, request_ids=ids), Done):
            waited = asyncio.run(collector.wait(slice_, run, request_ids=step.request_ids))
            waited.raise_if_failed()
            ids = waited.request_ids
    except SellerOpsError as error:
        print(f"{type(error).__name__}: {error.cause}", file=sys.stderr)
        return RETRY
    return 0


class Bench:
    """Workers, browsers and kills."""

    def __init__(self, folder: Path, sandbox: SandboxServer, ledger: Ledger, roles: list[str]) -> None:
        self.folder, self.sandbox, self.ledger = folder, sandbox, ledger
        self.pool = Pool(folder / "browsers")
        ports = free_ports(len(roles))
        self.logins = {role: portal_login(role, port=port) for role, port in zip(roles, ports, strict=True)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.ended = threading.Event()

    def collect(self, role: str, number: int) -> None:
        """All slices of a login, two workers at a time, each again until it is done."""
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda index: self._follow(role, index), range(number)))

    def _follow(self, role: str, index: int) -> None:
        for tries in range(1, MOST_TRIES + 1):
            worker = self._start(role, index, tries)
            self.running[f"{role} {index}"] = worker
            code = worker.wait()
            self.running.pop(f"{role} {index}")
            if code == 0:
                return
            self.counts["killed workers" if code == -signal.SIGKILL else "failed tries"] += 1
        self.failed.append(f"{role} {index}")

    def _start(self, role: str, index: int, tries: int) -> subprocess.Popen[bytes]:
        settings = {
            "role": role,
            "index": index,
            "tries": tries,
            "folder": str(self.folder),
            "conninfo": self.ledger.database.conninfo,
            "login": self.logins[role].model_dump(mode="json"),
            "credentials": asdict(portal_credentials(self.sandbox, role)),
        }
        with (self.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, __file__, "--work"],
                stdin=_input(settings),
                stderr=log,
                env=os.environ | {VARIABLE: str(self.pool.home)},
            )

    def kill_at_random(self, chance: random.Random) -> None:
        """Kill a worker or a browser every few seconds, until the end."""
        while not self.ended.wait(chance.uniform(0.3, 1.7) * KILL_EVERY_S):
            with suppress(psutil.Error, IndexError):
                if chance.random() < 0.5:
                    self.running[chance.choice(list(self.running))].kill()
                else:
                    login = self.logins[chance.choice(list(self.logins))]
                    process = self.pool.look(login, MARK).process
                    if process:
                        kill_tree(process)
                        self.counts["killed browsers"] += 1

    def left_behind(self) -> dict[str, int]:
        """What should be nothing: pages besides a blank one, drivers, downloads, then processes."""
        pages = [tab for login in self.logins.values() for tab in list_tabs(login.browser)]
        found = {
            "pages": len([tab for tab in pages if tab.url != "about:blank"]),
            "drivers": len(_below("playwright")),
            "downloads": len(list((self.pool.home / "downloads").glob("*/*"))),
        }
        self.pool.stop_all()
        return {**found, "processes": len(_below(str(self.pool.home)))}


def _input(settings: dict[str, Any]) -> int:
    """A pipe with the settings: in arguments, every user of the machine would read the password."""
    reader, writer = os.pipe()
    os.write(writer, json.dumps(settings).encode())
    os.close(writer)
    return reader


def _below(word: str) -> list[psutil.Process]:
    """Living processes of this benchmark whose command names a word."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_ours = os.getpid() in [each.pid for each in process.parents()] or word.startswith("/")
            if is_ours and is_alive(process) and any(word in each for each in process.cmdline()):
                found.append(process)
    return found


def measure(number: int, roles: list[str], seed: int) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sellerops-kills-")))
        folder.chmod(0o711)
        postgres = EmbeddedPostgres(folder / "postgres")
        postgres.port = free_ports(1)[0]
        postgres.start()
        stack.callback(postgres.stop)
        owner = postgres.login("sellerops_owner")
        postgres.create_database("warehouse", owner)
        ledger = stack.enter_context(closing(Ledger(postgres.url_of(owner, "warehouse"))))
        ledger.migrate()
        sandbox = stack.enter_context(SandboxServer(speed=SPEED))
        ledger.set_clock(clock_of(sandbox.clock()))
        bench = Bench(folder, sandbox, ledger, roles)
        stack.callback(bench.pool.stop_all)
        killer = threading.Thread(target=bench.kill_at_random, args=(random.Random(seed),))
        killer.start()
        started = time.monotonic()
        each = number // len(roles)
        with ThreadPoolExecutor(len(roles)) as threads:
            list(threads.map(lambda role: bench.collect(role, each), roles))
        bench.ended.set()
        killer.join()
        return _result(bench, each * len(roles), time.monotonic() - started)


def _result(bench: Bench, number: int, seconds: float) -> dict[str, Any]:
    requested = bench.sandbox.control("GET", "/portal")["requested"]
    twice = [key for key, times in Counter(_key(row) for row in requested).items() if times > 1]
    done = [job for job in jobs(bench.ledger, limit=10_000) if job.state is JobState.DONE and job.seconds]
    with bench.ledger.connection() as connection:
        archived = connection.execute(
            "SELECT count(*) AS documents, count(DISTINCT (report, window_start, marketplace_ids)) AS slices "
            # Cancelled: the page said that there is no data.
            "FROM sellerops.report_request WHERE status IN ('ARCHIVED', 'CANCELLED')"
        ).fetchone()
    return {
        "slices": number,
        "seconds": round(seconds, 1),
        **bench.counts,
        "lost": number - int((archived or {})["slices"]),
        "duplicated": int((archived or {})["documents"]) - int((archived or {})["slices"]),
        "requested twice": len(twice),
        "given up": bench.failed,
        "left behind": bench.left_behind(),
        "seconds per job (median, most)": _spread([float(job.seconds or 0) for job in done]),
        "MB per job (median, most)": _spread([(job.peak_memory_bytes or 0) / 1e6 for job in done]),
    }


def _key(row: dict[str, Any]) -> str:
    """What was requested, without when and under which id."""
    return json.dumps([row[name] for name in WANTED])


def _spread(values: list[float]) -> list[float]:
    return [round(statistics.median(values), 1), round(max(values), 1)] if values else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--logins", type=int, default=len(REPORTS), choices=range(1, len(REPORTS) + 1))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(json.load(sys.stdin))
    # So that browsers and Postgres end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    result = measure(options.slices, list(REPORTS)[: options.logins], options.seed)
    print(json.dumps(result, indent=2))
    wrong = [result[key] for key in ("lost", "duplicated", "requested twice", "given up")]
    return 1 if any(wrong) or any(result["left behind"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
