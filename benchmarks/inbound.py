"""What an inbound run costs: calls to Amazon, compared with the fewest possible, and CPU of the triggerer.

Starts an embedded Postgres and the local Amazon, and carries out --plans sample shipments at once, all steps
on one event loop, as a triggerer does. Every run is approved as recommended. Prints a line of JSON and exits
with 1 when a call was refused for quota or a run did not end confirmed.

    PYTHONPATH=include .venv/bin/python benchmarks/inbound.py [--plans 20]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.inbound.approval import current_offer
from sellerops.inbound.facts import read_facts
from sellerops.inbound.models import Carrier, InboundRequest
from sellerops.inbound.packing_lists.packing_list import read_packing_list
from sellerops.inbound.requests.validation import find_problems, raise_problems, with_owners
from sellerops.inbound.services import Services
from sellerops.inbound.settings import INBOUND
from sellerops.inbound.store import Choice, InboundRun, RunState
from sellerops.inbound.workflow import STEPS, run_step
from sellerops.ledger import Ledger
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions
from sellerops.writes import Writer
from sellerops_runtime.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
# If it were faster, milliseconds of this machine would be seconds at Amazon.
SPEED = 10
ACCOUNT, SAMPLE = "northwind_na", "us_parcels.csv"
SAMPLES = Path(__file__).resolve().parents[1] / "include" / "samples" / "packing_lists"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=20)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="sellerops-benchmark-") as folder,
        servers(Path(folder)) as (ledger, amazon),
    ):
        figures = measure(ledger, amazon, Path(folder), arguments.plans)
    print(json.dumps(figures))
    return 0 if not figures["refused"] and figures["confirmed"] == arguments.plans else 1


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[Ledger, httpx.Client]]:
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
    ledger = Ledger(postgres.url("postgres"))
    try:
        assert amazon.stdout is not None
        url = amazon.stdout.readline().split(" listening on ")[1].strip()
        ledger.migrate()
        with httpx.Client(base_url=url, timeout=60.0) as control:
            told = control.post("/_sandbox/clock", json={"set": NOW.isoformat(), "speed": SPEED}).json()
            real, virtual = (datetime.fromisoformat(told[f"{kind}_anchor"]) for kind in ("real", "virtual"))
            ledger.set_clock(Clock(real, virtual, told["speed"]))
            yield ledger, control
    finally:
        ledger.close()
        amazon.terminate()
        amazon.wait(20)
        postgres.stop()


def measure(ledger: Ledger, amazon: httpx.Client, folder: Path, plans: int) -> dict[str, Any]:
    services = services_of(ledger, amazon, folder)
    # The first plan includes the cost of imports, the token and the simulation's history.
    asyncio.run(all_at_once(services, ["warm-up"]))
    amazon.delete("/_sandbox/calls")
    cpu_before, began = time.process_time(), time.perf_counter()
    runs = asyncio.run(all_at_once(services, [f"run {number}" for number in range(plans)]))
    cpu, took = time.process_time() - cpu_before, time.perf_counter() - began
    counts = amazon.get("/_sandbox/calls", params={"limit": 0}).json()["counts"]
    by_operation = {name: sum(by_status.values()) for name, by_status in counts.items() if name != "token"}
    fewest = [fewest_calls(services, run) for run in runs]
    return {
        "plans": plans,
        "confirmed": sum(run.state is RunState.CONFIRMED for run in runs),
        "calls_per_plan": round(sum(by_operation.values()) / plans, 1),
        "fewest_calls_per_plan": round(sum(fewest) / plans, 1),
        "status_polls_per_plan": round(by_operation["getInboundOperationStatus"] / plans, 1),
        "refused": sum(by_status.get("429", 0) for by_status in counts.values()),
        "triggerer_cpu_seconds_per_plan": round(cpu / plans, 3),
        "minutes_at_amazon": round(took * SPEED / 60, 1),
        "calls": dict(sorted(by_operation.items())),
    }


def fewest_calls(services: Services, run: InboundRun) -> int:
    """Each write and its operation's status once, each list and shipment once, each file with its link."""
    store = services.store
    writes = [row for row in store.steps(run.id) if row.operation_id]
    offered = store.shipments(run.id)
    chosen = [each for each in offered if each.is_chosen]
    placements, documents = store.placements(run.id), store.documents(run.id)
    lists = 1 + 1 + 1 + len(placements)  # prep details, packing and placement options, transport of each
    groups = 1
    return (
        2 * len(writes)
        + lists
        + groups
        + 2 * len(offered)  # the shipment and its items
        + 2 * len(chosen)  # its confirmation id and its boxes
        + 2 * len(documents)
    )


def services_of(ledger: Ledger, amazon: httpx.Client, folder: Path) -> Services:
    account = load_accounts()[ACCOUNT]
    told = {entry["account"]: entry for entry in amazon.get("/_sandbox/accounts").json()}[ACCOUNT]
    url = str(amazon.base_url).rstrip("/")
    credentials = Credentials(
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        refresh_token=told["refresh_token"],
        endpoint=url,
        token_url=f"{url}/auth/o2/token",
        connection=account.connection,
    )
    client = SpApiClient(account, credentials, ledger, QuotaLedger(ledger, load_rate_limits()))
    archive = Archive(str(folder / "archive"))
    return Services(account, client, Writer(client, ledger), ledger, archive, INBOUND.load())


async def all_at_once(services: Services, names: list[str]) -> list[InboundRun]:
    try:
        return list(await asyncio.gather(*(ship(services, name) for name in names)))
    finally:
        await close_sessions()


async def ship(services: Services, name: str) -> InboundRun:
    """Carry out one run, from its request to the labels."""
    found = read_packing_list((SAMPLES / SAMPLE).read_bytes(), SAMPLE)
    wanted = InboundRequest(
        account_id=ACCOUNT,
        marketplace="US",
        source_address="dallas",
        contact="dallas_dock",
        items=found.items,
        boxes=found.boxes,
        ready_at=NOW + timedelta(days=5),
        carrier=Carrier.PARTNERED,
        name=name,
    )
    facts = await read_facts(wanted, services)
    raise_problems(find_problems(wanted, facts))
    run = await services.blocking(
        services.store.start_run,
        with_owners(wanted, facts),
        marketplace_id=marketplace("US").id,
        dag_id="benchmark",
        run_id=name,
    )
    for info in STEPS:
        if info.name == "confirm_placement":
            await approve(services, run)
        await run_step(info.name, run.id, services)
    return await services.blocking(services.store.run, run.id)


async def approve(services: Services, run: InboundRun) -> None:
    offer = await services.blocking(current_offer, services.store, run.id, await services.now())
    await services.blocking(
        services.store.decide,
        run.id,
        Choice.APPROVED,
        offer=offer,
        combination=offer.combinations[0],
        decided_by="benchmark",
    )


if __name__ == "__main__":
    sys.exit(main())
