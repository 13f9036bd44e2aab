"""Files of web pages with four logins at once, while browsers and workers are killed at random.

Starts an embedded Postgres, the local Amazon with its portal, and a real Chromium for each of four logins.
--jobs slices are collected and loaded by processes of their own, as by Airflow's tasks, --at-once at a time
and several for one login; meanwhile --worker-kills of these processes and --browser-kills of the browsers are
killed. A killed job is retried. Prints JSON; exits with 1 if a file was lost, requested or archived twice, if
a table differs from what its files contain, or if a process or a page was left behind. Needs Chromium;
everything is on loopback.

    PYTHONPATH=include .venv/bin/python benchmarks/portal.py [--jobs 100] [--worker-kills 15] [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import yaml
from psycopg import sql

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.base.errors import RetryableError
from sellerops.browsers.evidence import EvidenceStore
from sellerops.browsers.pool import VARIABLE, Pool
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Outcome, WaitFor
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger, ReportRequest, RunRef
from sellerops.ledger.logins import JobState
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import config_dir
from sellerops.settings.logins import load_logins
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.seller_portal.credentials import PortalCredentials
from sellerops.sources.seller_portal.source import SOURCE
from sellerops_runtime.config_overlay import link_all
from sellerops_runtime.ports import LOOPBACK, choose_port
from sellerops_runtime.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
# A page takes minutes to prepare a file, by this clock; browsers take real time.
SPEED = 20
ACCOUNTS = ("northwind_na", "northwind_eu")
# One report per login: one page that answers at once, and three that prepare their files.
REPORTS = {
    "business_reports": "web_business_report_by_date",
    "logistics": "web_customer_returns",
    "finance": "payments_date_range",
    "brand_analytics": "search_query_performance_brand_weekly",
}
WORKER = "SELLEROPS_BENCHMARK_WORKER"
MOST_TRIES = 12


@dataclass
class Work:
    """One slice, its tries, and what they cost."""

    slice_: Slice
    report: str
    tries: int = 0
    outcome: str = ""
    errors: list[str] = field(default_factory=list)


def main() -> int:
    if os.environ.get(WORKER):
        return work(json.loads(os.environ[WORKER]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=6)
    parser.add_argument("--worker-kills", type=int, default=15)
    parser.add_argument("--browser-kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sellerops-benchmark-") as folder, servers(Path(folder)) as all_:
        figures = measure(*all_, Path(folder), arguments)
    print(json.dumps(figures, indent=2))
    return 0 if figures["sound"] else 1


# -- a worker: one slice, as an Airflow task would collect and load it


def work(given: dict[str, Any]) -> int:
    spec, account = load_spec(given["report"]), load_accounts()[given["slice"]["account_id"]]
    slice_, logins = Slice.from_dict(given["slice"]), load_logins()
    ledger, archive = Ledger(given["conninfo"]), Archive(given["archive"])
    login = logins.login_of(account.id, spec.request.login or "")
    client = SOURCE.portal_client(
        account,
        login,
        PortalCredentials(**given["credentials"]),
        ledger,
        evidence=EvidenceStore.of_archive(archive.root),
        user_agent_mark=logins.user_agent_mark,
    )
    collector = Collector(spec, account, client, ledger, QuotaLedger(ledger, load_rate_limits()), archive)
    run = RunRef(spec.dag_id, "benchmark", "slice.fetch_report", given["index"], given["try"], spec.name)
    ids: tuple[int, ...] = ()
    try:
        while True:
            step = collector.advance(slice_, run, request_ids=ids, reference=NOW)
            if not isinstance(step, WaitFor):
                break
            waited = asyncio.run(collector.wait(slice_, run, request_ids=step.request_ids, reference=NOW))
            waited.raise_if_failed()
            ids = waited.request_ids
        if step.outcome is Outcome.DOCUMENTS:
            for one in step.request_ids:
                load(ledger, archive, given["conninfo"], spec, slice_, ledger.get_request(one))
    except RetryableError as error:
        print(f"{type(error).__name__}: {error.cause}")
        return 75
    print(step.outcome)
    return 0


def load(
    ledger: Ledger, archive: Archive, conninfo: str, spec: ReportSpec, slice_: Slice, request: ReportRequest
) -> None:
    """Load a request's archived file into the tables of a database, whose ledger is ``ledger``."""
    uri = request.archive_uri or ""
    destination = open_destination("postgres", conninfo, ledger=conninfo)
    try:
        load_document(destination, spec, slice_, RequestMeta.of(request), lambda: archive.open(uri))
    finally:
        destination.close()


# -- the driver


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[Ledger, str, httpx.Client]]:
    """A migrated ledger and a local Amazon on one clock."""
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    amazon = subprocess.Popen(
        [sys.executable, "-m", "amazon_sandbox", "--port", "0", "--seed", "7"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    conninfo = postgres.url("postgres")
    ledger = Ledger(conninfo)
    try:
        assert amazon.stdout is not None
        url = amazon.stdout.readline().split(" listening on ")[1].strip()
        ledger.migrate()
        with httpx.Client(base_url=url, timeout=60.0) as control:
            told = control.post("/_sandbox/clock", json={"set": NOW.isoformat(), "speed": SPEED}).json()
            real, virtual = (datetime.fromisoformat(told[f"{kind}_anchor"]) for kind in ("real", "virtual"))
            ledger.set_clock(Clock(real, virtual, told["speed"]))
            yield ledger, conninfo, control
    finally:
        ledger.close()
        amazon.terminate()
        amazon.wait(20)
        postgres.stop()


def measure(
    ledger: Ledger, conninfo: str, amazon: httpx.Client, folder: Path, arguments: argparse.Namespace
) -> dict[str, Any]:
    os.environ["SELLEROPS_CONFIG_DIR"] = str(configure(folder))
    os.environ[VARIABLE] = str(folder / "browsers")
    pool = Pool(folder / "browsers")
    chance = random.Random(arguments.seed)
    works = plan(arguments.jobs, chance)
    disturbances = Disturbances(pool, chance, arguments.worker_kills, arguments.browser_kills)
    users = {each["role"]: each for each in amazon.get("/_sandbox/portal").json()["users"]}
    began = time.perf_counter()
    try:
        with ThreadPoolExecutor(arguments.at_once) as threads:
            run = Run(conninfo, folder, users, str(amazon.base_url).rstrip("/"), disturbances)
            list(threads.map(run.to_its_end, enumerate(works)))
        took = time.perf_counter() - began
        requested = amazon.get("/_sandbox/portal").json()["requested"]
        figures = figures_of(ledger, works, disturbances, took, requested) | left_behind(pool)
        figures["differing_tables"] = differing_tables(ledger, conninfo, folder, works)
        wrong = ("lost", "archived_twice", "requested_twice", "orphans", "stray_pages", "kept_downloads")
        wrong += ("differing_tables",)
        return figures | {"sound": not any(figures[name] for name in wrong)}
    finally:
        pool.stop_all()


def configure(folder: Path) -> Path:
    """The project's configuration with four logins, each with a browser of its own."""
    config = folder / "config"
    link_all(config_dir(), config, except_for="logins.yaml")
    (config / "accounts.yaml").unlink()
    accounts = yaml.safe_load((config_dir() / "accounts.yaml").read_text())
    for name in ACCOUNTS:
        entry = accounts["accounts"][name]
        entry["sources"] = sorted({*entry["sources"], "seller_portal"})
    (config / "accounts.yaml").write_text(yaml.safe_dump(accounts))
    logins = {
        f"northwind_{role}": {
            "site": "seller_central",
            "accounts": list(ACCOUNTS),
            "roles": [role],
            "browser": f"http://{LOOPBACK}:{choose_port('', 9322 + 10 * place)}",
        }
        for place, role in enumerate(REPORTS)
    }
    content = {"enabled": True, "user_agent_mark": "sellerops (benchmark, automated)", "logins": logins}
    (config / "logins.yaml").write_text(yaml.safe_dump(content))
    return config


def plan(jobs: int, chance: random.Random) -> list[Work]:
    """Slices of all four reports and both accounts, in random order; newest days first."""
    found: list[list[Work]] = []
    for report in REPORTS.values():
        spec, slices = load_spec(report), []
        for back in range(1, 200):
            day = date(2026, 11, 20) - timedelta(days=back * (7 if spec.period.kind.is_whole_only else 1) + 6)
            for account in ACCOUNTS:
                planned = plan_slices(
                    spec, load_accounts()[account], run_at=NOW, now=NOW, from_day=day, to_day=day
                )
                slices += [Work(each, report) for each in planned if not each.expired]
            if len(slices) >= jobs / len(REPORTS):
                break
        found.append(slices[: -(-jobs // len(REPORTS))])
    works = [each for some in found for each in some][:jobs]
    chance.shuffle(works)
    return works


class Disturbances:
    """Kills some of the workers and browsers after a random time within what a job usually takes."""

    def __init__(self, pool: Pool, chance: random.Random, workers: int, browsers: int) -> None:
        self._pool, self._chance = pool, chance
        self._left = {"workers": workers, "browsers": browsers}
        self._lock = threading.Lock()
        self.made = {"workers": 0, "browsers": 0}

    def next(self) -> tuple[str, float] | None:
        """What to kill during the next try, and after how many seconds; None to kill nothing."""
        with self._lock:
            kinds = [kind for kind, left in self._left.items() if left]
            if not kinds or self._chance.random() < 0.5:
                return None
            kind = self._chance.choice(kinds)
            self._left[kind] -= 1
            return kind, self._chance.uniform(1.0, 12.0)

    def kill(self, kind: str, worker: subprocess.Popen[str], login: str) -> None:
        """Kill the worker, or the browser of its login; do nothing if the worker has ended."""
        if worker.poll() is not None:
            with self._lock:
                self._left[kind] += 1  # too late: kill in another try instead
            return
        if kind == "workers":
            worker.kill()
        else:
            logins = load_logins()
            found = self._pool.look(logins.by_id[login], logins.user_agent_mark).process
            if found is None:
                return
            with contextlib.suppress(psutil.NoSuchProcess):
                found.kill()
        with self._lock:
            self.made[kind] += 1


@dataclass
class Run:
    """Carries out each work in processes of its own, until one succeeds."""

    conninfo: str
    folder: Path
    users: dict[str, Any]
    url: str
    disturbances: Disturbances

    def to_its_end(self, numbered: tuple[int, Work]) -> None:
        index, one = numbered
        role = load_spec(one.report).request.login or ""
        while not one.outcome and one.tries < MOST_TRIES:
            one.tries += 1
            worker = self._start(index, one, role)
            planned = self.disturbances.next()
            if planned:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.wait(planned[1])
                self.disturbances.kill(planned[0], worker, f"northwind_{role}")
            said, _ = worker.communicate()
            last = said.strip().rpartition("\n")[2]
            if worker.returncode == 0:
                one.outcome = last
            elif worker.returncode == 75:
                one.errors.append(last)
            elif worker.returncode > 0:
                one.errors.append(last)
                print(said, file=sys.stderr)

    def _start(self, index: int, one: Work, role: str) -> subprocess.Popen[str]:
        user = self.users[role]
        given = {
            "report": one.report,
            "slice": one.slice_.to_dict(),
            "conninfo": self.conninfo,
            "archive": str(self.folder / "archive"),
            "index": index,
            "try": one.tries,
            "credentials": {
                "user": user["email"],
                "password": user["password"],
                "totp_secret": user["totp_secret"],
                "base": self.url,
            },
        }
        return subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, WORKER: json.dumps(given)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def figures_of(
    ledger: Ledger, works: list[Work], made: Disturbances, took: float, requested: list[dict[str, Any]]
) -> dict[str, Any]:
    jobs = ledger.database.run(
        lambda c: c.execute(
            "SELECT state, seconds, peak_memory_bytes, sign_ins FROM sellerops.browser_job"
        ).fetchall()
    )
    archived = [len(archived_requests(ledger, one.slice_)) for one in works]
    has_file = [one.outcome == Outcome.DOCUMENTS for one in works]
    files = [json.dumps(_file(each), sort_keys=True) for each in requested]
    done = [each for each in jobs if each["state"] in (JobState.DONE, JobState.WAITING)]
    return {
        "jobs": len(works),
        "minutes": round(took / 60, 1),
        "killed": made.made,
        "tries": sum(one.tries for one in works),
        "outcomes": Counter(one.outcome for one in works),
        "lost": sum(not one.outcome for one in works)
        + sum(file and not copies for file, copies in zip(has_file, archived, strict=True)),
        "archived_twice": sum(max(0, copies - 1) for copies in archived),
        "requested_twice": len(files) - len(set(files)),
        "browser_jobs": Counter(str(each["state"]) for each in jobs),
        "seconds_per_browser_job": statistics.median([float(each["seconds"]) for each in done] or [0]),
        "megabytes_per_browser_job": round(
            statistics.median(
                [each["peak_memory_bytes"] for each in done if each["peak_memory_bytes"]] or [0]
            )
            / 1e6
        ),
        "sign_ins": sum(each["sign_ins"] for each in jobs),
        "errors": Counter(error for one in works for error in one.errors),
    }


def _file(listed: dict[str, Any]) -> dict[str, Any]:
    """What a listed file contains, without its id and the times and outcome of its request."""
    told_apart = ("report_id", "requested_at", "due_at", "ending", "downloads")
    return {key: value for key, value in listed.items() if key not in told_apart}


def differing_tables(ledger: Ledger, conninfo: str, folder: Path, works: list[Work]) -> list[str]:
    """Tables that differ from the result of loading each archived file once into an empty database."""
    expected = conninfo.rpartition("/")[0] + "/expected"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE DATABASE expected")
    archive, fresh = Archive(str(folder / "archive")), Ledger(expected)
    try:
        fresh.migrate()
        for one in works:
            spec = load_spec(one.report)
            for request in archived_requests(ledger, one.slice_):
                load(fresh, archive, expected, spec, one.slice_, request)
        tables = {f"seller_portal.{table}" for each in REPORTS.values() for table in load_spec(each).tables}
        return sorted(table for table in tables if content(ledger, table) != content(fresh, table))
    finally:
        fresh.close()


def archived_requests(ledger: Ledger, slice_: Slice) -> list[ReportRequest]:
    """The requests of a slice whose files are in the archive."""
    rows = ledger.database.run(
        lambda c: c.execute(
            """
            SELECT id FROM sellerops.report_request
            WHERE status = 'ARCHIVED' AND report = %s AND account_id = %s AND marketplace_ids = %s
              AND window_start = %s
            ORDER BY id
            """,
            (slice_.report, slice_.account_id, list(slice_.marketplace_ids), slice_.start),
        ).fetchall()
    )
    return [ledger.get_request(row["id"]) for row in rows]


def content(ledger: Ledger, table: str) -> tuple[int, str]:
    """Number and digest of a table's rows, ignoring what differs between loads; (0, "") if it is missing."""
    schema, _, name = table.partition(".")
    spec = next(load_spec(each) for each in REPORTS.values() if name in load_spec(each).tables)
    columns = [each for each, column in spec.tables[name].columns.items() if not column.personal]
    listed = sql.SQL(", ").join(map(sql.Identifier, ["account_id", *columns]))
    query = sql.SQL(
        "SELECT count(*) AS n, md5(string_agg(line, chr(10) ORDER BY line)) AS digest "
        "FROM (SELECT ROW({})::text AS line FROM {}) AS lines"
    ).format(listed, sql.Identifier(schema, name))
    with ledger.connection() as connection:
        found = connection.execute("SELECT to_regclass(%s) AS found", (table,)).fetchone()
        if found is None or found["found"] is None:
            return 0, ""
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row["n"]), str(row["digest"])


def left_behind(pool: Pool) -> dict[str, int]:
    """Number of orphaned processes, stray pages, and logins with kept downloads.

    Orphans are browser processes outside a running browser's tree, and drivers without a parent.
    """
    logins = load_logins()
    running = [pool.look(each, logins.user_agent_mark).process for each in logins.by_id.values()]
    known = {p.pid for browser in running if browser for p in (browser, *browser.children(recursive=True))}
    orphans = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            ours = any(str(pool.home) in word for word in line[1:])
            driver = "run-driver" in line and process.ppid() == 1
            orphans += (ours and process.pid not in known and process.status() != "zombie") or driver
    pages = 0
    for login in logins.by_id.values():
        with contextlib.suppress(httpx.HTTPError):
            shown = httpx.get(f"{login.browser}/json/list").json()
            pages += max(0, sum(each["type"] == "page" for each in shown) - 1)
    kept = sum(any(folder.iterdir()) for folder in pool.home.glob("downloads/*"))
    return {"orphans": orphans, "stray_pages": pages, "kept_downloads": kept}


if __name__ == "__main__":
    sys.exit(main())
