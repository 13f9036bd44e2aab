"""What a few small reports cost in a process of their own: memory and CPU time, including imports.

    PYTHONPATH=include:plugins python benchmarks/small_jobs.py [--rounds 3] [--reports 4]

Postgres and the local Amazon run in other processes. Each round, one after the other:

- ``ours``: a process that imports sellerops, collects small reports with ``Collector`` (plan, create, wait,
  download, archive) and loads each into Postgres with ``load_document``, with the ledger
- ``script``: what a seller would write: python-amazon-sp-api, pandas, SQLAlchemy; two reports, no ledger

Prints JSON: CPU seconds (user and system) and VmHWM of each, step by step for ours, and how many access
tokens were requested. Exits with 1 when the best round misses a target: memory of all reports, CPU of the
first two, one token. CPU is also given as a fraction of the script's, because machines differ in speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPORTS = ("all_orders", "sales_and_traffic", "fba_customer_returns", "fba_manage_inventory")
SCRIPT_REPORTS = {
    "all_orders": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    "fba_manage_inventory": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
}
MOST_MEGABYTES = 160
MOST_CPU_SECONDS = 2.2
SPEED = 60.0
_GIVEN = "SELLEROPS_BENCH_SMALL_JOBS"


# -- in a process of its own


class Steps:
    """CPU seconds and peak memory so far at the end of each step."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def done(self, name: str, **facts: Any) -> None:
        self.found.append({"step": name, "cpu_seconds": round(time.process_time(), 2), "mb": peak(), **facts})


def peak() -> int:
    """This process's peak memory, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return round(int(line.split()[1]) / 1000)
    return 0


def ours(given: dict[str, Any], reports: list[str]) -> list[dict[str, Any]]:
    import asyncio
    from datetime import datetime

    from sellerops.archive import Archive
    from sellerops.calendar.slices import plan_slices
    from sellerops.collect import Collector, WaitFor
    from sellerops.destinations import RequestMeta, load_document, open_destination
    from sellerops.ledger import Ledger, RunRef
    from sellerops.rate_limits import QuotaLedger, load_rate_limits
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_spec
    from sellerops.sources.common.lwa import Credentials
    from sellerops.sources.registry import source_of

    steps = Steps()
    steps.done("imports")
    ledger, account = Ledger(given["conninfo"]), load_accounts()[given["account"]]
    limits, archive = QuotaLedger(ledger, load_rate_limits()), Archive(given["archive"])
    credentials = Credentials(**given["credentials"])
    destination = open_destination("postgres", given["conninfo"])
    now = datetime.fromisoformat(given["now"])
    for name in reports:
        spec = load_spec(name)
        run = RunRef(spec.dag_id, f"run {os.getpid()}", "fetch_report", 0, 1, name)
        slice_ = plan_slices(spec, account, run_at=now, now=now)[0]
        client = source_of(spec.source).client(account, credentials, ledger, limits)
        collector = Collector(spec, account, client, ledger, limits, archive)
        ids: tuple[int, ...] = ()
        while isinstance(step := collector.advance(slice_, run, request_ids=ids, reference=now), WaitFor):
            waited = asyncio.run(collector.wait(slice_, run, request_ids=step.request_ids, reference=now))
            waited.raise_if_failed()
            ids = waited.request_ids
        stored = 0
        for request_id in step.request_ids:
            request = ledger.get_request(request_id)
            uri = str(request.archive_uri)
            results = load_document(
                destination, spec, slice_, RequestMeta.of(request), lambda uri=uri: archive.open(uri)
            )
            stored += sum(result.stored for result in results)
        steps.done(name, stored=stored)
    ledger.close()
    return steps.found


def script(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The pandas script: no retries, no ledger; creates the table from its rows."""
    import io
    from urllib.parse import urlsplit

    import pandas
    from sp_api.api import Reports
    from sp_api.auth import AccessTokenClient
    from sqlalchemy import create_engine

    steps = Steps()
    steps.done("imports")
    keys, address = given["credentials"], urlsplit(given["credentials"]["endpoint"])

    class Tokens(AccessTokenClient):  # type: ignore[misc]
        scheme, host = f"{address.scheme}://", address.netloc

    class Marketplace:
        endpoint, marketplace_id, region = keys["endpoint"], given["marketplace_ids"][0], "us-east-1"

    login = {"lwa_app_id": keys["client_id"], "lwa_client_secret": keys["client_secret"]}
    login["refresh_token"] = keys["refresh_token"]
    api = Reports(Marketplace, credentials=login, auth_token_client_class=Tokens)
    engine = create_engine(given["conninfo"].replace("postgresql://", "postgresql+psycopg://"))
    for name, report_type in SCRIPT_REPORTS.items():
        window = (
            {"dataStartTime": given["first"], "dataEndTime": given["now"]} if name == "all_orders" else {}
        )
        made = api.create_report(reportType=report_type, **window).payload
        while True:
            report = api.get_report(made["reportId"]).payload
            if report["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
                break
            time.sleep(0.5)
        told = api.get_report_document(report["reportDocumentId"], download=True).payload
        frame = pandas.read_csv(io.StringIO(told["document"]), sep="\t", dtype=str)
        frame.to_sql(f"script_{name}", engine, if_exists="replace", index=False)
        steps.done(name, stored=len(frame))
    return steps.found


# -- the measurement


def child(kind: str, given: dict[str, Any], reports: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, __file__, "--job", kind, "--names", *reports],
        env={**os.environ, _GIVEN: json.dumps(given)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    steps: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return steps


def measure(rounds: int, count: int) -> dict[str, Any]:
    from datetime import timedelta

    from triggerer_loop import NOW, servers

    from sellerops.settings.accounts import load_accounts

    with (
        tempfile.TemporaryDirectory(prefix="sellerops-benchmark-") as folder,
        servers(Path(folder), SPEED) as (ledger, amazon),
    ):
        for operation in ("createReport", "getReportDocument", "getReport", "getReports"):
            amazon.post("/_sandbox/quotas", json={"operation": operation, "rate": 20.0, "burst": 200})
        amazon.post("/_sandbox/jobs", json={"queue_seconds": 5, "progress_seconds": 5})
        account = load_accounts()["northwind_na"]
        told = next(one for one in amazon.get("/_sandbox/accounts").json() if one["account"] == account.id)
        url = str(amazon.base_url).rstrip("/")
        given = {
            "conninfo": ledger.database.conninfo,
            "account": account.id,
            "marketplace_ids": [marketplace.id for marketplace in account.marketplaces][:1],
            "now": NOW.isoformat(),
            "first": (NOW - timedelta(days=3)).isoformat(),
            "credentials": {
                **{name: told[name] for name in ("client_id", "client_secret", "refresh_token")},
                "endpoint": url,
                "token_url": f"{url}/auth/o2/token",
                "connection": account.connection,
            },
        }
        found = []
        for number in range(rounds):
            # Each round runs a day later, so that it does not reuse the first one's reports.
            at = NOW + timedelta(days=number)
            amazon.post("/_sandbox/clock", json={"set": at.isoformat(), "speed": SPEED})
            follow(ledger, amazon)
            given |= {"now": at.isoformat(), "archive": f"{folder}/archive"}
            tokens = token_requests(amazon)
            one = child("ours", given, list(REPORTS[:count]))
            tokens = token_requests(amazon) - tokens
            found.append({"ours": one, "script": child("script", given, []), "tokens": tokens})
        return {"rounds": found, **figures(found)}


def follow(ledger: Any, amazon: Any) -> None:
    """Set the ledger's clock to the local Amazon's."""
    from datetime import datetime

    from sellerops.base.clock import Clock

    told = amazon.get("/_sandbox/clock").json()
    anchors = (datetime.fromisoformat(told[name]) for name in ("real_anchor", "virtual_anchor"))
    ledger.set_clock(Clock(*anchors, told["speed"]))


def token_requests(amazon: Any) -> int:
    counts = amazon.get("/_sandbox/calls", params={"limit": 0}).json()["counts"]
    return sum(counts.get("token", {}).values())


def figures(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The best round's figures for the targets, and ours as a fraction of the script's."""
    two = [one["ours"][2]["cpu_seconds"] for one in found]
    theirs = [one["script"][-1]["cpu_seconds"] for one in found]
    return {
        "mb": min(one["ours"][-1]["mb"] for one in found),
        "script_mb": min(one["script"][-1]["mb"] for one in found),
        "cpu_seconds_of_two": min(two),
        "script_cpu_seconds_of_two": min(theirs),
        "cpu_of_script": [round(ours / other, 2) for ours, other in zip(two, theirs, strict=True)],
        "tokens": max(one["tokens"] for one in found),
    }


def missed(result: dict[str, Any]) -> list[str]:
    """The missed targets. CPU: in seconds, or no more than the script on a slow machine."""
    return [
        *(["memory"] if result["mb"] > MOST_MEGABYTES else []),
        *(
            ["CPU of two reports"]
            if result["cpu_seconds_of_two"] > MOST_CPU_SECONDS and min(result["cpu_of_script"]) > 1
            else []
        ),
        *(["one access token"] if result["tokens"] != 1 else []),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reports", type=int, default=len(REPORTS), help="how many of them, at least two")
    parser.add_argument("--job", choices=("ours", "script"), help=argparse.SUPPRESS)
    parser.add_argument("--names", nargs="*", default=[], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        given = json.loads(os.environ[_GIVEN])
        print(json.dumps(ours(given, options.names) if options.job == "ours" else script(given)))
        return 0
    result = measure(options.rounds, options.reports)
    print(json.dumps(result, indent=2))
    late = missed(result)
    print(f"missed: {', '.join(late)}" if late else "", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
